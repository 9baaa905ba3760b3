"""The way from a provider to one of the product's doors: tried again until taken, and disturbed on request."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from sandbox.clock import TrialClock
from sandbox.courier import Call, Courier

OVERTAKE_SECONDS = 5.0  # real seconds
COPIES = {"normal": 1, "doubled": 2, "tenfold": 10}


class Lane:
    """taken: whether the product's HTTP status ends the matter. wait: before the n-th repetition, from 0.
    at_once: how many calls may be under way at the same time. overtaken_within_seconds: how long a shuffled
    call waits for the one that shall overtake it."""

    def __init__(
        self,
        courier: Courier,
        clock: TrialClock,
        *,
        taken: Callable[[int], bool],
        wait: Callable[[int], timedelta],
        give_up_after: timedelta,
        at_once: int = 100,
        overtaken_within_seconds: float = OVERTAKE_SECONDS,
    ) -> None:
        self._courier, self._clock = courier, clock
        self._taken, self._wait, self._give_up_after = taken, wait, give_up_after
        self._overtaken_within_seconds = overtaken_within_seconds
        self._gate = asyncio.Semaphore(at_once)
        self._behind: Call | None = None
        self.pending: dict[int, Call] = {}
        self.last_error: tuple[datetime, Call] | None = None

    async def take(self, call: Call, fault: str = "normal") -> None:
        """Carries a noted call as the fault says (normal, doubled, tenfold, shuffled, late). Returns when the
        first try is over; at once for what is held or waits to be overtaken. Repetitions go on behind."""
        if fault == "late":
            call.state = "held"
        elif fault == "shuffled":
            self._let_overtake(call)
        else:
            copies = [call, *(self._courier.copy(call) for _ in range(COPIES[fault] - 1))]
            await asyncio.gather(*map(self._carry, copies))

    def widen(self, at_once: int) -> None:
        self._gate = asyncio.Semaphore(at_once)

    def drop(self) -> None:
        """Forgets what was not taken yet; nothing of it is tried again."""
        self.pending.clear()

    def _let_overtake(self, call: Call) -> None:
        if self._behind is None:
            self._behind = call
            self._courier.errand(self._after_all(call))
        else:
            older, self._behind = self._behind, None
            self._courier.errand(self._in_turn(call, older))

    async def _after_all(self, call: Call) -> None:
        await asyncio.sleep(self._overtaken_within_seconds)
        if self._behind is call:
            self._behind = None
            await self._carry(call)

    async def _in_turn(self, *calls: Call) -> None:
        for call in calls:
            await self._carry(call)

    async def _carry(self, call: Call) -> None:
        self.pending[call.id] = call
        await self._try(call)
        if call.id in self.pending:
            self._courier.errand(self._insist(call))

    async def _try(self, call: Call) -> None:
        async with self._gate:
            await self._courier.send(call)
        if call.status is not None and call.state == "answered" and self._taken(call.status):
            self.pending.pop(call.id, None)
        else:
            self.last_error = (self._clock.now(), call)

    async def _insist(self, call: Call) -> None:
        begun, tries = self._clock.now(), 0
        while call.id in self.pending and self._clock.now() - begun <= self._give_up_after:
            await self._clock.until(self._clock.now() + self._wait(tries), stop=False)
            tries += 1
            if call.id in self.pending:
                await self._try(call)
        self.pending.pop(call.id, None)


def growing(first: timedelta, most: timedelta) -> Callable[[int], timedelta]:
    """Waits that double, up to the longest."""
    return lambda tries: min(most, first * 2 ** min(tries, 30))
