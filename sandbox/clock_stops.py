"""Moving the trial's clock from stop to stop, so that nothing due on the way is jumped over."""

import asyncio
import math
from datetime import datetime, timedelta

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.clock import TrialClock
from sandbox.courier import Courier

ASK_EVERY_SECONDS = 0.05
ASK_TIMEOUT_SECONDS = 10.0
SLACK = timedelta(seconds=2)  # the product may have read its clock a moment before we read ours


class Idle(BaseModel):
    """The product's word: whether nothing waits, its own time, when it next has something to do."""

    model_config = ConfigDict(extra="allow")

    idle: bool
    now: datetime
    next_stop: datetime | None


class NotIdle(Exception):
    """The product did not come to rest; says at which time and in whose words."""


class Unreachable(Exception):
    """Nobody listens at the product's address, or it has no such door."""


class ClockMover:
    """One move at a time; each stop is left only when the product is idle there."""

    def __init__(
        self, web: str, clock: TrialClock, courier: Courier, *, limit_seconds: float = 900.0
    ) -> None:
        self._url, self._clock, self._courier = f"{web}/trial/idle", clock, courier
        self._limit_seconds = limit_seconds
        self._one = asyncio.Lock()

    async def advance(self, by: timedelta) -> datetime:
        """The new time. Raises NotIdle; the clock then stands at the stop that did not come to rest."""
        async with self._one, httpx.AsyncClient(timeout=ASK_TIMEOUT_SECONDS) as product:
            self._clock.reread()
            target = self._clock.offset_seconds + int(by.total_seconds())
            deadline = asyncio.get_running_loop().time() + self._limit_seconds
            try:
                rest = await self._rest(product, deadline)
            except Unreachable:
                self._clock.set_offset(target)
                return self._clock.now()
            while self._clock.offset_seconds < target:
                self._clock.set_offset(self._next_offset(rest, target))
                try:
                    rest = await self._rest(product, deadline)
                except Unreachable as error:
                    raise NotIdle(
                        f"the product went away at {self._clock.now().isoformat()}: {error}"
                    ) from error
            return self._clock.now()

    def _next_offset(self, rest: Idle, target: int) -> int:
        """The product's next stop or our own (a prompt runs out, a callback is due), what comes first."""
        stops = [stop for stop in (rest.next_stop, self._clock.next_awaited) if stop is not None]
        if not stops:
            return target
        stop = math.ceil((min(stops) - self._clock.machine_now()).total_seconds())
        return min(target, max(stop, self._clock.offset_seconds))

    async def _rest(self, product: httpx.AsyncClient, deadline: float) -> Idle:
        """Waits until the product has seen our time, has nothing waiting, and its next stop lies ahead."""
        reached = self._clock.now() - SLACK
        last = "no answer"
        while asyncio.get_running_loop().time() < deadline:
            if (under_way := self._under_way()) is not None:
                last = under_way
                await asyncio.sleep(ASK_EVERY_SECONDS)
                continue
            try:
                answer = await product.get(self._url)
            except httpx.ConnectError as error:
                raise Unreachable(str(error)) from error
            except httpx.HTTPError as error:
                last = f"{type(error).__name__}: {error}"
            else:
                if answer.status_code == httpx.codes.NOT_FOUND:
                    raise Unreachable(f"{self._url} is not there")
                last = answer.text[:1_000]
                rest = _read(answer)
                if rest is not None and self._at_rest(rest, reached):
                    return rest
            await asyncio.sleep(ASK_EVERY_SECONDS)
        raise NotIdle(f"not idle at {self._clock.now().isoformat()} within {self._limit_seconds:g} s: {last}")

    def _under_way(self) -> str | None:
        """What the outside world itself is still about to tell the product."""
        due = self._clock.next_awaited
        if due is not None and due <= self._clock.now():
            return f"something due at {due.isoformat()} has not happened yet"
        sending = [call.kind for call in self._courier.calls if call.state == "sending"]
        return f"being sent: {', '.join(sending)}" if sending else None

    def _at_rest(self, rest: Idle, reached: datetime) -> bool:
        """We are asked again as well: the product may have wanted something of us meanwhile."""
        ahead = rest.next_stop is None or rest.next_stop > rest.now
        return rest.idle and rest.now >= reached and ahead and self._under_way() is None


def _read(answer: httpx.Response) -> Idle | None:
    if answer.status_code != httpx.codes.OK:
        return None
    try:
        return Idle.model_validate_json(answer.content)
    except ValidationError:
        return None
