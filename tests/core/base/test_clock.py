"""The clocks, and the calendar of Nairobi."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import MachineClock, SetClock, TrialClock, last_day, nairobi_day, start_of_day

INSTANTS = st.integers(min_value=1_577_836_800, max_value=2_208_988_800).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
"""From 2020 to 2040."""


def _ahead(clock: TrialClock) -> timedelta:
    found = clock.now() - MachineClock().now()
    return timedelta(seconds=round(found.total_seconds()))


def test_the_machine_s_time_is_aware_and_in_utc() -> None:
    assert MachineClock().now().utcoffset() == timedelta()


def test_the_trial_s_clock_follows_its_file_forward_only(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    clock = TrialClock(file)
    assert _ahead(clock) == timedelta()
    file.write_text("86400\n")
    assert _ahead(clock) == timedelta(days=1)
    other = tmp_path / "new"
    for words in ("60", "-86400", "rubbish", ""):
        other.write_text(words)
        other.replace(file)
        assert _ahead(clock) == timedelta(days=1)
    file.unlink()
    assert _ahead(clock) == timedelta(days=1)


def test_a_set_clock_stands_where_it_was_put() -> None:
    clock = SetClock(datetime(2026, 11, 22, 7, 0, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(timedelta(days=35))
    assert clock.now() == datetime(2026, 12, 27, 7, 0, tzinfo=UTC)


@given(INSTANTS)
def test_an_instant_lies_in_its_day(at: datetime) -> None:
    day = nairobi_day(at)
    assert start_of_day(day) <= at < start_of_day(day + timedelta(days=1))


@given(INSTANTS)
def test_the_last_day_is_the_one_before_an_end_at_midnight(at: datetime) -> None:
    day = nairobi_day(at)
    assert last_day(start_of_day(day)) == day - timedelta(days=1)
    assert last_day(start_of_day(day) + timedelta(seconds=1)) == day
