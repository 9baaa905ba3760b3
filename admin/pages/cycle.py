"""Runs of the billing cycle, what a run would bill or has billed, and the yes that it may wait for."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.lists import Rows, keyset
from admin.show import (
    NOTHING,
    Act,
    Cell,
    Elsewhere,
    Page,
    Table,
    Tone,
    account,
    day,
    instant,
    money,
    number,
    plain,
)
from core.base.words import Sentence, say
from core.billing.cycle_decide import approve_run, refuse_run
from core.billing.cycle_model import DONE, LAPSED, REFUSED, RUNNING, WAITING, CycleRun
from core.billing.cycle_review import LeftOut, Review, Strange, Sum
from core.billing.model import Subscription
from core.catalogue.model import Plan, Site
from core.staff.model import StaffMember
from core.subscribers.model import Subscriber

STATES: dict[str, tuple[Sentence, Tone]] = {
    WAITING: (say("waits for a yes"), "yellow"),
    RUNNING: (say("running"), "blue"),
    DONE: (say("done"), "green"),
    REFUSED: (say("refused"), "red"),
    LAPSED: (say("nobody said yes in time"), "secondary"),
}
LEFT_OUT = {
    "awaiting_network": say("They wait for the network"),
    "suspended": say("They are suspended"),
    "paused": say("They are paused"),
    "ending": say("They end with this period"),
    "by_the_second": say("They are sold by the second"),
    "free": say("They cost nothing"),
    "not_due": say("They are not due yet"),
    "changes_billing": say("They change between prepaid and postpaid"),
    "open_bill": say("They have an open bill"),
    "billed": say("They are billed already"),
}
STRANGE = {
    "first": say("First bill"),
    "price": say("Another price than last time"),
    "discount": say("Below the plan's price"),
    "late": say("Its period began long ago"),
    "long": say("A very long period"),
}


def runs(ask: Ask) -> Page:
    rows: Rows = select(CycleRun)
    table = keyset(
        ask.work,
        rows,
        CycleRun.id,
        query=ask.query,
        path="/billing",
        columns=[
            say("Day"),
            say("State"),
            say("Bills"),
            say("Sum"),
            say("Own money suffices"),
            say("Finished"),
        ],
        cells=lambda row: [
            Cell(str(day(row.CycleRun.day).text), path=f"/billing/{row.CycleRun.id}"),
            _state(row.CycleRun.state),
            number(row.CycleRun.bills),
            money(row.CycleRun.total_cents),
            number(row.CycleRun.covered),
            instant(row.CycleRun.finished_at),
        ],
        key_of=lambda row: row.CycleRun.id,
        empty=say("No bill was raised yet."),
    )
    lead = say("Bills are raised every night, and each hour for who was missed.")
    return Page(say("Billing"), tables=[table], place="billing", lead=lead)


def run(ask: Ask) -> Page:
    found = ask.work.session.get_one(CycleRun, ask.ids["run"])
    by = ask.work.session.get(StaffMember, found.decided_by) if found.decided_by else None
    tables = [] if found.review is None else _review(ask, Review.from_json(found.review))
    if ask.may("approve_cycle") and found.state in (WAITING, RUNNING):
        tables.insert(0, _acts(found))
    done = {"approved": say("The bills are raised now."), "refused": say("The run is refused.")}
    return Page(
        say("Bills of {day}", day=str(day(found.day).text)),
        place="billing",
        facts=[
            (say("State"), _state(found.state)),
            (say("Begun"), instant(found.began_at)),
            (say("Bills"), number(found.bills)),
            (say("Sum"), money(found.total_cents)),
            (say("Own money suffices"), number(found.covered)),
            (say("Decided"), instant(found.decided_at)),
            (say("By"), plain(by.email if by else None)),
            (say("Reason"), plain(found.reason)),
        ],
        tables=tables,
        done=done.get(ask.query.get("done", "")),
    )


def _state(name: str) -> Cell:
    words, tone = STATES[name]
    return Cell(words, tone=tone)


def _acts(found: CycleRun) -> Table:
    no = Act(f"/billing/{found.id}/refuse", say("Refuse"), asks=say("Why should these bills not be raised?"))
    row = [Cell("", act=no)]
    if found.state == WAITING:
        row.insert(0, Cell("", act=Act(f"/billing/{found.id}/approve", say("Raise these bills"))))
    columns = [say("Yes"), say("No")][-len(row) :]
    return Table(columns=columns, rows=[row], empty=say("There is nothing to decide."))


def _review(ask: Ask, review: Review) -> list[Table]:
    session = ask.work.session
    plans: dict[int, str] = {row.id: row.name for row in session.scalars(select(Plan))}
    sites: dict[int, str] = {row.id: row.name for row in session.scalars(select(Site))}
    lines = [line for left in review.left_out for line in left.examples]
    lines += [odd.subscription_id for odd in review.strangest]
    owners = _owners(ask, lines)
    return [
        _sums(review.sums, plans, sites),
        _strangest(ask, review.strangest, plans, owners),
        _left_out(ask, review.left_out, owners),
    ]


def _owners(ask: Ask, lines: Sequence[int]) -> Mapping[int, tuple[str, int]]:
    """Account number and subscriber of each line."""
    rows = ask.work.session.execute(
        select(Subscription.id, Subscriber.account_no, Subscriber.id.label("subscriber_id"))
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscription.id.in_(lines))
    )
    return {row.id: (row.account_no, row.subscriber_id) for row in rows}


def _account(ask: Ask, owners: Mapping[int, tuple[str, int]], line: int) -> Cell:
    if line not in owners:
        return Cell(NOTHING)
    return account(*owners[line], linked=ask.may("see_people"))


def _sums(sums: Sequence[Sum], plans: Mapping[int, str], sites: Mapping[int, str]) -> Table:
    return Table(
        title=say("What is billed"),
        columns=[say("Plan"), say("Site"), say("Bills"), say("Sum"), say("Excise"), say("VAT")],
        rows=[
            [
                plain(plans.get(each.plan_id)),
                plain(sites.get(each.site_id)),
                number(each.bills),
                money(each.cents),
                money(each.excise_cents),
                money(each.vat_cents),
            ]
            for each in sums
        ],
        empty=say("Nothing is due."),
    )


def _strangest(
    ask: Ask, strangest: Sequence[Strange], plans: Mapping[int, str], owners: Mapping[int, tuple[str, int]]
) -> Table:
    return Table(
        title=say("The strangest ten"),
        columns=[
            say("Account"),
            say("Plan"),
            say("From"),
            say("Until"),
            say("Sum"),
            say("Last time"),
            say("Why"),
        ],
        rows=[
            [
                _account(ask, owners, odd.subscription_id),
                plain(plans.get(odd.plan_id)),
                plain(odd.first_day),
                plain(odd.last_day),
                money(odd.cents),
                Cell(NOTHING) if odd.last_cents is None else money(odd.last_cents),
                Cell(STRANGE[odd.why[0]]),
            ]
            for odd in strangest
        ],
        empty=say("No bill stands out."),
    )


def _left_out(ask: Ask, left_out: Sequence[LeftOut], owners: Mapping[int, tuple[str, int]]) -> Table:
    return Table(
        title=say("Who is not billed"),
        columns=[say("Why"), say("Lines"), say("For example")],
        rows=[
            [
                Cell(LEFT_OUT.get(left.why, left.why)),
                number(left.lines),
                _account(ask, owners, left.examples[0]),
            ]
            for left in left_out
        ],
        empty=say("Everybody is billed."),
    )


def approve(ask: Ask) -> Elsewhere:
    approve_run(ask.work, ask.actor, run_id=ask.ids["run"])
    return Elsewhere(f"/billing/{ask.ids['run']}?done=approved")


def refuse(ask: Ask) -> Elsewhere:
    refuse_run(ask.work, ask.actor, run_id=ask.ids["run"], reason=ask.form.get("reason", ""))
    return Elsewhere(f"/billing/{ask.ids['run']}?done=refused")


DOORS = (
    Door("/billing", "see_money", runs),
    Door("/billing/{run:int}", "see_money", run),
    Door("/billing/{run:int}/approve", "approve_cycle", approve, method="POST"),
    Door("/billing/{run:int}/refuse", "approve_cycle", refuse, method="POST"),
)
