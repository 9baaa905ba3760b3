"""A simulated RouterOS router on a thread of its own, spoken to from tests that are synchronous."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, TypeVar

from core.network.driver import RouterAddress, Service
from sandbox.routeros.router import Router
from sandbox.routeros.spec import RouterSpec

Result = TypeVar("Result")
SECRET = "api-password-of-the-router"


class SimulatedRouter:
    """The simulator, its clock, and the calls that its own loop must make."""

    def __init__(self, version: str = "7.18.2", **spec: Any) -> None:
        self.now = datetime(2026, 11, 22, 7, tzinfo=UTC)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.router = Router(
            RouterSpec("mast", "Kilifi", port=0, username="bando", password=SECRET, version=version, **spec),
            lambda: self.now,
        )
        self.wait(self.router.start())
        self.address = RouterAddress(1, "mast", "127.0.0.1", self.router.port, "bando", SECRET)

    def wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    def ask(self, call: Callable[[Router], Result]) -> Result:
        async def on_loop() -> Result:
            return call(self.router)

        return self.wait(on_loop())

    def rows(self, menu: str) -> list[dict[str, str]]:
        return self.ask(lambda router: router.rows(menu))

    def row(self, menu: str, name: str) -> dict[str, str] | None:
        return next((row for row in self.rows(menu) if row.get("name", row.get("user")) == name), None)

    def power(self, on: bool) -> None:
        self.wait(self.router.power(on))

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def dial(self, service: Service, username: str, secret: str) -> bool:
        if service == "pppoe":
            return self.ask(lambda router: router.dial_pppoe(username, secret, "AA:BB:CC:00:11:22").ok)
        return self.ask(
            lambda router: router.hotspot_login(username, secret, "AA:BB:CC:00:11:33", "10.5.50.9").ok
        )

    def rates(self, username: str) -> list[tuple[int, int]]:
        """(upload, download) in kbit/s of the live sessions of that name."""
        live = self.ask(lambda router: router.sessions())
        return [
            (found.upload_bps // 1000, found.download_bps // 1000)
            for found in live
            if found.username == username
        ]

    def close(self) -> None:
        self.wait(self.router.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()
