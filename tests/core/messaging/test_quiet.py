"""Quiet hours, on every clock: the wait ends in the morning, and only what we begin waits."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import NAIROBI
from core.messaging.quiet import until_day

HOURS = st.integers(0, 23)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("clock", "hours"),
    [
        ("19:59", 0),
        ("20:00", 12),
        ("23:30", 8.5),
        ("00:00", 8),
        ("07:59", 1 / 60),
        ("08:00", 0),
        ("12:00", 0),
    ],
)
def test_the_night_is_quiet(clock: str, hours: float) -> None:
    at = datetime.fromisoformat(f"2026-11-22T{clock}:00").replace(tzinfo=NAIROBI)
    assert until_day(at.astimezone(UTC), from_hour=20, until_hour=8) == timedelta(hours=hours)


@given(INSTANTS, HOURS, HOURS)
def test_after_the_wait_it_is_never_quiet(now: datetime, from_hour: int, until_hour: int) -> None:
    wait = until_day(now, from_hour=from_hour, until_hour=until_hour)
    assert timedelta() <= wait <= timedelta(days=1)
    assert until_day(now + wait, from_hour=from_hour, until_hour=until_hour) == timedelta()
    if wait:
        ends = (now + wait).astimezone(NAIROBI)
        assert (ends.hour, ends.minute, ends.second) == (until_hour, 0, 0)


@given(INSTANTS, HOURS)
def test_the_same_hour_twice_is_no_night(now: datetime, hour: int) -> None:
    assert until_day(now, from_hour=hour, until_hour=hour) == timedelta()
