"""Until when a line is paid: the table of the billing rules, row by row, and what holds for every date."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import NAIROBI, last_day
from core.billing.periods import (
    CALENDAR_MONTHS,
    PaidTime,
    Term,
    add_months,
    dark_days,
    days_left,
    first_period,
    moved_payday,
    next_anchor_day,
    period_around,
    renewed,
    resumed,
    shifted,
    through,
)

MONTH = Term("months", 1)
DAYS = st.dates(date(2000, 1, 1), date(2200, 12, 31))
ANCHORS = st.integers(1, 31)


def at(month: int, day: int, hour: int = 12, minute: int = 0, year: int = 2027) -> datetime:
    """An instant by the Nairobi clock, in UTC as verbs have it."""
    return datetime(year, month, day, hour, minute, tzinfo=NAIROBI).astimezone(UTC)


def apr(day: int) -> datetime:
    return through(date(2027, 4, day))


def told(time: PaidTime) -> tuple[date, int | None]:
    """What the subscriber reads, and the anchor."""
    return last_day(time.paid_through), time.anchor


def test_paid_through_includes_the_last_day_until_24_00() -> None:
    assert through(date(2027, 4, 15)) == datetime(2027, 4, 15, 21, 0, tzinfo=UTC)
    assert last_day(through(date(2027, 4, 15))) == date(2027, 4, 15)


def test_anchor_31_stays_31() -> None:
    ends = [date(2027, 1, 31)]
    for _ in range(3):
        ends.append(add_months(ends[-1], 1, 31))
    assert ends == [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]
    assert add_months(date(2028, 1, 31), 1, 31) == date(2028, 2, 29)
    assert add_months(date(2027, 12, 31), 2, 31) == date(2028, 2, 29)
    assert add_months(date(2027, 3, 31), -1, 31) == date(2027, 2, 28)


@pytest.mark.parametrize("anchor", [0, 32, -1])
def test_an_anchor_is_a_day_of_the_month(anchor: int) -> None:
    with pytest.raises(ValueError, match="day of the month"):
        add_months(date(2027, 1, 1), 1, anchor)


@pytest.mark.parametrize(("unit", "count"), [("weeks", 1), ("months", 0), ("days", -1), ("months", 1_201)])
def test_what_is_no_term(unit: str, count: int) -> None:
    with pytest.raises(ValueError, match="term"):
        Term(unit, count)  # type: ignore[arg-type]


def test_home_own_anniversary() -> None:
    assert told(first_period(at(3, 15, 14, 5), MONTH)) == (date(2027, 4, 15), 15)


def test_the_day_of_joining_is_the_nairobi_day() -> None:
    assert told(first_period(datetime(2027, 3, 14, 22, 30, tzinfo=UTC), MONTH)) == (date(2027, 4, 15), 15)


def test_joined_on_the_31st_and_renewed_through_february() -> None:
    time = first_period(at(1, 31), MONTH)
    assert told(time) == (date(2027, 2, 28), 31)
    time = renewed(time.paid_through, MONTH, time.anchor, back_at=at(2, 27))
    assert told(time) == (date(2027, 3, 31), 31)


def test_calendar_months_end_with_the_month() -> None:
    assert told(first_period(at(3, 15), MONTH, fixed=True)) == (date(2027, 3, 31), 31)
    assert told(first_period(at(3, 15), MONTH, CALENDAR_MONTHS, fixed=True, times=2)) == (
        date(2027, 4, 30),
        31,
    )
    assert told(first_period(at(3, 31), MONTH, fixed=True)) == (date(2027, 4, 30), 31)
    assert told(first_period(at(3, 4), MONTH, 5, fixed=True)) == (date(2027, 3, 5), 5)


def test_home_in_days() -> None:
    assert told(first_period(at(3, 15), Term("days", 7))) == (date(2027, 3, 22), None)
    assert told(renewed(apr(15), Term("days", 7), back_at=at(4, 14))) == (date(2027, 4, 22), None)


def test_hotspot_hours_are_wall_clock_to_the_second() -> None:
    assert first_period(at(3, 15, 10), Term("seconds", 3_600)) == PaidTime(at(3, 15, 11), None)
    assert first_period(at(3, 15, 10), Term("seconds", 86_400)) == PaidTime(at(3, 16, 10), None)


def test_hotspot_time_bought_while_running_is_added_and_later_starts_afresh() -> None:
    running_until = at(3, 15, 11)
    assert renewed(running_until, Term("seconds", 3_600), back_at=at(3, 15, 10, 30)).paid_through == at(
        3, 15, 12
    )
    assert renewed(running_until, Term("seconds", 3_600), back_at=at(3, 15, 18)).paid_through == at(3, 15, 19)


def test_paid_at_ten_router_answers_at_half_past_twelve_login_at_one() -> None:
    assert first_period(at(3, 15, 13), Term("seconds", 3_600)).paid_through == at(3, 15, 14)


def test_renews_while_active() -> None:
    assert told(renewed(apr(15), MONTH, 15, back_at=at(4, 10))) == (date(2027, 5, 15), 15)


def test_money_for_two_months() -> None:
    assert told(renewed(apr(15), MONTH, 15, back_at=at(4, 10), times=2)) == (date(2027, 6, 15), 15)


def test_in_grace_grace_was_used() -> None:
    assert told(renewed(apr(15), MONTH, 15, back_at=at(4, 17))) == (date(2027, 5, 15), 15)


def test_an_emergency_day_comes_out_of_the_month() -> None:
    assert told(renewed(apr(15), MONTH, 15, back_at=at(4, 16))) == (date(2027, 5, 15), 15)


def test_dark_days_do_not_count_and_the_anniversary_moves() -> None:
    time = renewed(apr(15), MONTH, 15, back_at=at(4, 25, 19, 41), dark_since=at(4, 19, 0, 5))
    assert told(time) == (date(2027, 5, 22), 22)
    assert (time.dark_days, time.forgave_grace) == (7, False)


def test_several_months_after_dark_days() -> None:
    time = renewed(apr(15), MONTH, 15, back_at=at(4, 25), dark_since=at(4, 19), times=2)
    assert told(time) == (date(2027, 6, 22), 22)


def test_cut_and_back_in_the_same_night() -> None:
    time = renewed(apr(15), MONTH, 15, back_at=at(4, 20, 2), dark_since=at(4, 19, 0, 5))
    assert told(time) == (date(2027, 5, 17), 17)
    assert dark_days(at(4, 19, 0, 5), at(4, 19, 23, 59)) == 1


def test_home_days_after_a_cut() -> None:
    time = renewed(apr(15), Term("days", 30), back_at=at(4, 25), dark_since=at(4, 19))
    assert told(time) == (date(2027, 5, 22), None)


def test_calendar_months_keep_the_date_after_a_cut() -> None:
    paid = through(date(2027, 3, 31))
    time = renewed(paid, MONTH, 31, back_at=at(4, 25), dark_since=at(4, 4, 0, 5), fixed=True)
    assert told(time) == (date(2027, 4, 30), 31)
    assert (time.dark_days, time.forgave_grace) == (22, False)
    later = renewed(paid, MONTH, 31, back_at=at(5, 20), dark_since=at(4, 4, 0, 5), fixed=True)
    assert told(later) == (date(2027, 5, 31), 31)
    on_the_last_day = renewed(paid, MONTH, 31, back_at=at(4, 30), dark_since=at(4, 4), fixed=True)
    assert told(on_the_last_day) == (date(2027, 5, 31), 31)


def test_calendar_months_renewed_in_time() -> None:
    paid = through(date(2027, 3, 31))
    assert told(renewed(paid, MONTH, 31, back_at=at(3, 28), fixed=True)) == (date(2027, 4, 30), 31)
    assert told(renewed(paid, MONTH, back_at=at(4, 2), fixed=True, times=2)) == (date(2027, 5, 31), 31)


def test_back_after_more_than_14_dark_days_is_a_full_month_from_the_return() -> None:
    time = renewed(apr(15), MONTH, 15, back_at=at(5, 10), dark_since=at(4, 19, 0, 5))
    assert told(time) == (date(2027, 6, 10), 10)
    assert time.forgave_grace


def test_the_edge_of_14_dark_days() -> None:
    on_the_edge = renewed(apr(15), MONTH, 15, back_at=at(5, 2), dark_since=at(4, 19))
    assert (told(on_the_edge), on_the_edge.dark_days) == ((date(2027, 5, 29), 29), 14)
    beyond = renewed(apr(15), MONTH, 15, back_at=at(5, 3), dark_since=at(4, 19))
    assert (told(beyond), beyond.forgave_grace) == ((date(2027, 6, 3), 3), True)
    stricter = renewed(apr(15), MONTH, 15, back_at=at(4, 25), dark_since=at(4, 19), forgive_after_dark_days=6)
    assert told(stricter) == (date(2027, 5, 25), 25)


def test_grace_is_not_forgiven_twice_in_half_a_year() -> None:
    time = renewed(apr(15), MONTH, 15, back_at=at(5, 10), dark_since=at(4, 19), may_forgive=False)
    assert told(time) == (date(2027, 6, 6), 6)  # 15 May and 22 dark days: the three grace days stay used
    assert not time.forgave_grace


def test_a_line_moved_off_its_anchor_renews_from_where_it_stands() -> None:
    given_two_days = shifted(PaidTime(apr(15), 15), 2)
    assert told(given_two_days) == (date(2027, 4, 17), 17)
    assert told(renewed(apr(5), MONTH, 15, back_at=at(4, 1))) == (date(2027, 5, 5), 5)


def test_days_given_to_a_friend_keep_their_sum() -> None:
    donor, receiver = PaidTime(apr(15), 15), PaidTime(apr(20), 20)
    assert told(shifted(donor, -2)) == (date(2027, 4, 13), 13)
    assert told(shifted(receiver, 2)) == (date(2027, 4, 22), 22)
    assert told(shifted(PaidTime(apr(30), 31), 2, fixed=True)) == (date(2027, 5, 2), 31)


def test_paused_with_five_days_left() -> None:
    assert days_left(apr(15), at(4, 10)) == 5
    assert told(resumed(5, at(6, 2), 15)) == (date(2027, 6, 7), 7)
    assert told(resumed(5, at(6, 2), 31, fixed=True)) == (date(2027, 6, 7), 31)
    assert days_left(apr(15), at(4, 17)) == 0


def test_after_a_pause_calendar_months_go_on_to_their_date() -> None:
    paid = through(date(2027, 6, 7))
    assert told(renewed(paid, MONTH, 31, back_at=at(6, 6), fixed=True)) == (date(2027, 6, 30), 31)


def test_payday_moved_from_the_15th_to_the_1st() -> None:
    bridge = moved_payday(apr(15), 15, 1)
    assert (last_day(bridge.paid_through), bridge.anchor) == (date(2027, 5, 1), 1)
    assert (bridge.days, bridge.of_days) == (16, 30)


def test_a_bridge_costs_no_more_than_a_period() -> None:
    bridge = moved_payday(through(date(2027, 2, 28)), 28, 31)
    assert (last_day(bridge.paid_through), bridge.days, bridge.of_days) == (date(2027, 3, 31), 28, 28)


def test_mistakes_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        first_period(datetime(2027, 3, 15), MONTH)  # noqa: DTZ001 - the mistake under test
    with pytest.raises(ValueError, match="one term or more"):
        renewed(apr(15), MONTH, 15, back_at=at(4, 10), times=0)
    with pytest.raises(ValueError, match="after it was cut"):
        renewed(apr(15), MONTH, 15, back_at=at(4, 18), dark_since=at(4, 19))
    with pytest.raises(ValueError, match="0 days left"):
        resumed(-1, at(6, 2), 15)


@given(DAYS, st.integers(0, 60), st.integers(0, 60), ANCHORS)
def test_months_add_up(day: date, some: int, more: int, anchor: int) -> None:
    assert add_months(add_months(day, some, anchor), more, anchor) == add_months(day, some + more, anchor)


@given(DAYS, ANCHORS)
def test_every_day_lies_in_one_month_of_its_anchor(day: date, anchor: int) -> None:
    first, last = period_around(day, anchor)
    assert first <= day <= last
    assert 28 <= (last - first).days + 1 <= 31
    assert period_around(first, anchor) == period_around(last, anchor) == (first, last)
    assert period_around(last + timedelta(days=1), anchor)[0] == last + timedelta(days=1)
    assert next_anchor_day(last - timedelta(days=1), anchor) == last


@given(DAYS)
def test_a_day_and_its_end_are_the_same_day(day: date) -> None:
    assert last_day(through(day)) == day
    assert through(day).tzinfo is UTC


@given(DAYS, st.integers(1, 24), st.integers(1, 24))
def test_paying_at_once_or_in_turn_leads_to_the_same_date(day: date, some: int, more: int) -> None:
    time = PaidTime(through(day), day.day)
    once = renewed(time.paid_through, MONTH, time.anchor, back_at=time.paid_through, times=some + more)
    first = renewed(time.paid_through, MONTH, time.anchor, back_at=time.paid_through, times=some)
    turn = renewed(first.paid_through, MONTH, first.anchor, back_at=time.paid_through, times=more)
    assert once == turn


@given(DAYS, st.integers(1, 20), st.integers(0, 90), st.booleans())
def test_whoever_comes_back_has_a_month_less_the_grace_that_was_used(
    day: date, grace: int, away: int, may_forgive: bool
) -> None:
    cut = through(day) + timedelta(days=grace, minutes=5)
    back = cut + timedelta(days=away)
    time = renewed(through(day), MONTH, day.day, back_at=back, dark_since=cut, may_forgive=may_forgive)
    return_day = last_day(back)
    served = (last_day(time.paid_through) - return_day).days
    assert 28 - (0 if time.forgave_grace else grace) <= served <= 31
    assert time.forgave_grace == (may_forgive and away + 1 > 14)


@given(DAYS, ANCHORS, st.integers(0, 200))
def test_calendar_lines_always_end_on_their_common_date(day: date, anchor: int, away: int) -> None:
    cut = through(day) + timedelta(minutes=5)
    back = cut + timedelta(days=away)
    time = renewed(through(day), MONTH, anchor, back_at=back, dark_since=cut, fixed=True)
    end = last_day(time.paid_through)
    assert time.anchor == anchor
    assert add_months(end, 0, anchor) == end
    assert last_day(back) < end <= next_anchor_day(last_day(back), anchor)
