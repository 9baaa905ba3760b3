"""What sessions have carried. A hotspot session's row says it; a PPPoE session's stands at its interface.

Counters are 64 bits wide and begin with the session; the limits of a user row are over all its sessions and are the
router's own affair.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from core.base.log import logger
from core.network.driver import SessionTraffic
from core.network.drivers.routeros import values
from core.network.drivers.routeros.connection import RouterConnection, Row
from core.network.drivers.routeros.traps import Meaning, Trap

Found = TypeVar("Found")

MOST_BYTES = 10**15
"""A petabyte in one session: a counter beyond it is broken or hostile (M34)."""


def hotspot_traffic(connection: RouterConnection) -> list[SessionTraffic]:
    """The hotspot's sessions; none where the router has no hotspot."""
    rows = _rows(connection, "/ip/hotspot/active", "id", "user", "uptime", "bytes-in", "bytes-out")
    return _readable(rows, _of_hotspot)


def pppoe_traffic(connection: RouterConnection) -> list[SessionTraffic]:
    """The PPPoE sessions. /ppp/active has no counters, in any version: they stand at the interface `<pppoe-NAME>`,
    which each login makes anew. Further sessions of a name have `<pppoe-NAME-1>` and so on; where a login came between
    the two listings, a name is left for the next time.
    """
    live = _rows(connection, "/ppp/active", "id", "name", "service", "uptime")
    if not live:
        return []
    interfaces = _rows(connection, "/interface", "id", "name", "type", "rx-byte", "tx-byte", type="pppoe-in")
    sessions = defaultdict[str, list[Row]](list)
    for row in live:
        if row.get("service") == "pppoe":
            sessions[row.get("name", "")].append(row)
    found = _interfaces_by_name(interfaces, sessions)
    pairs = [
        pair
        for name, rows in sessions.items()
        if len(rows) == len(found[name])
        for pair in zip(_by_age(rows), _by_age(found[name]), strict=True)
    ]
    return _readable(pairs, _of_pppoe)


def _interfaces_by_name(interfaces: list[Row], names: Iterable[str]) -> defaultdict[str, list[Row]]:
    """100001-2 may be an account, or the third session of 100001: an account's own name comes first."""
    known, found = frozenset(names), defaultdict[str, list[Row]](list)
    for row in interfaces:
        name = row.get("name", "").removeprefix("<pppoe-").removesuffix(">")
        stem, _, number = name.rpartition("-")
        if name in known:
            found[name].append(row)
        elif stem in known and number.isdecimal():
            found[stem].append(row)
    return found


def _by_age(rows: list[Row]) -> list[Row]:
    """Ids are hexadecimal and grow: of one name, the first session has the first interface."""
    return sorted(rows, key=lambda row: (len(row["id"]), row["id"]))


def _of_hotspot(row: Row) -> SessionTraffic:
    return SessionTraffic(
        service="hotspot",
        username=row.get("user", ""),
        session=row["id"],
        uptime_seconds=values.seconds(row.get("uptime", "")),
        carried_bytes=_bytes(row, "bytes-in", "bytes-out"),
    )


def _of_pppoe(pair: tuple[Row, Row]) -> SessionTraffic:
    live, interface = pair
    return SessionTraffic(
        service="pppoe",
        username=live.get("name", ""),
        session=interface["id"],
        uptime_seconds=values.seconds(live.get("uptime", "")),
        carried_bytes=_bytes(interface, "rx-byte", "tx-byte"),
    )


def _bytes(row: Row, *properties: str) -> int:
    total = sum(values.whole_number(row.get(name, "")) for name in properties)
    if total > MOST_BYTES:
        raise ValueError("more than a session can carry")
    return total


def _rows(connection: RouterConnection, menu: str, *names: str, **where: str) -> list[Row]:
    try:
        return connection.print(menu, *names, **where)
    except Trap as trap:
        if trap.meaning is Meaning.VERSION:
            return []
        raise


def _readable(rows: Iterable[Found], read: Callable[[Found], SessionTraffic]) -> list[SessionTraffic]:
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except ValueError:
            logger("network").warning("traffic_unreadable")
    return found
