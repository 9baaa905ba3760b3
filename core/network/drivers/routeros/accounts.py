"""One access account on the router: made so, read back, and its live sessions ended where they no longer
hold.

The comment of a row is `bando:<account id> <terms>`. The first word marks it as ours; nothing without it is
touched. The terms are those under which all its live sessions were dialled: they are written last, after the
sessions of earlier terms were ended, so a worker that dies in between leaves a row that says so.
"""

from core.base.errors import Rejected
from core.network.driver import FOREIGN, NOT_HELD, Applied, DesiredAccount
from core.network.drivers.routeros.connection import RouterConnection, Row
from core.network.drivers.routeros.menus import Menus, rate_limit
from core.network.drivers.routeros.profiles import hold_profile
from core.network.drivers.routeros.sessions import end_sessions
from core.network.drivers.routeros.traps import Meaning, Trap
from core.network.drivers.routeros.values import differing, is_yes

_MARK = "bando:"


def hold_account(connection: RouterConnection, menus: Menus, desired: DesiredAccount) -> Applied:
    """Make the router hold `desired`. Rejected(code=FOREIGN) where the name is somebody else's row."""
    if desired.state == "absent":
        return _take_out(connection, menus, desired)
    changed = hold_profile(connection, menus, desired.profile)
    row, written = _write(connection, menus, desired)
    changed = changed or written
    ended = 0
    terms_are_new = row.get("comment") != _comment(desired)
    if terms_are_new or desired.state == "disabled":
        ended = end_sessions(connection, menus, desired.username)
    if terms_are_new:
        connection.set(menus.accounts, row["id"], {"comment": _comment(desired)})
    return Applied(changed=changed or terms_are_new, sessions_ended=ended)


def accounts_that_can_log_in(connection: RouterConnection, menus: Menus) -> frozenset[int]:
    """The ids in the comments of our rows that are not disabled."""
    rows = connection.print(menus.accounts, "comment", "disabled")
    found = (_account_id(row) for row in rows if not is_yes(row.get("disabled")))
    return frozenset(account_id for account_id in found if account_id is not None)


def _write(connection: RouterConnection, menus: Menus, desired: DesiredAccount) -> tuple[Row, bool]:
    """The row as the router holds it in the end, and whether it had to be written."""
    wanted = menus.account(desired)
    row = _ours(connection, menus, desired)
    if row is None:
        try:
            connection.add(menus.accounts, {"name": desired.username, **wanted, "comment": _comment(desired)})
        except Trap as trap:
            if trap.meaning is not Meaning.EXISTS:  # another worker was quicker: its row is looked at below
                raise
    elif changes := differing(wanted, row, menus.account_readers):
        connection.set(menus.accounts, row["id"], changes)
    else:
        return row, False
    row = _ours(connection, menus, desired)
    if row is None or differing(wanted, row, menus.account_readers):
        raise Rejected("the router does not keep the account as it was told", code=NOT_HELD)
    return row, True


def _take_out(connection: RouterConnection, menus: Menus, desired: DesiredAccount) -> Applied:
    rows = _named(connection, menus, desired)
    ours = [row for row in rows if _account_id(row) == desired.account_id]
    for row in ours:
        connection.remove(menus.accounts, row["id"])
    if len(rows) > len(ours):
        return Applied(changed=bool(ours), sessions_ended=0)  # the sessions of that name are somebody else's
    if ours and _named(connection, menus, desired):
        raise Rejected("the router does not let the account go", code=NOT_HELD)
    ended = end_sessions(connection, menus, desired.username)
    return Applied(changed=bool(ours), sessions_ended=ended)


def _ours(connection: RouterConnection, menus: Menus, desired: DesiredAccount) -> Row | None:
    rows = _named(connection, menus, desired)
    if any(_account_id(row) != desired.account_id for row in rows):
        raise Rejected(
            "an account of this name stands on the router and was not made by Bando: rename it there",
            code=FOREIGN,
        )
    return rows[0] if rows else None


def _named(connection: RouterConnection, menus: Menus, desired: DesiredAccount) -> list[Row]:
    properties = ("id", "name", "comment", *menus.account(desired))
    return connection.print(menus.accounts, *properties, name=desired.username)


def _comment(desired: DesiredAccount) -> str:
    return f"{_MARK}{desired.account_id} {desired.profile.name} {rate_limit(desired.profile)}"


def _account_id(row: Row) -> int | None:
    mark, _, _ = row.get("comment", "").partition(" ")
    digits = mark.removeprefix(_MARK)
    if mark == digits or not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        return None
    return int(digits)
