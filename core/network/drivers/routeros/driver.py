"""The driver for MikroTik routers, RouterOS 6.49 and 7, over the API on its plain port inside the tunnel."""

from collections.abc import Callable
from typing import TypeVar

from core.base.errors import Rejected
from core.network.driver import (
    Applied,
    DesiredAccount,
    LiveSession,
    RouterAddress,
    RouterFacts,
    Service,
    SessionTraffic,
)
from core.network.drivers.routeros import values
from core.network.drivers.routeros.accounts import accounts_that_can_log_in, hold_account
from core.network.drivers.routeros.connection import RouterConnection
from core.network.drivers.routeros.connections import Connections
from core.network.drivers.routeros.hotspot import HOTSPOT
from core.network.drivers.routeros.menus import Menus
from core.network.drivers.routeros.pppoe import PPPOE
from core.network.drivers.routeros.sessions import live_sessions
from core.network.drivers.routeros.traps import Trap, printable

_MENUS: dict[Service, Menus] = {"pppoe": PPPOE, "hotspot": HOTSPOT}

Result = TypeVar("Result")


class RouterOsDriver:
    """One connection a router and process. Every call is repeatable: it looks, then writes what differs."""

    def __init__(self, connections: Connections | None = None) -> None:
        self._connections = connections or Connections()

    def apply(self, address: RouterAddress, desired: DesiredAccount) -> Applied:
        menus = _MENUS[desired.service]
        return self._run(
            address,
            lambda connection: hold_account(connection, menus, desired),
            hidden=(desired.secret, desired.username),
        )

    def holds(self, address: RouterAddress, service: Service) -> frozenset[int]:
        return self._run(address, lambda connection: accounts_that_can_log_in(connection, _MENUS[service]))

    def sessions(self, address: RouterAddress, service: Service | None = None) -> list[LiveSession]:
        asked = [menus for menus in _MENUS.values() if service in (None, menus.service)]
        return self._run(
            address,
            lambda connection: [found for menus in asked for found in live_sessions(connection, menus)],
        )

    def traffic(self, address: RouterAddress) -> list[SessionTraffic]:
        return self._run(
            address,
            lambda connection: [found for menus in _MENUS.values() for found in menus.traffic(connection)],
        )

    def probe(self, address: RouterAddress) -> RouterFacts:
        return self._run(address, _facts)

    def close(self) -> None:
        """Close the kept connections, at the end of a process."""
        self._connections.close()

    def _run(
        self,
        address: RouterAddress,
        task: Callable[[RouterConnection], Result],
        hidden: tuple[str, ...] = (),
    ) -> Result:
        try:
            return self._connections.run(address, task)
        except Trap as trap:
            said = trap.text
            for word in hidden:
                said = said.replace(word, "***")
            raise Rejected(f"the router refused: {printable(said)}", code=trap.meaning.value) from None


def _facts(connection: RouterConnection) -> RouterFacts:
    resource = next(iter(connection.print("/system/resource", "version", "uptime")), {})
    identity = next(iter(connection.print("/system/identity", "name")), {})
    try:
        uptime = values.seconds(resource.get("uptime", ""))
    except ValueError:
        uptime = 0
    return RouterFacts(
        version=printable(resource.get("version", "")),
        identity=printable(identity.get("name", "")),
        uptime_seconds=uptime,
    )
