"""Deeds about dunning's rules: a policy taken back or ended, and the days at which steps wait."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import or_, select

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Outcome
from admin.given import Given
from admin.show import NOTHING, Cell, Text, Way, day, plain
from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import Sentence, say
from core.billing.calendar_by_staff import AHEAD, DAY_MINUTES, Rest, add_rest, end_rest
from core.billing.dunning_by_staff import FARTHEST, end_own_policy, take_policy_back
from core.billing.dunning_model import CalendarDay, DunningPolicy
from core.billing.dunning_plan import DAY
from core.catalogue.model import Plan
from core.staff.audit import Actor

WEEKDAYS: dict[int, Sentence] = {
    1: say("Mondays"),
    2: say("Tuesdays"),
    3: say("Wednesdays"),
    4: say("Thursdays"),
    5: say("Fridays"),
    6: say("Saturdays"),
    7: say("Sundays"),
}
DAYS = "0"
"""No weekday: the days that are typed."""


def rests(work: Work, *, may: bool) -> list[list[Cell]]:
    """The rows of all calendars but those of days that are over."""
    today = nairobi_day(work.now)
    found = work.session.scalars(
        select(CalendarDay)
        .where(or_(CalendarDay.to_day.is_(None), CalendarDay.to_day >= today))
        .order_by(CalendarDay.calendar, CalendarDay.weekday, CalendarDay.from_day, CalendarDay.id)
    )
    return [
        [plain(row.calendar), Cell(_when(row)), plain(_hours(row)), plain(row.note), _end_it(row, may=may)]
        for row in found
    ]


def _when(row: CalendarDay) -> Text:
    if row.weekday is not None:
        return WEEKDAYS[row.weekday]
    if row.from_day == row.to_day:
        return day(row.from_day).text
    return f"{day(row.from_day).text} – {day(row.to_day).text}"


def _hours(row: CalendarDay) -> str:
    if row.until_minute - row.from_minute == DAY_MINUTES:
        return NOTHING
    first, last = divmod(row.from_minute, 60), divmod(row.until_minute, 60)
    return f"{first[0]:02}:{first[1]:02} – {last[0]:02}:{last[1]:02}"


def _end_it(row: CalendarDay, *, may: bool) -> Cell:
    ways: list[Way] = [(END_REST.title, END_REST.at(rest=row.id))]
    return Cell("", ways=ways) if may else Cell(NOTHING)


def _policy(ask: Ask, ids: Mapping[str, int]) -> Thing:
    found = ask.work.session.get_one(DunningPolicy, ids["policy"])
    plan = ask.work.session.get(Plan, found.plan_id) if found.plan_id is not None else None
    facts = [
        (say("Plan"), Cell(plan.name if plan is not None else say("all other plans"))),
        (say("From the day"), day(found.from_day)),
    ]
    return Thing("dunning_policy", found.id, found.name, "/dunning", facts)


def _take_back(work: Work, actor: Actor, given: Given) -> Outcome:
    found = take_policy_back(work, actor, policy_id=given.ids["policy"], reason=given.reason)
    return Outcome(changes=[(found.name, say("Begins"), day(found.from_day).text, say("never"))])


def _own(ask: Ask, ids: Mapping[str, int]) -> Thing:
    plan, first = ask.work.session.get_one(Plan, ids["plan"]), nairobi_day(ask.work.now) + DAY
    field = Field(
        "from_day", say("From the day"), "date", value=first.isoformat(), least=first.isoformat(),
        most=(first - DAY + FARTHEST).isoformat(),
    )  # fmt: skip
    return Thing("plan", plan.id, plan.name, "/dunning", (), [field])


def _end_own(work: Work, actor: Actor, given: Given) -> Outcome:
    plan, from_day = work.session.get_one(Plan, given.ids["plan"]), given.day("from_day")
    end_own_policy(work, actor, plan_id=plan.id, from_day=from_day, reason=given.reason)
    return Outcome(
        changes=[(plan.name, say("Its own policy"), NOTHING, say("until {day}", day=day(from_day).text))]
    )


def _adding(ask: Ask, _: Mapping[str, int]) -> Thing:
    names = ask.work.session.scalars(select(CalendarDay.calendar).distinct().order_by(CalendarDay.calendar))
    weekdays: list[tuple[str, Text]] = [(DAYS, say("no weekday: the days below"))]
    weekdays += [(str(number), name) for number, name in WEEKDAYS.items()]
    today = nairobi_day(ask.work.now)
    least, most = today.isoformat(), (today + AHEAD).isoformat()
    first, last = say("First day"), say("Last day")
    fields = [
        Field("calendar", say("Calendar"), "select", choices=[(name, name) for name in names]),
        Field("weekday", say("Weekday"), "select", value=DAYS, choices=weekdays),
        Field("first", first, "date", least=least, most=most, required=False),
        Field("last", last, "date", least=least, most=most, required=False),
        Field("from", say("From the hour (empty: all day)"), "time", required=False),
        Field("until", say("Until the hour (empty: all day)"), "time", required=False),
        Field("name", say("Name"), required=False),
    ]
    return Thing("calendar_day", 0, say("Calendars: when steps wait"), "/dunning", (), fields)


def _add(work: Work, actor: Actor, given: Given) -> Outcome:
    weekday = given.number("weekday") or None
    row = add_rest(
        work,
        actor,
        calendar=given.text("calendar"),
        rest=Rest(
            weekday=weekday,
            from_day=_maybe_day(given, "first"),
            to_day=_maybe_day(given, "last") or _maybe_day(given, "first"),
            from_minute=_minute(given, "from", 0),
            until_minute=_minute(given, "until", DAY_MINUTES),
            note=given.text("name"),
        ),
        reason=given.reason,
    )
    return Outcome(changes=[(row.calendar, say("Steps wait"), NOTHING, _when(row))])


def _maybe_day(given: Given, name: str) -> date | None:
    return given.day(name) if given.text(name) else None


def _minute(given: Given, name: str, otherwise: int) -> int:
    if not given.text(name):
        return otherwise
    hour, _, minute = given.text(name).partition(":")
    if not all(part.isascii() and part.isdecimal() and len(part) == 2 for part in (hour, minute)):
        raise Refusal(say("Choose an hour."))
    return int(hour) * 60 + int(minute)


def _ending(ask: Ask, ids: Mapping[str, int]) -> Thing:
    """Once it is done the row is gone: its order is shown without it."""
    row = ask.work.session.get(CalendarDay, ids["rest"])
    facts = [(say("When"), Cell(_when(row))), (say("Name"), plain(row.note))] if row is not None else []
    title: Text = row.calendar if row is not None else say("Calendars: when steps wait")
    return Thing("calendar_day", ids["rest"], title, "/dunning", facts)


def _end(work: Work, actor: Actor, given: Given) -> Outcome:
    row = work.session.get_one(CalendarDay, given.ids["rest"])
    calendar, when = row.calendar, _when(row)
    end_rest(work, actor, calendar_day_id=row.id, reason=given.reason)
    return Outcome(changes=[(calendar, say("Steps wait"), when, NOTHING)])


TAKE_BACK = Deed(
    "policy_back", "/dunning/policies/{policy:int}/back", "allow_cuts", say("Take it back"),
    say("It never begins"), _policy, _take_back, place="dunning",
)  # fmt: skip
END_OWN = Deed(
    "policy_end", "/dunning/plans/{plan:int}/end", "allow_cuts", say("End the plan's own policy"),
    say("It ends on that day"), _own, _end_own,
    lead=say("From that day on the plan goes by the policy of all plans; what was taken stays taken."),
    place="dunning",
)  # fmt: skip
ADD_REST = Deed(
    "rest_added", "/dunning/calendars/new", "allow_cuts", say("Steps wait on more days"),
    say("They wait then"), _adding, _add, place="dunning",
)  # fmt: skip
END_REST = Deed(
    "rest_ended", "/dunning/calendars/{rest:int}/end", "allow_cuts", say("Wait no more"),
    say("They wait no more"), _ending, _end, place="dunning",
)  # fmt: skip
DEEDS = (TAKE_BACK, END_OWN, ADD_REST, END_REST)
