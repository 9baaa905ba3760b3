"""Live sessions. RouterOS leaves them up when their account changes, so they are ended here."""

from core.base.errors import Rejected
from core.base.log import logger
from core.network.driver import NOT_HELD, LiveSession
from core.network.drivers.routeros.connection import RouterConnection
from core.network.drivers.routeros.menus import Menus
from core.network.drivers.routeros.traps import Meaning, Trap
from core.network.drivers.routeros.values import is_yes

TRIES = 3
"""A row that stays after so many removals is a fault of the router, not a matter of time."""


def end_sessions(connection: RouterConnection, menus: Menus, username: str) -> int:
    """End the sessions of that name, forget its remembered logins, and return how many sessions ended.

    A line dials again within seconds, under the account as it now is: only sessions seen before must be gone.
    """
    seen = before = _live_ids(connection, menus, username)
    for _ in range(TRIES):
        if not seen:
            break
        for row_id in seen:
            connection.remove(menus.live, row_id)
        seen = before & _live_ids(connection, menus, username)
    if seen:
        raise Rejected("the router does not end a live session", code=NOT_HELD)
    if menus.cookies is not None:
        for row in connection.print(menus.cookies, "id", "user", user=username):
            connection.remove(menus.cookies, row["id"])
    return len(before)


def live_sessions(connection: RouterConnection, menus: Menus) -> list[LiveSession]:
    """Everybody connected over this service; nobody where the router lacks it. Odd rows are left out."""
    try:
        rows = connection.print(menus.live, *menus.live_properties)
    except Trap as trap:
        if trap.meaning is Meaning.VERSION:
            return []
        raise
    found = []
    for row in rows:
        try:
            found.append(menus.session(row))
        except ValueError:
            logger("network").warning("session_unreadable", service=menus.service)
    return found


def _live_ids(connection: RouterConnection, menus: Menus, username: str) -> frozenset[str]:
    """The rows of that name. A session that RADIUS let in is not ours to end."""
    rows = connection.print(menus.live, "id", menus.live_name, "radius", **{menus.live_name: username})
    return frozenset(row["id"] for row in rows if not is_yes(row.get("radius")))
