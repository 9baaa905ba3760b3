"""Until when a line is paid: the calendar rules, on values alone.

`paid_through` is always the aware instant at which the access ends, exclusive: 24:00 in Nairobi of the last
day that the subscriber reads (`core.base.clock.last_day` gives it back). Home lines run in days or months and
end at midnight; hotspot time runs in seconds of the wall clock. The day of joining and the day of return
are gifts. An `anchor` is the day of the month that a monthly line comes back to, 1 to 31, clamped in short
months. It is either the line's own (its anniversary, which moves when dark days do not count) or `fixed` for
all lines of the provider (31: calendar months), and then never moves.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from core.base.clock import last_day, nairobi_day, start_of_day

CALENDAR_MONTHS = 31  # the fixed anchor of months that end with the calendar's
FORGIVE_AFTER_DARK_DAYS = 14  # the default of a setting
LONGEST_TERM = 1_200  # units of a term but seconds: a hundred years of months is a slip of a key


@dataclass(frozen=True, slots=True)
class Term:
    """How long a plan lasts. Seconds are hotspot time; days and months are home lines."""

    unit: Literal["seconds", "days", "months"]
    count: int

    def __post_init__(self) -> None:
        if self.unit not in ("seconds", "days", "months"):
            raise ValueError("a term is counted in seconds, days or months")
        if type(self.count) is not int or self.count < 1:
            raise ValueError("a term is one unit or more")
        if self.unit != "seconds" and self.count > LONGEST_TERM:
            raise ValueError("a term of days or months has an end")


@dataclass(frozen=True, slots=True)
class PaidTime:
    """Where a line stands after a payment or a shift. anchor: None for terms not counted in months.

    dark_days: days that were off and do not count. forgave_grace: the period began afresh with the return;
    the unpaid grace days before the cut are written off (the caller allows that once in a while only).
    """

    paid_through: datetime
    anchor: int | None
    dark_days: int = 0
    forgave_grace: bool = False


def through(day: date) -> datetime:
    """The instant, in UTC, at which `day` is over in Nairobi: paid through that day."""
    return start_of_day(day + timedelta(days=1))


def add_months(day: date, months: int, anchor: int) -> date:
    """The `anchor` day, or the last, of the month that lies `months` after that of `day`.

    With anchor 31: 31 Jan, 28 Feb (29 in leap years), 31 Mar, 30 Apr. `months` may be 0 or negative.
    """
    if not 1 <= anchor <= 31:
        raise ValueError("an anchor is a day of the month")
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(anchor, monthrange(year, month0 + 1)[1]))


def next_anchor_day(after: date, anchor: int) -> date:
    """The first day later than `after` on which a month with this anchor ends."""
    here = add_months(after, 0, anchor)
    return here if here > after else add_months(after, 1, anchor)


def period_around(day: date, anchor: int) -> tuple[date, date]:
    """First and last day of the month, as this anchor cuts months, in which `day` lies."""
    last = next_anchor_day(day - timedelta(days=1), anchor)
    return add_months(last, -1, anchor) + timedelta(days=1), last


def first_period(
    granted_at: datetime, term: Term, anchor: int | None = None, *, fixed: bool = False, times: int = 1
) -> PaidTime:
    """The first paid time of a line whose network said yes at `granted_at`. `times`: terms paid at once.

    Home, own anniversary: granted 15 Mar 14:05, paid through 15 Apr (leave `anchor` out). Home, `fixed`
    anchor: through the anchor day to come, for the days after joining (`proration.price_of_days`). A line
    that joins on the anchor day goes to the next: the day of joining is a gift. Hotspot: to the second.
    """
    _check(granted_at, times)
    if term.unit == "seconds":
        return PaidTime(granted_at + timedelta(seconds=term.count * times), None)
    joined = nairobi_day(granted_at)
    if term.unit == "days":
        return PaidTime(through(joined + timedelta(days=term.count * times)), None)
    months = term.count * times
    if fixed:
        kept = CALENDAR_MONTHS if anchor is None else anchor
        return PaidTime(through(add_months(next_anchor_day(joined, kept), months - 1, kept)), kept)
    own = joined.day if anchor is None else anchor
    return PaidTime(through(add_months(joined, months, own)), own)


def renewed(
    paid_through: datetime,
    term: Term,
    anchor: int | None = None,
    *,
    back_at: datetime,
    dark_since: datetime | None = None,
    fixed: bool = False,
    times: int = 1,
    forgive_after_dark_days: int = FORGIVE_AFTER_DARK_DAYS,
    may_forgive: bool = True,
) -> PaidTime:
    """The paid time after `times` more terms were paid.

    back_at: when the router had the line on again; for a line that was on, the payment. dark_since: when it
    was cut for want of money; None while active or in grace.

    Active or in grace, time goes on from the old date: grace was used. Cut, the dark days (with the day of
    the cut and that of the return) do not count: an own anniversary moves with them; with `fixed` months
    the date stays and the price falls (`proration.price_of_days`). After more than
    `forgive_after_dark_days` an own period begins with the return and the old grace days are written off,
    if `may_forgive`. A lent emergency day does not move `paid_through`, so it comes out of the month by
    itself. Hotspot seconds go on from the end, or from now.
    """
    _check(paid_through, times)
    _check(back_at, times)
    if term.unit == "seconds":
        return PaidTime(max(paid_through, back_at) + timedelta(seconds=term.count * times), None)
    last, back = last_day(paid_through), nairobi_day(back_at)
    dark = 0 if dark_since is None else dark_days(dark_since, back_at)
    if term.unit == "months" and fixed:
        return _renewed_fixed(last, back, term.count * times, anchor or CALENDAR_MONTHS, dark)
    if dark > forgive_after_dark_days and may_forgive:
        afresh = first_period(back_at, term, times=times)
        return PaidTime(afresh.paid_through, afresh.anchor, dark, forgave_grace=True)
    if term.unit == "days":
        return PaidTime(through(last + timedelta(days=term.count * times + dark)), None, dark)
    own = anchor_at(last, anchor)
    end = add_months(last, term.count * times, own)
    return shifted(PaidTime(through(end), own, dark), dark)


def _renewed_fixed(last: date, back: date, months: int, anchor: int, dark: int) -> PaidTime:
    """To the next common date; after a cut at least to the one that follows the return."""
    start = max(last, back) if dark else last
    return PaidTime(through(add_months(next_anchor_day(start, anchor), months - 1, anchor)), anchor, dark)


def dark_days(dark_since: datetime, back_at: datetime) -> int:
    """Days touched by a cut, with the day of the cut and that of the return (a gift): 19 to 25 Apr are 7."""
    if back_at < dark_since:
        raise ValueError("a line comes back after it was cut")
    return (nairobi_day(back_at) - nairobi_day(dark_since)).days + 1


def shifted(time: PaidTime, days: int, *, fixed: bool = False) -> PaidTime:
    """`time` moved by whole days (dark, given, handed to a friend), an own anniversary with it."""
    if days == 0:
        return time
    day = last_day(time.paid_through) + timedelta(days=days)
    anchor = time.anchor if fixed or time.anchor is None else day.day
    return PaidTime(through(day), anchor, time.dark_days, time.forgave_grace)


def days_left(paid_through: datetime, paused_at: datetime) -> int:
    """Whole paid days after the day of the pause: paused 10 Apr, paid through 15 Apr, 5; never below 0."""
    return max(0, (last_day(paid_through) - nairobi_day(paused_at)).days)


def resumed(days: int, resumed_at: datetime, anchor: int | None, *, fixed: bool = False) -> PaidTime:
    """A paused line with `days` left goes on; the day of return is a gift. An own anniversary moves."""
    if days < 0:
        raise ValueError("a paused line has no less than 0 days left")
    day = nairobi_day(resumed_at) + timedelta(days=days)
    return PaidTime(through(day), anchor if fixed or anchor is None else day.day)


@dataclass(frozen=True, slots=True)
class Bridge:
    """The days between an old payday and a new one: `days` of a period of `of_days`, paid once."""

    paid_through: datetime
    anchor: int
    days: int
    of_days: int


def moved_payday(paid_through: datetime, anchor: int, new_anchor: int) -> Bridge:
    """From the old last day to the first new payday after it; its price is part(price, 0, days, of_days).

    Never more than one whole period is asked, though the new payday may lie up to three days beyond it.
    """
    old = last_day(paid_through)
    end = next_anchor_day(old, new_anchor)
    whole = add_months(old, 1, anchor_at(old, anchor)) - old
    return Bridge(through(end), new_anchor, min((end - old).days, whole.days), whole.days)


def anchor_at(last: date, anchor: int | None) -> int:
    """The line's own anchor, or the day where it really stands when given or part-paid days moved it off."""
    if anchor is None or add_months(last, 0, anchor) != last:
        return last.day
    return anchor


def _check(instant: datetime, times: int) -> None:
    if instant.tzinfo is None:
        raise ValueError("an instant is aware")
    if type(times) is not int or times < 1:
        raise ValueError("a payment is for one term or more")
