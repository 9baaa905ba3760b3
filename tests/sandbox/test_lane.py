"""The way to a door of the product, without any provider."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.clock import TrialClock
from sandbox.courier import Call, Courier
from sandbox.lane import Lane, growing
from tests.sandbox.conftest import DEADLINE_SECONDS

SOON = timedelta(milliseconds=5)


async def eventually(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not found():
            await asyncio.sleep(0.005)


def lane(courier: Courier, clock: TrialClock, **named: Any) -> Lane:
    rules: dict[str, Any] = {"taken": lambda status: status == 200, "wait": lambda _: SOON}
    return Lane(courier, clock, **rules | {"give_up_after": timedelta(minutes=5)} | named)


def test_who_is_not_overtaken_goes_alone(product: Any, tmp_path: Path) -> None:
    async def run() -> Call:
        clock = TrialClock(tmp_path / "clock")
        courier = Courier(clock)
        call = courier.note("news", f"{product.url}/alone", {"n": 1})
        await lane(courier, clock, overtaken_within_seconds=0.01).take(call, "shuffled")
        assert call.status is None
        await eventually(lambda: call.status is not None)
        await courier.stop()
        return call

    assert asyncio.run(run()).status == 200
    assert [call.body for call in product.at("/alone")] == [{"n": 1}]


def test_it_is_tried_until_taken_or_given_up(product: Any, tmp_path: Path) -> None:
    answers = iter([500, 404, 302, 200])
    product.answers |= {"/stubborn": lambda _: (next(answers), ""), "/deaf": lambda _: (503, "")}

    async def run() -> None:
        clock = TrialClock(tmp_path / "clock")
        courier = Courier(clock)
        patient = lane(courier, clock)
        await patient.take(courier.note("news", f"{product.url}/stubborn", {}))
        assert len(patient.pending) == 1
        await eventually(lambda: not patient.pending)
        hasty = lane(courier, clock, give_up_after=timedelta(milliseconds=50))
        await hasty.take(courier.note("news", f"{product.url}/deaf", {}))
        await eventually(lambda: not hasty.pending)
        assert hasty.last_error is not None
        await courier.stop()

    asyncio.run(run())
    assert len(product.at("/stubborn")) == 4
    assert len(product.at("/deaf")) >= 2


def test_no_more_at_once_than_allowed(product: Any, tmp_path: Path) -> None:
    async def run() -> int:
        clock = TrialClock(tmp_path / "clock")
        courier, most = Courier(clock), 0
        narrow = lane(courier, clock, at_once=2)
        calls = [courier.note("news", f"{product.url}/narrow", {"n": n}, state="held") for n in range(8)]
        work = asyncio.gather(*(narrow.take(call) for call in calls))
        while not work.done():
            most = max(most, sum(call.state == "sending" for call in calls))
            await asyncio.sleep(0)
        await courier.stop()
        return most

    assert asyncio.run(run()) == 2
    assert len(product.at("/narrow")) == 8


def test_waits_double_up_to_the_longest() -> None:
    wait = growing(timedelta(seconds=5), timedelta(seconds=60))
    assert [wait(n).total_seconds() for n in (0, 1, 2, 3, 4, 900)] == [5, 10, 20, 40, 60, 60]
