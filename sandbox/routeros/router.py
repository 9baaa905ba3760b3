"""A router on the network: its listening socket, its power, its disk, and the customers that use it."""

import asyncio
import ipaddress
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sandbox.routeros import store
from sandbox.routeros.connection import Connection
from sandbox.routeros.device import Device
from sandbox.routeros.spec import Attempt, Faults, LiveSession, RouterSpec
from sandbox.routeros.table import Row
from sandbox.routeros.words import readable

# Changes that come close together are written to disk once, and writing takes at most a twentieth of the
# time.
SAVE_SECONDS = 0.5
_SAVE_SHARE = 20
_DARK = Attempt(False, "no answer")


class Router:
    """One simulated router. All methods belong to the event loop in which `start` was awaited.

    `clock` gives aware UTC moments and decides uptimes, counters, limits and redials. With `state_file` the
    configuration is read at construction and written after changes and at `stop`; sessions end with the
    process.
    """

    def __init__(
        self, spec: RouterSpec, clock: Callable[[], datetime], state_file: Path | None = None
    ) -> None:
        self.spec = spec
        self.faults = Faults()
        self.on = False
        self.port = spec.port
        self._state_file = state_file
        self._device = Device(spec, clock, self.faults)
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._saving: asyncio.TimerHandle | None = None
        self._save_delay = SAVE_SECONDS
        self._loop: asyncio.AbstractEventLoop | None = None
        if state_file is not None:
            store.load(self._device, state_file)
            for menu in self._device.tables.keys() - store.NOT_KEPT:
                self._device.table(menu).watchers.append(self._note_change)

    # -- power ---------------------------------------------------------------

    async def start(self) -> None:
        """Switch on for the first time; `port` is known afterwards."""
        self._loop = asyncio.get_running_loop()
        await self.power(True)

    async def stop(self) -> None:
        """Switch off and write the configuration."""
        await self.power(False)
        self.save()

    async def power(self, on: bool) -> None:
        """Off: nobody listens, connections and sessions are gone. On again: booted, homes dial."""
        if on == self.on:
            return
        if on:
            self._server = await asyncio.start_server(
                self._accept, self.spec.host, self.port, start_serving=False
            )
            self._keep_port(self._server.sockets[0].getsockname()[1])
            self._device.boot()
            self.on = True
            await self._server.start_serving()
            return
        self.on = False
        if self._server is not None:
            self._server.close()
        self._device.lose_power()
        for connection in list(self._connections):
            connection.reset()
        if self._server is not None:
            await self._server.wait_closed()

    async def reboot(self) -> None:
        """Off and on again: all sessions are lost, uptime starts at nought."""
        await self.power(False)
        await self.power(True)

    def _keep_port(self, port: int) -> None:
        self.port = port
        if (service := self._device.table("/ip/service").named("api")) is not None:
            service.values["port"] = str(port)

    # -- connections ---------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self._device, reader, writer)
        if self.faults.refusing or not self.on:
            connection.reset()
            return
        if not self._welcome(connection.peer):
            connection.close()
            return
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)

    def _welcome(self, peer: str) -> bool:
        """Judge a new connection by `/ip/service`: switched on, source allowed, a session free."""
        service = self._device.table("/ip/service").named("api")
        if service is None or service.values["disabled"] == "true":
            return False
        sources = list(filter(None, service.values.get("address", "").split(",")))
        allowed = not sources or any(
            ipaddress.ip_address(peer) in ipaddress.ip_network(source)
            for source in sources
            if "-" not in source
        )
        limit = self.faults.max_sessions
        if limit is None:
            limit = int(service.values.get("max-sessions", "1000"))
        return allowed and len(self._connections) < limit

    # -- what is on it ---------------------------------------------------------------

    def rows(self, menu: str) -> list[dict[str, str]]:
        """Return a menu's rows as the router prints them, bytes that are not UTF-8 read as Latin-1.

        `KeyError` for a menu the router does not have.
        """
        table = self._device.table(menu)
        self._device.advance()
        return [
            {name: readable(value) for name, value in table.printed(row).items()}
            for row in table.rows.values()
        ]

    def sessions(self) -> list[LiveSession]:
        """Return what is up now, PPPoE first."""
        self._device.advance()
        return [*self._device.pppoe.live(), *self._device.hotspot.sessions.live()]

    # -- customers ---------------------------------------------------------------

    def dial_pppoe(self, username: str, password: str, mac: str) -> Attempt:
        """Let a home dial. It goes on dialling after refusals, kicks and power cuts until `hang_up`."""
        if not self.on:
            self._device.pppoe.wait_for_line(username, password, mac)
            return _DARK
        self._device.advance()
        return self._device.pppoe.dial(username, password, mac)

    def hang_up(self, username: str, mac: str = "") -> bool:
        """Switch the home's box off; False if no box of that name was on."""
        self._device.advance()
        return self._device.pppoe.hang_up(username, mac)

    def hotspot_join(self, mac: str, ip: str) -> bool:
        """A phone joins the Wi-Fi without logging in and is a host now. False while it is dark."""
        self._device.advance()
        return self.on and self._device.hotspot.join(mac, ip) is not None

    def hotspot_login(self, username: str, password: str, mac: str, ip: str) -> Attempt:
        """A phone posts the login form (PAP); `text` of a refusal is what the login page would show."""
        self._device.advance()
        return self._device.hotspot.login(username, password, mac, ip) if self.on else _DARK

    def hotspot_return(self, mac: str, ip: str) -> Attempt:
        """A phone is back and opens a page: let in by a session or a cookie, else `you are not logged in`."""
        self._device.advance()
        return self._device.hotspot.come_back(mac, ip) if self.on else _DARK

    def hotspot_logout(self, mac: str) -> bool:
        """The customer logs off; False if that phone had no session."""
        self._device.advance()
        return self._device.hotspot.logout(mac)

    def hotspot_leave(self, mac: str) -> bool:
        """The phone leaves the Wi-Fi; False if it was not there."""
        self._device.advance()
        return self._device.hotspot.leave(mac)

    def carry(
        self,
        username: str,
        *,
        upload_bytes: int = 0,
        download_bytes: int = 0,
        load_permille: int | None = None,
    ) -> int:
        """Move bytes at once over all sessions of a name, or change their load; returns how many sessions."""
        self._device.advance()
        count = 0
        for dialled in [s for s in self._device.pppoe.sessions.values() if s.home.username == username]:
            load = dialled.meter.load_permille if load_permille is None else load_permille
            self._device.pppoe.carry(dialled, load, upload_bytes, download_bytes)
            count += 1
        for wireless in [s for s in self._device.hotspot.sessions if s.username == username]:
            load = wireless.meter.load_permille if load_permille is None else load_permille
            self._device.hotspot.sessions.carry(wireless, load, upload_bytes, download_bytes)
            count += 1
        self._device.advance()
        return count

    @property
    def load_permille(self) -> int:
        """Thousandths of the plan's rate that sessions begun from now on will use."""
        return self._device.load_permille

    @load_permille.setter
    def load_permille(self, load: int) -> None:
        self._device.load_permille = load

    # -- disk ---------------------------------------------------------------

    def save(self) -> None:
        """Write the configuration now, if there is a file for it."""
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        if self._state_file is not None:
            began = time.monotonic()
            store.save(self._device, self._state_file)
            self._save_delay = max(SAVE_SECONDS, _SAVE_SHARE * (time.monotonic() - began))

    @property
    def save_is_due(self) -> bool:
        """Whether a change waits to be written."""
        return self._saving is not None

    def _note_change(self, row: Row, _dead: bool) -> None:
        if not row.dynamic and self._loop is not None and self._saving is None:
            self._saving = self._loop.call_later(self._save_delay, self.save)
