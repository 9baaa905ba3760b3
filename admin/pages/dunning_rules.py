"""What dunning goes by, as its page shows it: each policy with its days, those that are to come, the calendars; and
the ways to change them."""

from sqlalchemy import select

from admin.desk import Ask
from admin.pages.deeds_of_policies import ADD_REST, END_OWN, TAKE_BACK, rests
from admin.pages.dunning_policy import ACTIONS, plans_of_lines
from admin.show import NOTHING, Cell, Table, Text, Way, day, number, plain
from core.base.words import Sentence, say
from core.billing.dunning_policy import Standing, policies_now, policies_to_come
from core.catalogue.model import Plan


def rules(ask: Ask) -> list[Table]:
    """Policies, plans without one, calendars."""
    return [*_policies(ask), _calendars(ask)]


def may_say_so(ask: Ask) -> bool:
    """Whether the forms about dunning's rules and standstills open to this role."""
    return ask.may("allow_cuts") and ask.may("see_people") and ask.may("see_money")


def _policies(ask: Ask) -> list[Table]:
    names = {row.id: row.name for row in ask.work.session.execute(select(Plan.id, Plan.name))}
    found = [
        *((each, say("Policy {name}: {plans}, since {day}", **_words(each, names)), _change(ask, each))
          for each in policies_now(ask.work)),
        *((each, say("To come: {name}: {plans}, from {day} on", **_words(each, names)), _back(ask, each))
          for each in policies_to_come(ask.work)),
    ]  # fmt: skip
    return [_policy(each, title, ways) for each, title, ways in found] + _plans(ask)


def _words(each: Standing, names: dict[int, str]) -> dict[str, Text]:
    plans = names[each.plan_id] if each.plan_id else say("all other plans")
    return {"name": each.policy.name, "plans": plans, "day": day(each.from_day).text}


def _policy(each: Standing, title: Sentence, ways: list[Way]) -> Table:
    return Table(
        title=title,
        columns=[
            *(say("Step"), say("Day"), say("Hour"), say("What"), say("Text"), say("Tried first")),
            *(say("Never on"), say("Needs the notice")),
        ],
        rows=[
            [
                plain(step.key),
                Cell(f"{step.day_offset:+d}" if step.day_offset else "0", number=True),
                plain(f"{step.at:%H:%M}"),
                Cell(ACTIONS[step.action]),
                Cell(step.template or NOTHING, quiet=True),
                Cell(step.prefer or NOTHING, quiet=True),
                Cell(", ".join(step.calendars) or NOTHING, quiet=True),
                plain(notice.key if (notice := each.policy.announcer(step.key)) else None),
            ]
            for step in each.policy.steps.values()
        ]
        + [_graced(each)],
        empty=say("It has no steps."),
        ways=ways,
    )


def _graced(each: Standing) -> list[Cell]:
    """The last row: the days of grace that the steps count with, and when it ends, if that is known."""
    until = say("until {day}", day=day(each.until).text) if each.until else NOTHING
    rest = [Cell(NOTHING)] * 4
    return [Cell(say("Days of grace")), number(each.policy.grace_days), Cell(NOTHING), Cell(until), *rest]


def _change(ask: Ask, each: Standing) -> list[Way]:
    if not ask.may("allow_cuts"):
        return []
    if each.plan_id is None:
        return [(say("Change it from a day on"), "/dunning/new")]
    ways: list[Way] = [(say("Change it from a day on"), f"/dunning/plans/{each.plan_id}/new")]
    return [*ways, (END_OWN.title, END_OWN.at(plan=each.plan_id))] if may_say_so(ask) else ways


def _back(ask: Ask, each: Standing) -> list[Way]:
    return [(TAKE_BACK.title, TAKE_BACK.at(policy=each.policy.id))] if may_say_so(ask) else []


def _plans(ask: Ask) -> list[Table]:
    """The plans that go by the policy of all, with the way to one of their own."""
    own = {each.plan_id for each in policies_now(ask.work)}
    others = [plan for plan in plans_of_lines(ask) if plan[0] not in own]
    if not others or not ask.may("allow_cuts"):
        return []
    return [
        Table(
            title=say("Plans without a policy of their own"),
            columns=[say("Plan"), say("Do")],
            rows=[
                [
                    plain(name),
                    Cell("", ways=[(say("Write one of its own"), f"/dunning/plans/{plan_id}/new")]),
                ]
                for plan_id, name in others
            ],
            empty=say("There are no plans yet."),
        )
    ]


def _calendars(ask: Ask) -> Table:
    may = may_say_so(ask)
    return Table(
        title=say("Calendars: when steps wait"),
        columns=[say("Calendar"), say("When"), say("Hours"), say("Name"), say("Do")],
        rows=rests(ask.work, may=may),
        empty=say("No step waits for any day."),
        ways=[(ADD_REST.title, ADD_REST.path)] if may else (),
    )
