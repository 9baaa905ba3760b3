"""When steps are due, on values alone: the table's days, and what time that stood still adds."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import NAIROBI
from core.billing.dunning_plan import (
    SPEAKS_FROM,
    SPEAKS_UNTIL,
    Barred,
    Policy,
    Span,
    Stand,
    Step,
    due_at,
    joined,
    stopped,
)

SUNDAYS = {"sundays": [Barred(7, None, None, 0, 1440)]}
RAMADAN = {"ramadan": [Barred(None, date(2027, 2, 8), date(2027, 3, 10), 18 * 60, 19 * 60)]}
REMIND = Step(1, "remind", -3, time(8), "remind")
SLOW = Step(2, "slow", 2, time(0, 5), "slow")
TONIGHT = Step(3, "tonight", 3, time(18), "remind", announces="suspend")
SUSPEND = Step(4, "suspend", 4, time(0, 5), "suspend", calendars=("sundays", "holidays"))
PROMPT = Step(5, "prompt", 1, time(17), "prompt", calendars=("ramadan",))
HOME = Policy(1, "home", 3, {step.key: step for step in (REMIND, SLOW, TONIGHT, SUSPEND, PROMPT)})
THURSDAY = date(2027, 4, 15)

moments = st.integers(0, 14 * 24 * 60).map(
    lambda minutes: datetime(2027, 4, 10, tzinfo=UTC) + timedelta(minutes=minutes)
)
spans = st.lists(st.tuples(moments, st.integers(1, 3_000)), max_size=6).map(
    lambda found: joined([(begin, begin + timedelta(minutes=length)) for begin, length in found])
)


def when(step: Step, stand: Stand, calendars: dict[str, list[Barred]] | None = None) -> str:
    due = due_at(HOME, step, stand, calendars or {})
    assert due is not None
    return f"{due.astimezone(NAIROBI):%d/%m %H:%M}"


def test_a_cut_never_comes_on_a_sunday_and_its_notice_comes_the_evening_before_it() -> None:
    on_sunday = Stand(date(2027, 4, 14))
    assert when(SUSPEND, on_sunday) == "18/04 00:05"
    assert when(SUSPEND, on_sunday, SUNDAYS) == "19/04 00:05"
    assert when(TONIGHT, on_sunday, SUNDAYS) == "18/04 18:00"
    assert when(SLOW, on_sunday, SUNDAYS) == "16/04 00:05"


def test_a_holiday_after_a_sunday_moves_it_by_two_days() -> None:
    easter = {"holidays": [Barred(None, date(2027, 3, 29), date(2027, 3, 29), 0, 1440)], **SUNDAYS}
    assert when(SUSPEND, Stand(date(2027, 3, 24)), easter) == "30/03 00:05"
    assert when(TONIGHT, Stand(date(2027, 3, 24)), easter) == "29/03 18:00"


def test_a_prompt_leaves_the_hour_alone_in_which_a_fast_is_broken() -> None:
    late = (datetime(2027, 2, 16, 6, tzinfo=UTC), datetime(2027, 2, 16, 7, 15, tzinfo=UTC))
    stand = Stand(date(2027, 2, 15), still=(late,))
    assert when(PROMPT, stand) == "16/02 18:15"
    assert when(PROMPT, stand, RAMADAN) == "16/02 19:00"


def test_what_speaks_is_not_moved_into_the_night() -> None:
    five_hours = (datetime(2027, 4, 17, 9, tzinfo=UTC), datetime(2027, 4, 17, 14, tzinfo=UTC))
    stand = Stand(THURSDAY, still=(five_hours,))
    assert when(SUSPEND, stand) == "19/04 05:05", "grace grew by the same five hours"
    assert when(TONIGHT, stand) == "19/04 18:00", "never at 23:00"


def test_a_promise_is_waited_for_and_then_the_evening_and_the_night_come_in_order() -> None:
    promised = Stand(THURSDAY, waits_until=datetime(2027, 4, 24, 21, tzinfo=UTC))
    assert when(SLOW, promised) == "25/04 00:05"
    assert when(TONIGHT, promised, SUNDAYS) == "25/04 18:00"
    assert when(SUSPEND, promised, SUNDAYS) == "26/04 00:05"
    assert when(REMIND, Stand(THURSDAY, waits_until=datetime(2027, 4, 1, tzinfo=UTC))) == "12/04 08:00"


@given(still=spans)
def test_grace_grows_by_exactly_the_time_that_stood_still(still: tuple[Span, ...]) -> None:
    begins = datetime(2027, 4, 15, 21, tzinfo=UTC)
    planned = datetime(2027, 4, 18, 21, 5, tzinfo=UTC)
    due = stopped(planned, since=begins, still=still)
    lost = sum(
        (min(end, due) - max(begin, begins) for begin, end in still if begin < due and end > begins),
        timedelta(),
    )
    assert due - planned == lost
    assert all(not begin <= due < end for begin, end in still), "nothing is due while our side stands still"
    assert due_at(HOME, SUSPEND, Stand(THURSDAY, still=still), {}) == due


@given(still=spans, waits=st.none() | moments, grace=st.none() | st.integers(0, 10))
def test_what_delays_never_hastens_and_speaks_by_day(
    still: tuple[Span, ...], waits: datetime | None, grace: int | None
) -> None:
    plain, moved = Stand(THURSDAY, grace), Stand(THURSDAY, grace, waits, still)
    for step in HOME.steps.values():
        first, later = due_at(HOME, step, plain, SUNDAYS), due_at(HOME, step, moved, SUNDAYS)
        if first is None or later is None:
            assert first == later
            continue
        assert later >= first
        assert waits is None or first >= waits or later >= waits
        if step.speaks:
            assert SPEAKS_FROM <= later.astimezone(NAIROBI).time() < SPEAKS_UNTIL
    evening, night = due_at(HOME, TONIGHT, moved, SUNDAYS), due_at(HOME, SUSPEND, moved, SUNDAYS)
    assert evening is not None
    assert night is not None
    tomorrow = evening.astimezone(NAIROBI).date() + timedelta(days=1)
    assert tomorrow >= night.astimezone(NAIROBI).date()
    assert tomorrow.isoweekday() != 7


@given(found=st.lists(st.tuples(moments, moments), max_size=8))
def test_joined_spans_lie_apart_and_cover_the_same(found: list[Span]) -> None:
    whole = joined(found)
    assert all(first[1] < second[0] for first, second in pairwise(whole))
    for begin, end in found:
        assert begin >= end or any(one <= begin and end <= other for one, other in whole)
