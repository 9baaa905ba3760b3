"""One connection to Valkey for all turns of a process: scripts follow one another on it, answers come in order.

A pool hands a connection out and takes it back for every command, which costs more than the command. The
connection itself (address, password, TLS) is redis-py's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

import hiredis
from redis import ConnectionError, RedisError
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, ResponseError

ENDED = "the connection to Valkey has ended"
NOTHING_MORE = object()


class Script:
    """A Lua script and the name by which Valkey knows it once it was loaded."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = sha1(text.encode(), usedforsecurity=False).hexdigest()


class Wire:
    """Runs scripts. Errors of the client (redis.RedisError, OSError) pass through; the next call connects anew."""

    def __init__(self, redis: Redis) -> None:
        self._pool = redis.connection_pool
        self._line: _Line | None = None
        self._connection: AbstractConnection | None = None
        self._connecting = asyncio.Lock()

    async def run(self, script: Script, keys: Sequence[str], values: Sequence[bytes | str | int]) -> Any:
        """What the script answers: a bulk is bytes, nil is None."""
        line = self._line
        if line is None or line.is_down:
            line = await self._connect()
        try:
            return await line.ask("EVALSHA", script.sha, len(keys), *keys, *values)
        except NoScriptError:  # Valkey was started anew
            return await line.ask("EVAL", script.text, len(keys), *keys, *values)

    async def _connect(self) -> _Line:
        async with self._connecting:
            if self._line is None or self._line.is_down:
                ended, self._connection = self._connection, None
                if ended is not None:
                    await ended.disconnect(nowait=True)
                    await self._pool.release(ended)
                self._connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
                self._line = _Line(self._connection)
            return self._line


class _Line(asyncio.Protocol):
    """Takes an open connection over from redis-py's streams, which cost a task and a dozen calls an answer.

    It knows who waits for an answer, in the order of their questions.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        writer = connection._writer
        assert writer is not None, "the pool hands out open connections"
        self._transport = writer.transport
        self._streams = self._transport.get_protocol()
        self._transport.set_protocol(self)
        self._answers = hiredis.Reader(replyError=_refusal, notEnoughData=NOTHING_MORE)
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._unsent: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self.is_down = self._transport.is_closing()

    async def ask(self, *parts: bytes | str | int) -> Any:
        if self.is_down:
            raise ConnectionError(ENDED)
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append(answer)
        if not self._unsent:  # one system call for all who ask in this round of the loop
            self._loop.call_soon(self._send)
        self._unsent.append(hiredis.pack_command(parts))  # type: ignore[arg-type]  # its stub takes one part
        try:
            return await answer
        except asyncio.CancelledError:  # Valkey hangs: nobody else need wait for it
            self.is_down = True
            self._transport.abort()
            raise

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if not self.is_down:
            self._transport.write(b"".join(unsent))

    def data_received(self, data: bytes) -> None:
        self._answers.feed(data)
        while (heard := self._answers.gets()) is not NOTHING_MORE:
            if isinstance(heard, hiredis.PushNotification):
                continue  # nobody asked
            answer = self._waiting.popleft()
            if answer.done():
                continue
            if isinstance(heard, RedisError):
                answer.set_exception(heard)
            else:
                answer.set_result(heard)

    def connection_lost(self, error: Exception | None) -> None:
        """Whoever waits is told; so are the streams, which redis-py will want to see closed."""
        self.is_down = True
        for answer in self._waiting:
            if not answer.done():
                answer.set_exception(ConnectionError(ENDED))
        self._waiting.clear()
        self._streams.connection_lost(error)


def _refusal(message: str) -> RedisError:
    kind = NoScriptError if message.startswith("NOSCRIPT") else ResponseError
    return kind(message)
