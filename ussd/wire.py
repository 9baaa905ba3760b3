"""One connection to Valkey for all turns of a process: scripts follow one another on it, answers come in order.

A pool hands a connection out and takes it back for every command, which costs more than the command. The
connection itself (address, password, TLS) is redis-py's.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

import hiredis
from redis import ConnectionError, RedisError
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError


class Script:
    """A Lua script and the name by which Valkey knows it once it was loaded."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = sha1(text.encode(), usedforsecurity=False).hexdigest()


class Wire:
    """Runs scripts. Errors of the client (redis.RedisError, OSError) pass through; the next call connects anew."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._line: _Line | None = None
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
                connection = await self._redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]
                self._line = _Line(connection, self._redis)
            return self._line


class _Line:
    """The connection, and who waits for an answer on it, in the order of their questions."""

    def __init__(self, connection: AbstractConnection, redis: Redis) -> None:
        connection.socket_timeout = None  # a turn bounds its own wait, and gives the line up with it
        self._connection = connection
        self._redis = redis
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self.is_down = False
        self._hearing = asyncio.get_running_loop().create_task(self._hear())

    async def ask(self, *parts: bytes | str | int) -> Any:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        try:
            packed = hiredis.pack_command(parts)  # type: ignore[arg-type]  # its stub takes one part
            await self._connection.send_packed_command([packed], check_health=False)
            return await answer
        except asyncio.CancelledError:  # Valkey hangs: nobody else need wait for it
            self.is_down = True
            self._hearing.cancel()
            raise

    async def _hear(self) -> None:
        """Hand out answers until the connection ends; whoever waits then is told so."""
        end: BaseException = ConnectionError("the connection to Valkey has ended")
        try:
            while True:
                try:
                    heard = await self._connection.read_response(
                        disable_decoding=True, timeout=math.inf, disconnect_on_error=False
                    )
                except (ConnectionError, OSError):
                    raise
                except RedisError as refused:
                    heard = refused
                answer = self._waiting.popleft()
                if answer.done():
                    continue
                if isinstance(heard, RedisError):
                    answer.set_exception(heard)
                else:
                    answer.set_result(heard)
        except (RedisError, OSError) as error:
            end = error
        finally:
            self.is_down = True
            for answer in self._waiting:
                if not answer.done():
                    answer.set_exception(end)
            await self._connection.disconnect(nowait=True)
            await self._redis.connection_pool.release(self._connection)
