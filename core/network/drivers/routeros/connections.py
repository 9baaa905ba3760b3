"""The connections of this process: one a router, kept open, used by one thread at a time.

Each login writes a line into the router's log and costs round trips, so a connection is kept until it breaks.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeVar

from core.base.errors import NotReady, Rejected
from core.network.driver import RouterAddress
from core.network.drivers.routeros.connection import LineCut, RouterConnection
from core.network.drivers.routeros.traps import Trap

WAIT_SECONDS = 20.0
"""How long a thread waits for another one's turn on the same router; then its job comes again later."""

Result = TypeVar("Result")


@dataclass
class _Line:
    turn: Lock = field(default_factory=Lock)
    address: RouterAddress | None = None
    connection: RouterConnection | None = None

    def drop(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Connections:
    """Hands a router's connection to one task at a time."""

    def __init__(self, dial: Callable[[RouterAddress], RouterConnection] = RouterConnection) -> None:
        self._dial = dial
        self._guard = Lock()
        self._process = os.getpid()
        self._lines: dict[int, _Line] = {}

    def run(self, address: RouterAddress, task: Callable[[RouterConnection], Result]) -> Result:
        """Run `task` on the router's connection. A task may be begun twice, so it must be repeatable.

        A kept connection may have been cut while nobody looked: then the task is run once more on a new one.
        """
        line = self._line(address.router_id)
        if not line.turn.acquire(timeout=WAIT_SECONDS):
            raise NotReady(f"router {address.router_id} is busy")
        try:
            kept = line.connection is not None and line.address == address
            try:
                return self._on(line, address, task)
            except LineCut:
                if not kept:
                    raise
                return self._on(line, address, task)
        finally:
            line.turn.release()

    def close(self) -> None:
        """Close every connection that nobody is using."""
        with self._guard:
            for line in self._lines.values():
                if line.turn.acquire(blocking=False):
                    line.drop()
                    line.turn.release()

    def _on(self, line: _Line, address: RouterAddress, task: Callable[[RouterConnection], Result]) -> Result:
        if line.connection is None or line.address != address:
            line.drop()
            line.connection, line.address = self._dial(address), address
        try:
            return task(line.connection)
        except (Trap, Rejected):
            raise  # an orderly no: both sides are in step
        except BaseException:
            line.drop()
            raise

    def _line(self, router_id: int) -> _Line:
        with self._guard:
            if os.getpid() != self._process:  # a forked child must not speak over its parent's sockets
                self._process, self._lines = os.getpid(), {}
            return self._lines.setdefault(router_id, _Line())
