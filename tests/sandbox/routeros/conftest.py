"""A bench for simulated routers: an event loop in a thread of its own, so that blocking clients can drive
them.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.routeros import Router, RouterSpec
from sandbox.routeros.commands import Answer, Command, execute
from sandbox.routeros.device import Device
from sandbox.routeros.spec import Faults
from sandbox.routeros.words import SentenceReader, encode_sentence


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **length: float) -> None:
        self.now += timedelta(**length)


def make_spec(**changes: Any) -> RouterSpec:
    fields: dict[str, Any] = {"port": 0, "username": "bando", "password": "S3cret!", **changes}
    return RouterSpec("kilifi-1", "kilifi", **fields)


class Console:
    """A device without a network, driven by sentences written as one text: `/menu/verb =a=b ?c=d`."""

    def __init__(self, clock: Clock, **changes: Any) -> None:
        self.clock = clock
        self.faults = Faults()
        self.device = Device(make_spec(**changes), clock, self.faults)

    def answer(self, *words: str) -> Answer:
        return execute(self.device, Command.parse(list(words)))

    def rows(self, *words: str) -> list[dict[str, str]]:
        return [dict(row) for row in self.answer(*words).rows]

    def ret(self, *words: str) -> str:
        answer = self.answer(*words)
        assert answer.ret is not None
        return answer.ret


class Wire:
    """A bare socket that speaks sentences."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._reader = SentenceReader(1 << 24)
        self._waiting: list[list[str]] = []

    def say(self, *words: str) -> None:
        self.socket.sendall(encode_sentence(words))

    def hear(self) -> list[str]:
        """Return the next sentence, `[]` when the router has closed."""
        while not self._waiting:
            data = self.socket.recv(65536)
            if not data:
                return []
            self._waiting += self._reader.feed(data)
        return self._waiting.pop(0)

    def ask(self, *words: str) -> list[list[str]]:
        """Say one sentence and hear everything up to its `!done` or the end."""
        self.say(*words)
        heard = []
        while (sentence := self.hear()) and sentence[0] != "!done":
            heard.append(sentence)
        return [*heard, sentence]

    def login(self) -> "Wire":
        assert self.ask("/login", "=name=bando", "=password=S3cret!") == [["!done"]]
        return self


class Bench:
    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self._loop = loop
        self.clock = clock
        self._routers: list[Router] = []
        self._wires: list[Wire] = []

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    def do(self, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        """Call a plain method of a router inside its event loop."""

        async def call() -> Any:
            return method(*args, **named)

        return self.run(call())

    def router(self, state_file: Path | None = None, **changes: Any) -> Router:
        router = Router(make_spec(**changes), self.clock, state_file)
        self.run(router.start())
        self._routers.append(router)
        return router

    def wire(self, router: Router) -> Wire:
        wire = Wire(router.port)
        self._wires.append(wire)
        return wire

    def close(self) -> None:
        for wire in self._wires:
            wire.socket.close()
        for router in self._routers:
            self.run(router.stop())


@pytest.fixture(scope="session")
def router_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(timeout=5)
    loop.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def console(clock: Clock) -> Console:
    return Console(clock)


@pytest.fixture
def make_console(clock: Clock) -> Callable[..., Console]:
    return lambda **changes: Console(clock, **changes)


@pytest.fixture
def bench(router_loop: asyncio.AbstractEventLoop, clock: Clock) -> Iterator[Bench]:
    bench = Bench(router_loop, clock)
    yield bench
    bench.close()
