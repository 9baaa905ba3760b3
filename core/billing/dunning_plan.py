"""When a step of dunning is due: on values alone, no session and no clock.

Day zero is the last paid day of a line. A step lies so many days after it, at an hour of Nairobi. Three things move
it: grace of the line's own; time that stood still, by which grace grows; and a wait (a promise, a dispute, a lent
day), after which it comes at the next such hour. Then its calendars are asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from core.base.clock import NAIROBI, nairobi_day, start_of_day
from core.billing.dunning_model import PROMPT, REMIND, SLOW, SUSPEND

SPEAKS_FROM, SPEAKS_UNTIL = time(8), time(20)
"""Within these hours a person is spoken to; what is moved beyond them comes at its hour of the next day."""
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LONGEST_CALENDAR = 60
"""Days in a row that calendars may bar; a calendar that bars more is a slip of a key."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a policy; its fields as in `dunning_steps`."""

    id: int
    key: str
    day_offset: int
    at: time
    action: str
    template: str | None = None
    calendars: tuple[str, ...] = ()
    announces: str | None = None
    prefer: str | None = None

    @property
    def speaks(self) -> bool:
        return self.action in (REMIND, PROMPT)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy's steps by key, and the days of grace that they count with."""

    id: int
    name: str
    grace_days: int
    steps: Mapping[str, Step]

    def announcer(self, key: str) -> Step | None:
        """The step that is the notice of the step `key`."""
        return next((step for step in self.steps.values() if step.announces == key), None)


@dataclass(frozen=True, slots=True)
class Barred:
    """A row of a calendar: a weekday or days, and the minutes of the day."""

    weekday: int | None
    from_day: date | None
    to_day: date | None
    from_minute: int
    until_minute: int

    def on(self, day: date) -> bool:
        if self.weekday is not None:
            return day.isoweekday() == self.weekday
        return self.from_day is not None and self.to_day is not None and self.from_day <= day <= self.to_day


Calendars = Mapping[str, Sequence[Barred]]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a line stands, as far as it moves its steps. grace_days: its own, if it has any. waits_until: the end of
    its longest wait. still: when our side stood still, apart and in order; one that lasts ends with `now`."""

    day_zero: date
    grace_days: int | None = None
    waits_until: datetime | None = None
    still: tuple[Span, ...] = ()


def due_at(policy: Policy, step: Step, stand: Stand, calendars: Calendars) -> datetime | None:
    """The instant from which the step is due. None where grace of the line's own leaves no room for it."""
    offset = step.day_offset + _shift(policy, step, stand)
    if step.action == SLOW and offset < 1:
        return None
    planned = _at_hour(stand.day_zero + timedelta(days=offset), step.at)
    grace_begins = start_of_day(stand.day_zero + DAY)
    due = stopped(planned, since=grace_begins, still=stand.still) if planned > grace_begins else planned
    if stand.waits_until is not None and stand.waits_until > planned:
        after = next_hour(stand.waits_until, step.at)
        due = max(due, stopped(after, since=stand.waits_until, still=stand.still))
    if step.announces is not None and (cut := policy.steps.get(step.announces)) is not None:
        return _evening_before(policy, step, cut, stand, calendars, due)
    return allowed(due, step, calendars)


def allowed(at: datetime, step: Step, calendars: Calendars) -> datetime:
    """`at`, or the first instant after it at which the step may be taken: by day if it speaks, and by its calendars."""
    for _ in range(LONGEST_CALENDAR):
        local = at.astimezone(NAIROBI).time()
        if step.speaks and not SPEAKS_FROM <= local < SPEAKS_UNTIL:
            at = next_hour(at, max(step.at, SPEAKS_FROM))
        over = barred_until(at, step, calendars)
        if over is None:
            return at
        at = over
    return at


def barred_until(at: datetime, step: Step, calendars: Calendars) -> datetime | None:
    """When the calendars let the step go again; None where they do not bar it at `at`."""
    local = at.astimezone(NAIROBI)
    minute = local.hour * 60 + local.minute
    for name in step.calendars:
        for row in calendars.get(name, ()):
            if row.on(local.date()) and row.from_minute <= minute < row.until_minute:
                over = start_of_day(local.date()) + timedelta(minutes=row.until_minute)
                return over if row.until_minute < 1440 else next_hour(over, step.at)
    return None


def stopped(due: datetime, *, since: datetime, still: Sequence[Span]) -> datetime:
    """`due` on a clock that stands while our side does: later by all of `still` that lies between `since` and it."""
    for begin, end in still:
        if begin >= due:
            break
        if end > since:
            due += end - max(begin, since)
    return due


def joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same time as spans that lie apart, in order."""
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif begin < end:
            found.append((begin, end))
    return tuple(found)


def next_hour(at: datetime, hour: time) -> datetime:
    """The first instant from `at` on at which it is `hour` in Nairobi."""
    today = _at_hour(nairobi_day(at), hour)
    return today if today >= at else today + DAY


def _evening_before(
    policy: Policy, step: Step, cut: Step, stand: Stand, calendars: Calendars, due: datetime
) -> datetime:
    """An evening that is not before `due` and whose next day the cut may come on."""
    cut_at = due_at(policy, cut, stand, calendars)
    evening = allowed(due, step, calendars)
    if cut_at is not None:
        evening = max(evening, _at_hour(nairobi_day(cut_at) - DAY, step.at))
    for _ in range(LONGEST_CALENDAR):
        if barred_until(_at_hour(nairobi_day(evening) + DAY, cut.at), cut, calendars) is None:
            break
        evening = allowed(_at_hour(nairobi_day(evening) + DAY, step.at), step, calendars)
    return evening


def _shift(policy: Policy, step: Step, stand: Stand) -> int:
    """By how many days a grace of the line's own moves the step: those that end the grace, none before it."""
    ends_grace = step.action in (SLOW, SUSPEND) or step.announces is not None
    if stand.grace_days is None or not ends_grace:
        return 0
    return stand.grace_days - policy.grace_days


def _at_hour(day: date, hour: time) -> datetime:
    """`hour` of the day in Nairobi, which knows no summer time."""
    return start_of_day(day) + timedelta(hours=hour.hour, minutes=hour.minute)
