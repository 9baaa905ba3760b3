"""The trial's clock: durations, the file, and moves from stop to stop."""

import asyncio
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.clock import ClockWentBack, TrialClock, parse_duration
from sandbox.clock_stops import ClockMover, NotIdle
from sandbox.courier import Courier


@given(
    weeks=st.integers(0, 99), days=st.integers(0, 999), hours=st.integers(0, 99), minutes=st.integers(0, 999),
    seconds=st.integers(0, 99_999),
)  # fmt: skip
def test_durations_add_up(weeks: int, days: int, hours: int, minutes: int, seconds: int) -> None:
    written = f"P{weeks}W{days}DT{hours}H{minutes}M{seconds}S"
    assert parse_duration(written) == timedelta(
        weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds
    )


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "35D", "P1M", "P1Y", "P-1D", "PT1.5H", "P1DT", "p1d", "P1D ", "P١D"]
)
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=8))
def test_the_offset_only_grows(offsets: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "clock"
        clock, highest = TrialClock(file), 0
        for offset in offsets:
            if offset < highest:
                with pytest.raises(ClockWentBack):
                    clock.set_offset(offset)
            else:
                clock.set_offset(offset)
                highest = offset
            assert clock.offset_seconds == highest
            assert TrialClock(file).offset_seconds == highest
        ahead = clock.now() - datetime.now(UTC)
        assert abs(ahead - timedelta(seconds=highest)) < timedelta(seconds=5)


def test_whoever_waits_wakes_when_the_clock_gets_there(tmp_path: Path) -> None:
    async def story() -> bool:
        clock = TrialClock(tmp_path / "clock")
        waiting = asyncio.create_task(clock.until(clock.now() + timedelta(hours=1)))
        await asyncio.sleep(0)
        clock.set_offset(1_800)
        await asyncio.sleep(0)
        early = waiting.done()
        clock.set_offset(3_600)
        await asyncio.wait_for(waiting, 5)
        return early

    assert asyncio.run(story()) is False


def a_mover(trial: Any, limit_seconds: float) -> ClockMover:
    clock = TrialClock(trial.world.clock_file)
    return ClockMover(trial.world.web, clock, Courier(clock), limit_seconds=limit_seconds)


class IdleDoor:
    """A product with a daily duty: busy for two questions after each stop it reaches."""

    def __init__(self, trial: Any, first: timedelta, every: timedelta) -> None:
        self._file, self._every = trial.world.clock_file, every
        self.stop = datetime.now(UTC) + first
        self.reached: list[datetime] = []
        self._busy = 0

    def __call__(self, _: Any) -> tuple[int, str]:
        offset = int(self._file.read_text()) if self._file.exists() else 0
        now = datetime.now(UTC) + timedelta(seconds=offset)
        if now >= self.stop:
            self.reached.append(now)
            self.stop += self._every
            self._busy = 2
        self._busy -= self._busy > 0
        word = {"idle": not self._busy, "now": now.isoformat(), "next_stop": self.stop.isoformat()}
        return 200, json.dumps(word)


def test_the_clock_stops_wherever_there_is_something_to_do(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    door = IdleDoor(trial, first=timedelta(hours=1), every=timedelta(days=1))
    product.answers["/trial/idle"] = door
    before = datetime.now(UTC)
    moved = trial.post("/clock", {"advance": "P5D"})
    assert moved["offset_seconds"] == 5 * 86_400
    assert moved == {"now": moved["now"], "offset_seconds": int(trial.world.clock_file.read_text())}
    assert datetime.fromisoformat(moved["now"]) - before >= timedelta(days=5)
    assert len(door.reached) == 5
    for day, moment in enumerate(door.reached):
        assert abs(moment - before - timedelta(hours=1, days=day)) < timedelta(seconds=10)
    assert trial.get("/clock")["offset_seconds"] == 5 * 86_400


def test_without_a_product_the_clock_just_moves(fresh_trial: Any) -> None:
    trial = fresh_trial(web="http://127.0.0.1:1")
    assert trial.post("/clock", {"advance": "P1W"})["offset_seconds"] == 604_800
    assert trial.post("/clock", {"advance": "PT1S"})["offset_seconds"] == 604_801
    assert trial.world.clock_file.read_text().strip() == "604801"


def test_a_product_that_never_rests_is_named(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    now = datetime.now(UTC).isoformat()
    product.answers["/trial/idle"] = lambda _: (
        200, json.dumps({"idle": False, "now": now, "next_stop": None, "waiting": ["queue money: 3"]})
    )  # fmt: skip
    mover = a_mover(trial, 0.2)
    with pytest.raises(NotIdle, match="queue money: 3"):
        asyncio.run(mover.advance(timedelta(days=1)))
    assert trial.get("/clock")["offset_seconds"] == 0


def test_a_product_that_does_not_see_the_new_time_is_waited_for(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    stale = json.dumps({"idle": True, "now": datetime.now(UTC).isoformat(), "next_stop": None})
    product.answers["/trial/idle"] = lambda _: (200, stale)
    mover = a_mover(trial, 0.3)
    with pytest.raises(NotIdle):
        asyncio.run(mover.advance(timedelta(days=1)))


def test_moving_the_clock_ends_prompts(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    product.answers["/trial/idle"] = lambda _: (404, "")
    payer = trial.number()
    trial.push(payer)
    trial.prompt(payer)
    trial.post("/clock", {"advance": "PT30S"})
    assert trial.told(payer)[0]["ResultCode"] == 1037


def test_what_the_world_owes_comes_at_its_own_time(fresh_trial: Any, product: Any) -> None:
    """A move of a day stops where a prompt runs out: the callback is told then, not a day later."""
    trial = fresh_trial()
    door = IdleDoor(trial, first=timedelta(hours=2), every=timedelta(days=9))
    payer, offsets = trial.number(), list[int]()

    def note(_: Any) -> tuple[int, str]:
        offsets.append(int(trial.world.clock_file.read_text()))
        return 200, "{}"

    product.answers |= {"/trial/idle": door, f"/pay/{payer}": note}
    trial.push(payer)
    trial.prompt(payer)
    trial.post("/clock", {"advance": "P1D"})
    assert trial.told(payer)[0]["ResultCode"] == 1037
    assert offsets[0] <= 30
    assert len(door.reached) == 1


@pytest.mark.parametrize("body", [{"advance": "P1M"}, {"advance": 5}, {}, {"advance": "P1D", "to": "x"}])
def test_a_bad_move_is_refused(trial: Any, body: Any) -> None:
    trial.post("/clock", body, status=422)
