"""Dunning: the policies that hold, what stands still, the yes that a mass of cuts waits for; and for one person the
steps that were taken, a promise to pay, an emergency day, and whether prompts are wanted."""

from datetime import datetime, timedelta

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.pages.deeds_of_lines import GRACE, LEND, PROMISE
from admin.pages.deeds_of_standstills import CLOSE, OPEN
from admin.pages.dunning_policy import ACTIONS
from admin.pages.dunning_rules import may_say_so, rules
from admin.pages.person import page_of, seen
from admin.show import (
    NOTHING,
    Act,
    Cell,
    Elsewhere,
    Page,
    Table,
    Way,
    day,
    instant,
    number,
    plain,
    state,
)
from core.base.clock import last_day, nairobi_day
from core.base.words import say
from core.billing.cut_hold import allow_cuts, open_holds
from core.billing.dunning_model import CutHold, DunningStep, Standstill, StepTaken
from core.billing.model import ACTIVE, ENDED, Subscription
from core.billing.model import GRACE as IN_GRACE
from core.billing.promise import last_promise, let_prompt
from core.catalogue.model import PPPOE, Plan, Site
from core.messaging.consent import may_tell
from core.messaging.template import Purpose

NEWEST = 30
"""Steps and standstills that are shown: those that a question today is about."""
DONE = {
    "allowed": say("They are cut within a minute."),
    "written": say("It holds from its day on."),
}


def dunning(ask: Ask) -> Page:
    lead = say(
        "Days are counted from the last paid day. Each step is taken once, and a payment stops them all. "
        "A change is a new policy from a day on."
    )
    tables = [_holds(ask), *rules(ask), _standstills(ask)]
    return Page(
        say("Dunning"), tables=tables, place="dunning", lead=lead, done=DONE.get(ask.query.get("done", ""))
    )


def _holds(ask: Ask) -> Table:
    return Table(
        title=say("Waits for a yes"),
        columns=[say("Since"), say("What"), say("Lines"), say("Lines that are on"), say("Do")],
        rows=[
            [
                instant(hold.at),
                Cell(ACTIONS[hold.action]),
                number(hold.lines),
                number(hold.lines_on),
                _allow(ask, hold),
            ]
            for hold in open_holds(ask.work)
        ],
        empty=say("No mass of cuts waits."),
    )


def _allow(ask: Ask, hold: CutHold) -> Cell:
    if not ask.may("allow_cuts"):
        return Cell(NOTHING)
    return Cell("", act=Act(f"/dunning/holds/{hold.id}/allow", say("Cut them")))


def _standstills(ask: Ask) -> Table:
    found = ask.work.session.execute(
        select(Standstill, Site.name)
        .outerjoin(Site, Site.id == Standstill.site_id)
        .order_by(Standstill.id.desc())
        .limit(NEWEST)
    ).all()
    return Table(
        title=say("When our side stood still"),
        columns=[say("From"), say("To"), say("Where")],
        rows=[
            [
                instant(row.Standstill.from_at),
                _up_again(ask, row.Standstill),
                Cell(row.name or row.Standstill.about or say("everywhere")),
            ]
            for row in found
        ],
        empty=say("It never stood still."),
        ways=[(OPEN.title, OPEN.path)] if may_say_so(ask) else (),
    )


def _up_again(ask: Ask, found: Standstill) -> Cell:
    if found.to_at is not None:
        return instant(found.to_at)
    path = CLOSE.at(standstill=found.id) if may_say_so(ask) else None
    return Cell(say("still down"), tone=None if path else "red", path=path)


def allow(ask: Ask) -> Elsewhere:
    allow_cuts(ask.work, ask.actor, hold_id=ask.ids["hold"])
    return Elsewhere("/dunning?done=allowed")


def of_person(ask: Ask) -> Page:
    subscriber = seen(ask, "dunning_seen")
    wants = may_tell(ask.work, Purpose.PROMPT, subscriber.id)
    facts = [(say("Payment prompts"), Cell(say("agreed") if wants else say("not agreed")))]
    if ask.may("ease_dunning"):
        label = say("Wants none any more") if wants else say("Has agreed")
        act = Act(f"/subscribers/{subscriber.id}/prompts/{0 if wants else 1}", label)
        facts.append((say("Change it"), Cell("", act=act)))
    tables = [_lines(ask, subscriber.id), _steps(ask, subscriber.id)]
    return page_of(ask, subscriber, "dunning", tables=tables, facts=facts)


def _lines(ask: Ask, subscriber_id: int) -> Table:
    lines = ask.work.session.execute(
        select(Subscription, Plan.name)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(Subscription.subscriber_id == subscriber_id, Plan.kind == PPPOE, Subscription.state != ENDED)
        .order_by(Subscription.id)
    ).all()
    return Table(
        title=say("Home lines"),
        columns=[
            *(say("Plan"), say("State"), say("Paid up to"), say("Slow since"), say("Lent until")),
            *(say("Promise until"), say("Days of grace"), say("Do")),
        ],
        rows=[
            [
                plain(row.name),
                state(row.Subscription.state),
                _last(row.Subscription.paid_through),
                instant(row.Subscription.slowed_at),
                _last(row.Subscription.lent_through),
                _promised(ask, row.Subscription.id),
                Cell(
                    say("as the policy says")
                    if row.Subscription.grace_days is None
                    else str(row.Subscription.grace_days)
                ),
                Cell("", ways=_eases(ask, row.Subscription)),
            ]
            for row in lines
        ],
        empty=say("There is no home line."),
    )


def _last(until: datetime | None) -> Cell:
    """The last whole day before an instant, as people read it."""
    return day(last_day(until) if until else None)


def _promised(ask: Ask, line_id: int) -> Cell:
    made = last_promise(ask.work, line_id, since=nairobi_day(ask.work.now) - timedelta(days=NEWEST))
    return (
        day(last_day(made.until_at)) if made is not None and made.until_at > ask.work.now else Cell(NOTHING)
    )


def _eases(ask: Ask, line: Subscription) -> list[Way]:
    if not (ask.may("ease_dunning") and ask.may("see_money")):
        return []
    deeds = [PROMISE, LEND, GRACE] if line.state in (ACTIVE, IN_GRACE) else [GRACE]
    return [(deed.title, deed.at(line=line.id)) for deed in deeds]


def _steps(ask: Ask, subscriber_id: int) -> Table:
    found = ask.work.session.execute(
        select(StepTaken, DunningStep.action)
        .join(DunningStep, DunningStep.id == StepTaken.step_id)
        .join(Subscription, Subscription.id == StepTaken.subscription_id)
        .where(Subscription.subscriber_id == subscriber_id)
        .order_by(StepTaken.id.desc())
        .limit(NEWEST)
    ).all()
    return Table(
        title=say("Steps"),
        columns=[say("When"), say("Step"), say("What"), say("Last paid day")],
        rows=[
            [
                instant(row.StepTaken.at),
                plain(row.StepTaken.step_key),
                Cell(say("too late, let be") if row.StepTaken.missed else ACTIONS[row.action]),
                day(row.StepTaken.day_zero),
            ]
            for row in found
        ],
        empty=say("No step was taken yet."),
    )


def prompts(ask: Ask) -> Elsewhere:
    subscriber_id = ask.ids["subscriber"]
    let_prompt(ask.work, ask.actor, subscriber_id=subscriber_id, agreed=ask.ids["agreed"] == 1)
    return Elsewhere(f"/subscribers/{subscriber_id}/dunning")


DOORS = (
    Door("/dunning", "see_machines", dunning),
    Door("/dunning/holds/{hold:int}/allow", "allow_cuts", allow, method="POST"),
    Door("/subscribers/{subscriber:int}/dunning", "see_people", of_person),
    Door("/subscribers/{subscriber:int}/prompts/{agreed:int}", "ease_dunning", prompts, method="POST"),
)
