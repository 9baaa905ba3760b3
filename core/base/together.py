"""What comes in at the same time is written by one transaction. While it is written, what comes next gathers.

A commit waits for the disk, and a statement costs more than a row in it: under load many share both, and who comes
alone waits for nobody.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

import psycopg
from sqlalchemy.exc import OperationalError, TimeoutError

T = TypeVar("T")
R = TypeVar("R")

MOST = 100
"""In one transaction; more wait for the next one."""
NOBODYS_FAULT = (psycopg.OperationalError, OperationalError, TimeoutError)
"""The database's own trouble: each by itself would meet it again, one after the other."""


class Together(Generic[T, R]):
    """write: takes all or none of what it is given, in order, and says of each what became of it; it may be given the
    same again. It runs in a thread of `threads`, one at a time.
    """

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]], threads: Executor) -> None:
        self._write = write
        self._threads = threads
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._is_busy = False

    async def put(self, one: T) -> R:
        """What became of it, once that is committed. Raises what `write` raises where it is given this one alone, or
        what keeps the database from writing any.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[R] = loop.create_future()
        self._waiting.append((one, answer))
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._begin, loop)  # whoever asks in this round of the loop comes along
        return await answer

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        written = loop.run_in_executor(self._threads, self._write_all, [one for one, _ in batch])
        written.add_done_callback(lambda done: self._end(loop, [answer for _, answer in batch], done))

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        answers: Sequence[asyncio.Future[R]],
        done: asyncio.Future[Sequence[R | Exception]],
    ) -> None:
        self._is_busy = bool(self._waiting)
        if self._is_busy:
            self._begin(loop)
        error = done.exception()
        found = [error] * len(answers) if error is not None else done.result()
        for answer, became in zip(answers, found, strict=True):
            if answer.done():
                continue  # whoever asked is gone
            if isinstance(became, BaseException):
                answer.set_exception(became)
            else:
                answer.set_result(became)

    def _write_all(self, batch: Sequence[T]) -> Sequence[R | Exception]:
        """One that cannot be written keeps no other from it."""
        try:
            return self._write(batch)
        except Exception as error:
            if len(batch) == 1 or isinstance(error, NOBODYS_FAULT):
                raise
        return [self._write_alone(one) for one in batch]

    def _write_alone(self, one: T) -> R | Exception:
        try:
            return self._write([one])[0]
        except Exception as error:
            return error
