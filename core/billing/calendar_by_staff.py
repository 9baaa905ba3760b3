"""Staff name days and hours at which steps of dunning wait, and take them off again."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.dunning_model import CalendarDay
from core.billing.dunning_plan import DAY, Barred
from core.staff.acts import demand, stated
from core.staff.audit import Actor, Plain, note

LONGEST_REST = 31
"""Whole days in a row that all calendars together may bar; more is a slip of a key, and nobody would be cut."""
AHEAD = timedelta(days=800)
DAY_MINUTES = 1440
MOST_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class Rest:
    """A weekday (1 Monday, 7 Sunday), or the days from one to another; and the minutes of the day. note: its name, as
    staff read it."""

    weekday: int | None
    from_day: date | None
    to_day: date | None
    from_minute: int = 0
    until_minute: int = DAY_MINUTES
    note: str = ""

    @property
    def barred(self) -> Barred:
        return Barred(self.weekday, self.from_day, self.to_day, self.from_minute, self.until_minute)


def add_rest(work: Work, actor: Actor, *, calendar: str, rest: Rest, reason: str) -> CalendarDay:
    """Steps that keep this calendar wait then, from now on. Raises Refusal for a calendar that is not there, for days
    that are over, and where almost no day would be left."""
    demand(actor, "allow_cuts")
    stated(reason)
    if work.session.scalar(select(CalendarDay.id).where(CalendarDay.calendar == calendar).limit(1)) is None:
        raise Refusal(say("Choose one of the list."))
    _check(work, rest)
    row = CalendarDay(
        calendar=calendar,
        weekday=rest.weekday,
        from_day=rest.from_day,
        to_day=rest.to_day,
        from_minute=rest.from_minute,
        until_minute=rest.until_minute,
        note=" ".join(rest.note.split())[:MOST_CHARACTERS],
    )
    work.session.add(row)
    work.session.flush()
    note(work, actor, "calendar_day_added", detail=_detail(row))
    return row


def end_rest(work: Work, actor: Actor, *, calendar_day_id: int, reason: str) -> None:
    """Steps wait for it no more. Raises Refusal for days that are over, and for the last of a calendar, which would
    be gone with it."""
    demand(actor, "allow_cuts")
    stated(reason)
    row = work.session.get_one(CalendarDay, calendar_day_id, with_for_update=True)
    if row.to_day is not None and row.to_day < nairobi_day(work.now):
        raise Refusal(say("Those days are over."))
    others = select(CalendarDay.id).where(CalendarDay.calendar == row.calendar, CalendarDay.id != row.id)
    if work.session.scalar(others.limit(1)) is None:
        raise Refusal(say("It is the last of its calendar: take the calendar off the steps of the policy."))
    note(work, actor, "calendar_day_ended", detail=_detail(row))
    work.session.delete(row)
    work.session.flush()


def _check(work: Work, rest: Rest) -> None:
    today = nairobi_day(work.now)
    if not 0 <= rest.from_minute < rest.until_minute <= DAY_MINUTES:
        raise Refusal(say("The last hour comes after the first."))
    if rest.weekday is None:
        if rest.from_day is None or rest.to_day is None or not today <= rest.to_day <= today + AHEAD * 3:
            raise Refusal(say("Choose a weekday, or days that are to come."))
        if rest.from_day > rest.to_day:
            raise Refusal(say("The last day comes after the first."))
    elif not 1 <= rest.weekday <= 7 or rest.from_day is not None or rest.to_day is not None:
        raise Refusal(say("Choose a weekday, or days that are to come."))
    if _longest_rest(work, rest) > LONGEST_REST:
        raise Refusal(say("Nobody would be reminded or cut for more than {count} days.", count=LONGEST_REST))


def _longest_rest(work: Work, rest: Rest) -> int:
    """How many whole days in a row would be barred, from today or the first of these days on."""
    rows = [
        Barred(row.weekday, row.from_day, row.to_day, row.from_minute, row.until_minute)
        for row in work.session.scalars(select(CalendarDay))
    ]
    whole = [row for row in (*rows, rest.barred) if row.until_minute - row.from_minute == DAY_MINUTES]
    day = max(nairobi_day(work.now), (rest.from_day or date.min)) - DAY * LONGEST_REST
    longest = running = 0
    for _ in range(AHEAD.days):
        running = running + 1 if any(row.on(day) for row in whole) else 0
        longest, day = max(longest, running), day + DAY
    return longest


def _detail(row: CalendarDay) -> dict[str, Plain]:
    return {
        "calendar": row.calendar,
        "weekday": row.weekday,
        "from_day": row.from_day.isoformat() if row.from_day else None,
        "to_day": row.to_day.isoformat() if row.to_day else None,
        "from_minute": row.from_minute,
        "until_minute": row.until_minute,
    }
