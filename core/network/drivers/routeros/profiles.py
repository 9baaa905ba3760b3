"""One profile a plan on the router, made when the first account needs it and kept right."""

from core.base.errors import Rejected
from core.network.driver import NOT_HELD, DesiredProfile
from core.network.drivers.routeros.connection import RouterConnection, Row
from core.network.drivers.routeros.menus import PROFILE_PREFIX, Menus
from core.network.drivers.routeros.traps import Meaning, Trap
from core.network.drivers.routeros.values import differing

TEMPLATE = "default"


def hold_profile(connection: RouterConnection, menus: Menus, profile: DesiredProfile) -> bool:
    """Make the profile so and read it back; True where something was written. Sessions that are up keep their
    rate until they are ended, which is the affair of their accounts.
    """
    if not profile.name.startswith(PROFILE_PREFIX):
        raise ValueError(f"a profile of ours begins with {PROFILE_PREFIX}")
    wanted = menus.profile(profile)
    row = _profile(connection, menus, profile.name, wanted)
    if row is None:
        _add(connection, menus, profile.name, wanted)
    elif changes := differing(wanted, row, menus.profile_readers):
        connection.set(menus.profiles, row["id"], changes)
    else:
        return False
    row = _profile(connection, menus, profile.name, wanted)
    if row is None or differing(wanted, row, menus.profile_readers):
        raise Rejected("the router does not keep the profile as it was told", code=NOT_HELD)
    return True


def _profile(connection: RouterConnection, menus: Menus, name: str, wanted: dict[str, str]) -> Row | None:
    rows = connection.print(menus.profiles, "id", "name", *wanted, name=name)
    return rows[0] if rows else None


def _add(connection: RouterConnection, menus: Menus, name: str, wanted: dict[str, str]) -> None:
    inherited = {}
    if menus.inherited:
        for row in connection.print(menus.profiles, "name", *menus.inherited, name=TEMPLATE):
            inherited = {key: row[key] for key in menus.inherited if row.get(key)}
    try:
        connection.add(menus.profiles, {"name": name, **inherited, **wanted})
    except Trap as trap:
        if trap.meaning is not Meaning.EXISTS:  # another worker was quicker: what it made is read back
            raise
