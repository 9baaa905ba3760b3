"""The load: a process of its own with keep-alive connections, one request at a time on each.

`python -m bench.load < plan` prints what it found. Plan and findings are JSON:
plan:     {port, connections, prelude: [script], timed: [script], rate: answers a second or null}; the prelude is
          sent over CONNECTIONS
script:   [[request text, [what its answer must hold]]]; its requests follow one another on one connection
findings: {seconds, answers, wrong, example, p50, p99}; milliseconds; example is a wrong answer, if there was one
"""

import asyncio
import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import uvloop

CONNECTIONS = 32
FORM = "application/x-www-form-urlencoded"
Script = list[tuple[str, list[str]]]


def post(path: str, body: str, content_type: str = FORM, headers: Mapping[str, str] | None = None) -> str:
    """An HTTP request as text. body: in ASCII."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    return (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {content_type}\r\n{lines}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What a load found out."""

    seconds: float
    answers: int
    wrong: int
    example: str
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


def run(
    port: int,
    timed: list[Script],
    prelude: list[Script] | None = None,
    rate: float | None = None,
    connections: int = CONNECTIONS,
) -> Found:
    """Start the load's process and wait for what it finds. RuntimeError where any answer was wrong."""
    plan = {"port": port, "connections": connections, "prelude": prelude or [], "timed": timed, "rate": rate}
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = Found(**json.loads(done.stdout))
    if found.wrong:
        raise RuntimeError(f"{found.wrong} of {found.answers} answers are wrong, such as {found.example!r}")
    return found


def middle(measured: Callable[[], Found], rounds: int = 3) -> Found:
    """Of so many rounds the one whose late answers are neither the best nor the worst."""
    return sorted((measured() for _ in range(rounds)), key=lambda found: found.p99 / found.p50)[rounds // 2]


class Line(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._got = b""
        self._answer: asyncio.Future[bytes] | None = None

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found or self._answer is None:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            answer, self._answer, self._got = self._answer, None, b""
            answer.set_result(head[:12] + b"\n" + body)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server hung up"))


class Checked:
    """What came back so far."""

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.wrong = 0
        self.example = ""

    def look(self, answer: bytes, wanted: list[bytes], seconds: float) -> None:
        self.latencies.append(seconds)
        if not answer.startswith(b"HTTP/1.1 200") or any(part not in answer for part in wanted):
            self.wrong += 1
            self.example = self.example or f"{answer!r} without {wanted!r}"


async def drive(port: int, connections: int, scripts: list[Any], rate: float | None) -> tuple[float, Checked]:
    """Send the scripts over the connections; with a rate, each request has its moment and is late from then on."""
    waiting = deque(
        [(request.encode(), [part.encode() for part in parts]) for request, parts in script]
        for script in scripts
    )
    checked = Checked()
    loop = asyncio.get_running_loop()
    opened = [loop.create_connection(Line, "127.0.0.1", port) for _ in range(connections)]
    lines = [line for _, line in await asyncio.gather(*opened)]
    began = time.perf_counter()
    moments = _moments(began, rate)

    async def one_connection(line: Line) -> None:
        while waiting:
            for request, wanted in waiting.popleft():
                due = next(moments)
                if due > (now := time.perf_counter()):
                    await asyncio.sleep(due - now)
                asked = due if rate else time.perf_counter()
                answer = await line.ask(request)
                checked.look(answer, wanted, time.perf_counter() - asked)
        line._transport.close()

    await asyncio.gather(*map(one_connection, lines))
    return time.perf_counter() - began, checked


def _moments(began: float, rate: float | None) -> Iterator[float]:
    count = 0
    while True:
        yield began + count / rate if rate else began
        count += 1


async def main() -> None:
    plan = json.load(sys.stdin)
    _, before = await drive(plan["port"], CONNECTIONS, plan["prelude"], None)
    seconds, checked = await drive(plan["port"], plan["connections"], plan["timed"], plan["rate"])
    latencies = sorted(checked.latencies)
    found = {
        "seconds": seconds,
        "answers": len(latencies),
        "wrong": before.wrong + checked.wrong,
        "example": before.example or checked.example,
        "p50": latencies[len(latencies) // 2] * 1000,
        "p99": latencies[len(latencies) * 99 // 100] * 1000,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    uvloop.run(main())
