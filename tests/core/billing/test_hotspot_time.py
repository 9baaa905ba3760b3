"""Hotspot time: outages given back, "until midnight", how long unused time is kept."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import NAIROBI, last_day
from core.billing.hotspot_time import may_have_money_back, midnight_for, use_by, with_dark_time


def at(hour: int, minute: int = 0, day: int = 15) -> datetime:
    return datetime(2027, 3, day, hour, minute, tzinfo=NAIROBI).astimezone(UTC)


def test_an_hour_with_half_an_hour_dark() -> None:
    assert with_dark_time(at(10), at(11), [(at(10, 20), at(10, 50))]) == at(11, 30)


@pytest.mark.parametrize(
    ("dark", "end"),
    [
        ([], (11, 0)),
        ([((9, 0), (9, 30))], (11, 0)),
        ([((9, 30), (10, 15))], (11, 15)),
        ([((11, 0), (12, 0))], (11, 0)),
        ([((10, 50), (11, 40))], (11, 50)),
        ([((10, 10), (10, 30)), ((10, 20), (10, 40))], (11, 30)),
        ([((10, 10), (10, 40)), ((10, 20), (10, 30))], (11, 30)),
        # The second outage falls into the time that was given back for the first.
        ([((11, 10), (11, 20)), ((10, 20), (10, 50))], (11, 40)),
    ],
)
def test_only_lost_time_comes_back(
    dark: list[tuple[tuple[int, int], tuple[int, int]]], end: tuple[int, int]
) -> None:
    outages = [(at(*begins), at(*is_over)) for begins, is_over in dark]
    assert with_dark_time(at(10), at(11), outages) == at(*end)


def test_an_outage_has_an_order() -> None:
    with pytest.raises(ValueError, match="ends after it began"):
        with_dark_time(at(10), at(11), [(at(10, 30), at(10, 20))])


@given(st.lists(st.tuples(st.integers(-100, 400), st.integers(0, 60)), max_size=12))
def test_the_hour_is_served_in_full(outages: list[tuple[int, int]]) -> None:
    dark = [(at(10) + timedelta(minutes=a), at(10) + timedelta(minutes=a + length)) for a, length in outages]
    end = with_dark_time(at(10), at(11), dark)
    minutes = range(int((end - at(10)) / timedelta(minutes=1)))
    lit = [m for m in minutes if not any(a <= m < a + length for a, length in outages)]
    assert len(lit) == 60


@pytest.mark.parametrize(
    ("bought", "ends"),
    [(at(0), at(0, day=16)), (at(19, 59), at(0, day=16)), (at(20), at(0, day=17)), (at(21), at(0, day=17))],
)
def test_until_midnight(bought: datetime, ends: datetime) -> None:
    assert midnight_for(bought) == ends


def test_until_midnight_by_another_setting() -> None:
    assert midnight_for(at(21), tomorrow_from=time(22)) == at(0, day=16)


def test_unused_time_is_kept_90_days_and_honoured_30_more() -> None:
    kept = use_by(at(10))
    assert last_day(kept.promised_until) == at(10).date() + timedelta(days=90)
    assert kept.honoured_until - kept.promised_until == timedelta(days=30)
    assert last_day(use_by(at(23, 59), lapses_after_days=1).promised_until).day == 16


def test_a_buyer_kept_waiting_may_have_the_money_back() -> None:
    assert not may_have_money_back(at(10), at(10, 29), ready_at=None)
    assert may_have_money_back(at(10), at(10, 30), ready_at=None)
    assert not may_have_money_back(at(10), at(13), ready_at=at(12, 30))
