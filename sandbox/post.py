"""POST over connections that are kept open, one client for each local address. A general client costs a sandbox more
than all it plays: half of its processor time went there."""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import quote, urlsplit

import httptools

MOST_CONNECTIONS = 200
CONNECT_SECONDS = 5.0
UNESCAPED = "/%:@!$&'()*+,;=-._~?"


class NoAnswer(Exception):
    """Nobody listens there, or the line was cut before the answer was whole."""


class Answer(NamedTuple):
    status: int
    text: str


class _Line(asyncio.Protocol):
    """One connection: a request, its answer, the next one."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answer: asyncio.Future[Answer] | None = None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Raises NoAnswer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._body = []
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # -- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is of a kind of its own

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(f"not HTTP: {error}")
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(str(error or "the line was cut"))

    def _fail(self, why: str) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(NoAnswer(why))

    # -- httptools

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.close()
        text = b"".join(self._body).decode(errors="replace")
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(self._parser.get_status_code(), text))


class Poster:
    """Posts from one local address. Never tries again: what was sent on a line that was just cut has no answer."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._idle: dict[tuple[str, int], list[_Line]] = {}
        self._gate = asyncio.Semaphore(MOST_CONNECTIONS)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Raises NoAnswer and OSError; the caller sets the bound of time."""
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise NoAnswer(f"{parts.scheme} is not spoken here")
        place = parts.hostname, parts.port or 80
        request = _request(parts.netloc, quote(_path(url), safe=UNESCAPED), body, headers)
        async with self._gate:
            line = await self._line(*place)
            try:
                answer = await line.ask(request)
            except BaseException:
                line.close()  # an answer may still be under way
                raise
            if line.is_open:
                self._idle.setdefault(place, []).append(line)
        return answer

    def close(self) -> None:
        for lines in self._idle.values():
            for line in lines:
                line.close()
        self._idle.clear()

    async def _line(self, host: str, port: int) -> _Line:
        """The one that was used last, unless it was cut since."""
        idle = self._idle.get((host, port), [])
        while idle:
            if (line := idle.pop()).is_open:
                return line
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_SECONDS):
            _, line = await loop.create_connection(_Line, host, port, local_addr=(self._source, 0))
        return line


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _request(host: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Raises NoAnswer where a header would break its line."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}", "Accept: */*"]
    for name, value in headers.items():
        if {"\r", "\n"} & {*name, *value}:
            raise NoAnswer(f"the header {name!r} would break its line")
        lines.append(f"{name}: {value}")
    return "\r\n".join([*lines, "", ""]).encode() + body
