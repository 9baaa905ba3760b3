"""A person's home lines: pause, bring back, move, and the ways to the forms; and what happened to their plans."""

from collections.abc import Sequence

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.pages.deeds_of_lines import END, GIVE, PAYDAY, PAYER, PLAN
from admin.pages.person import page_of, seen
from admin.show import NOTHING, Act, Cell, Elsewhere, Page, Table, day, instant, money, number, plain, state
from core.base.clock import last_day
from core.base.words import Sentence, say
from core.billing.line_model import DaysGiven, LineEnding, LinePlanChange
from core.billing.lines_by_staff import pause_for, resume_for
from core.billing.model import ACTIVE, ENDED, GRACE, PAUSED, Subscription
from core.billing.moving import move_line
from core.catalogue.model import PPPOE, Plan, Site, plan_sites
from core.staff.roles import Permission

NEWEST = 30
KINDS: dict[str, Sentence] = {
    "now": say("changed at once"),
    "next": say("asked for, from the next period"),
    "kept": say("taken back"),
    "begun": say("begun"),
}
GIFT_KINDS: dict[str, Sentence] = {
    "goodwill": say("goodwill"),
    "outage": say("outage"),
    "handed": say("from line to line"),
}
DONE = {
    "paused": say("The line is paused."),
    "resumed": say("The line comes back."),
    "moved": say("The line is moved."),
}


def lines(ask: Ask) -> Page:
    subscriber = seen(ask, "lines_seen")
    found = ask.work.session.execute(
        select(Subscription, Plan.name, Site.name.label("site"))
        .join(Plan, Plan.id == Subscription.plan_id)
        .outerjoin(Site, Site.id == Subscription.site_id)
        .where(Subscription.subscriber_id == subscriber.id, Plan.kind == PPPOE)
        .order_by(Subscription.id.desc())
        .limit(NEWEST)
    ).all()
    ids = [row.Subscription.id for row in found]
    table = Table(
        title=say("Home lines"),
        columns=[say("Plan"), say("Place"), say("State"), say("Paid up to"), say("Days that wait")],
        rows=[
            [
                plain(row.name),
                plain(row.site),
                state(row.Subscription.state),
                day(last_day(row.Subscription.paid_through))
                if row.Subscription.paid_through
                else plain(None),
                number(row.Subscription.paused_days_left or 0),
            ]
            for row in found
        ],
        empty=say("There is no home line."),
    )
    acts = [_acts(ask, row.Subscription, row.name) for row in found if row.Subscription.state != ENDED]
    shown = [
        table,
        *(acts if ask.may("change_lines") else ()),
        _plans(ask, ids),
        _gifts(ask, ids),
        _ends(ask, ids),
    ]
    return page_of(ask, subscriber, "lines", tables=shown, done=DONE.get(ask.query.get("done", "")))


def _acts(ask: Ask, line: Subscription, plan: str) -> Table:
    base = f"/lines/{line.id}"
    rows: list[list[Cell]] = []
    if line.state == ACTIVE:
        rows.append([_act(f"{base}/pause", say("Pause"), say("Why is it paused?"))])
    if line.state == PAUSED:
        rows.append([_act(f"{base}/resume", say("Bring it back"), say("Why does it come back?"))])
    for site_id, name in _other_sites(ask, line):
        label = say("Move to {site}", site=name)
        rows.append([_act(f"{base}/move/{site_id}", label, say("Why does it move?"))])
    deeds = [GIVE] if line.state in (ACTIVE, GRACE, PAUSED) else []
    deeds += [PAYDAY] if line.state == ACTIVE else []
    deeds += [PLAN] if line.state in (ACTIVE, GRACE) else []
    return Table(
        title=say("What can be done: {plan}", plan=plan),
        columns=[say("Do")],
        rows=rows,
        empty=say("More can be done below."),
        ways=[(deed.title, deed.at(line=line.id)) for deed in (*deeds, PAYER, END) if ask.may(deed.needs)],
    )


def _act(path: str, label: Sentence, asks: Sentence) -> Cell:
    return Cell("", act=Act(path, label, asks=asks))


def _other_sites(ask: Ask, line: Subscription) -> Sequence[tuple[int, str]]:
    rows = ask.work.session.execute(
        select(Site.id, Site.name)
        .join(plan_sites, plan_sites.c.site_id == Site.id)
        .where(plan_sites.c.plan_id == line.plan_id, Site.id != (line.site_id or 0))
        .order_by(Site.name)
    )
    return [(row.id, row.name) for row in rows]


def _plans(ask: Ask, ids: Sequence[int]) -> Table:
    names = {row.id: row.name for row in ask.work.session.execute(select(Plan.id, Plan.name))}
    rows = ask.work.session.scalars(
        select(LinePlanChange)
        .where(LinePlanChange.subscription_id.in_(ids))
        .order_by(LinePlanChange.id.desc())
        .limit(NEWEST)
    )
    return Table(
        title=say("Changes of plan"),
        columns=[say("When"), say("From"), say("To"), say("What"), say("Taken back"), say("Charged")],
        rows=[
            [
                instant(row.at),
                plain(names[row.from_plan_id]),
                plain(names[row.to_plan_id]),
                Cell(KINDS[row.kind]),
                money(row.credit_cents),
                money(row.charge_cents),
            ]
            for row in rows
        ],
        empty=say("The plan was never changed."),
    )


def _gifts(ask: Ask, ids: Sequence[int]) -> Table:
    rows = ask.work.session.scalars(
        select(DaysGiven)
        .where(DaysGiven.subscription_id.in_(ids))
        .order_by(DaysGiven.id.desc())
        .limit(NEWEST)
    )
    return Table(
        title=say("Days given"),
        columns=[say("When"), say("Days"), say("What"), say("Reason")],
        rows=[
            [instant(row.at), number(row.days), Cell(GIFT_KINDS[row.kind]), Cell(row.reason, quiet=True)]
            for row in rows
        ],
        empty=say("No days were given."),
    )


def _ends(ask: Ask, ids: Sequence[int]) -> Table:
    rows = ask.work.session.scalars(
        select(LineEnding).where(LineEnding.subscription_id.in_(ids)).order_by(LineEnding.id.desc())
    )
    return Table(
        title=say("Final statements"),
        columns=[
            *(say("When"), say("Taken back"), say("Charged"), say("Deposit")),
            *(say("Still owed"), say("Own money"), say("Reason")),
        ],
        rows=[
            [
                instant(row.at),
                *(money(cents) for cents in (row.credited_cents, row.charged_cents, row.deposit_cents)),
                *(money(cents) for cents in (row.owed_cents, row.own_cents)),
                Cell(row.reason or NOTHING, quiet=True),
            ]
            for row in rows
        ],
        empty=say("No line has ended."),
    )


def _of(ask: Ask, done: str) -> Elsewhere:
    line = ask.work.session.get_one(Subscription, ask.ids["line"])
    return Elsewhere(f"/subscribers/{line.subscriber_id}/lines?done={done}")


def _reason(ask: Ask) -> str:
    return ask.form.get("reason", "")


def pause(ask: Ask) -> Elsewhere:
    pause_for(ask.work, ask.actor, subscription_id=ask.ids["line"], reason=_reason(ask))
    return _of(ask, "paused")


def resume(ask: Ask) -> Elsewhere:
    resume_for(ask.work, ask.actor, subscription_id=ask.ids["line"], reason=_reason(ask))
    return _of(ask, "resumed")


def move(ask: Ask) -> Elsewhere:
    line, site = ask.ids["line"], ask.ids["site"]
    move_line(ask.work, ask.actor, subscription_id=line, site_id=site, reason=_reason(ask))
    return _of(ask, "moved")


_ACTS: tuple[Permission, ...] = ("see_people", "change_lines")
DOORS = (
    Door("/subscribers/{subscriber:int}/lines", "see_people", lines),
    Door("/lines/{line:int}/pause", _ACTS, pause, method="POST"),
    Door("/lines/{line:int}/resume", _ACTS, resume, method="POST"),
    Door("/lines/{line:int}/move/{site:int}", _ACTS, move, method="POST"),
)
