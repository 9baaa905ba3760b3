"""The ticker: every period once, whoever claims it; days that passed are made up for in order."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.base.clock import NAIROBI, SetClock
from core.worker.ticker import (
    CATCH_UP_DAYS,
    ClockTask,
    Ticker,
    all_claimed,
    daily,
    due_period,
    every,
    listener_name,
    next_daily,
)
from tests.core.worker.house import House

INSTANTS = st.integers(min_value=1_577_836_800, max_value=2_208_988_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def sweep(_deps: object) -> None:
    """A job of every minute."""


def close_day(_deps: object) -> None:
    """A job of every day."""


MINUTE, DAY = every(minutes=1, job=sweep), daily("06:00", job=close_day)


def _ticker(house: House) -> Ticker:
    return Ticker(house.database, [MINUTE, DAY], {MINUTE.name: "notify", DAY.name: "notify"})


def _struck(house: House, task: ClockTask) -> list[str]:
    with house.work() as work:
        rows = work.session.scalars(
            text("SELECT payload->>'period' FROM outbox WHERE payload->>'task' = :task ORDER BY id"),
            {"task": task.name},
        )
        return list(rows)


def test_a_period_is_started_once(house: House, clock: SetClock) -> None:
    assert _ticker(house).tick() == 2
    assert _ticker(house).tick() == 0
    clock.advance(timedelta(minutes=1))
    with house.work() as work:
        work.session.execute(text("UPDATE deliveries SET finished_at = now()"))
    assert _ticker(house).tick() == 1
    assert _struck(house, MINUTE) == ["2026-11-22T07:00:00+00:00", "2026-11-22T07:01:00+00:00"]
    assert _struck(house, DAY) == ["2026-11-22T06:00:00+03:00"]


def test_two_tickers_at_the_same_time_start_it_once(house: House) -> None:
    together, started = threading.Barrier(4), list[int]()

    def tick() -> None:
        ticker = _ticker(house)
        together.wait()
        started.append(ticker.tick())

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(started) == 2
    assert len(_struck(house, MINUTE)) == len(_struck(house, DAY)) == 1


def test_days_that_passed_are_made_up_for_in_order(house: House, clock: SetClock) -> None:
    ticker = _ticker(house)
    ticker.tick()
    clock.advance(timedelta(days=3))
    ticker.tick()
    days = [f"2026-11-{day}T06:00:00+03:00" for day in (22, 23, 24, 25)]
    assert _struck(house, DAY) == days
    ran: list[int] = []
    house.listeners[DAY.name] = lambda _deps: ran.append(1)
    house.listeners[MINUTE.name] = sweep
    for done in range(1, len(days) + 1):
        house.relay.pass_on()
        assert len(house.waiting()) <= 2, "one day at a time, and the minute's job"
        house.work_off()
        assert len(ran) == done


def test_only_a_month_is_made_up_for(house: House, clock: SetClock) -> None:
    _ticker(house).tick()
    clock.advance(timedelta(days=400))
    _ticker(house).tick()
    struck = _struck(house, DAY)[1:]
    assert len(struck) == CATCH_UP_DAYS
    assert struck == sorted(struck)
    assert struck[-1] == "2027-12-27T06:00:00+03:00"


def test_a_minute_s_job_that_is_still_busy_is_not_started_again(house: House, clock: SetClock) -> None:
    ticker = _ticker(house)
    ticker.tick()
    for _ in range(5):
        clock.advance(timedelta(minutes=1))
        ticker.tick()
    assert len(_struck(house, MINUTE)) == 1
    with house.work() as work:
        assert all_claimed(work, [MINUTE, DAY])


def test_a_clock_job_is_told_nothing_and_finished(house: House) -> None:
    house.listen(MINUTE.name)
    house.listen(DAY.name)
    _ticker(house).tick()
    house.relay.pass_on()
    house.work_off()
    assert house.heard == {MINUTE.name: [{}], DAY.name: [{}]}
    assert house.count("deliveries WHERE finished_at IS NULL") == 0


def test_what_is_not_claimed_is_said_so(house: House) -> None:
    with house.work() as work:
        assert not all_claimed(work, [MINUTE, DAY])


@given(INSTANTS, st.integers(min_value=1, max_value=60))
def test_a_period_has_begun_and_is_not_over(now: datetime, minutes: int) -> None:
    begun = datetime.fromisoformat(due_period(every(minutes=minutes, job=sweep), now))
    assert begun <= now < begun + timedelta(minutes=minutes)


@given(INSTANTS)
def test_the_next_day_s_period_is_within_a_day(now: datetime) -> None:
    following = next_daily([MINUTE, DAY], now)
    assert following is not None
    assert now < following <= now + timedelta(days=1)
    assert following.astimezone(NAIROBI).hour == 6
    assert due_period(DAY, following) == following.astimezone(NAIROBI).isoformat()


def test_a_job_is_named_by_its_area() -> None:
    from core.billing.jobs import end_what_is_over

    assert listener_name(end_what_is_over) == "billing.end_what_is_over"
    with pytest.raises(ValueError, match="Invalid isoformat"):
        daily("6 o'clock", job=close_day)
