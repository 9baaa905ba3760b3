"""Whoever waits for news on a phone is woken by it, instead of looking again and again."""

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Annotated

from fastapi import Query

MOST_SECONDS = 30
Wait = Annotated[float, Query(ge=0, le=MOST_SECONDS, description="real seconds to wait for something new")]


class Changes:
    """Counts changes by phone."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._next: dict[str, asyncio.Event] = {}

    def note(self, msisdn: str) -> None:
        self._counts[msisdn] += 1
        if (waited_for := self._next.pop(msisdn, None)) is not None:
            waited_for.set()

    def count(self, msisdn: str) -> int:
        return self._counts[msisdn]

    async def more_than(self, known: int, msisdn: str, seconds: float) -> None:
        """Returns when there were more changes than are known, or when the seconds are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._counts[msisdn] <= known:
                    await self._next.setdefault(msisdn, asyncio.Event()).wait()
