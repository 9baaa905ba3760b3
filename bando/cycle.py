"""The command line's words with the billing cycle."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import text

from bando.compose import Program
from bando.processes import start
from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.money import Money, show_money
from core.billing import cycle, jobs
from core.billing.cycle_decide import approve_run, refuse_run
from core.billing.cycle_review import Review, review_of
from core.billing.unbilled import NO_INVOICE, unbilled
from core.staff.audit import COMMAND_LINE

LEFT_OUT = {
    "awaiting_network": "wait for the network's yes",
    "suspended": "are suspended",
    "paused": "are paused",
    "ending": "end with this period",
    "by_the_second": "are sold by the second",
    "free": "cost nothing",
    "not_due": "are not due yet",
    "changes_billing": "change between prepaid and postpaid",
    "open_bill": "have an open bill",
    "billed": "are billed already",
}
STRANGE = {
    "first": "first bill",
    "price": "another price than last time",
    "discount": "below the plan's price",
    "late": "the period began long ago",
    "long": "a very long period",
}


def run_now(*, chunk: int) -> list[str]:
    """Begin today's run, or go on with one that was broken off, here and now."""
    program = start("cli")
    with program.work() as work:
        run_id = cycle.begin_run(work)
    if run_id is None:
        return [_why_nothing_runs(program)]
    while not cycle.advance(program, run_id, chunks=jobs.CHUNKS_A_JOB, size=chunk):
        pass
    return [told(program, run_id)]


def approve(run_id: int) -> list[str]:
    program = start("cli")
    with program.work() as work:
        approve_run(work, COMMAND_LINE, run_id=run_id)
    return [f"Run {run_id} is approved. The workers raise its bills now; `bando cycle` does it here."]


def refuse(run_id: int, reason: str) -> list[str]:
    program = start("cli")
    with program.work() as work:
        refuse_run(work, COMMAND_LINE, run_id=run_id, reason=reason)
    return [f"Run {run_id} is refused. What it has billed stays; no other run begins today."]


def look_first() -> list[str]:
    """What a run would do now. Nothing is changed."""
    program = start("cli")
    with program.work() as work:
        terms = cycle.terms_of(work, nairobi_day(work.now))
        return list(_review(work, review_of(work, terms)))


def count_unbilled() -> tuple[int, list[str]]:
    """How many lines have service that no invoice covers, and which."""
    program = start("cli")
    with program.work() as work:
        found = unbilled(work)
    lines = [
        f"purchase {row.purchase_id} was paid on {row.since} and has no invoice"
        if row.why == NO_INVOICE
        else f"line {row.subscription_id} has had service since {row.since} that no bill covers"
        for row in found
    ]
    return len(found), [*lines, f"unbilled: {len(found)}"]


def told(program: Program, run_id: int) -> str:
    with program.work() as work:
        run = work.session.execute(text("SELECT * FROM cycle_runs WHERE id = :id"), {"id": run_id}).one()
    total = show_money(Money(run.total_cents))
    return (
        f"Run {run_id} of {run.day}: {run.state}, {run.bills} bills, {total}; own money covers {run.covered}."
    )


def _why_nothing_runs(program: Program) -> str:
    with program.work() as work:
        waiting = work.scalar("SELECT id FROM cycle_runs WHERE is_open")
    if waiting is None:
        return "Nothing is due, or today's run was refused."
    return (
        f"Run {waiting} waits for a yes: `bando cycle --approve {waiting}`, or the staff web's page Billing."
    )


def _review(work: Work, review: Review) -> Iterator[str]:
    plans = _names(work, "SELECT id, name FROM plans")
    sites = _names(work, "SELECT id, name FROM sites")
    yield f"{review.bills} bills, {show_money(Money(review.cents))}"
    for each in review.sums:
        taxes = f"excise {show_money(Money(each.excise_cents))}, VAT {show_money(Money(each.vat_cents))}"
        where = sites.get(each.site_id, "no site")
        yield f"  {plans[each.plan_id]}, {where}: {each.bills} bills, {show_money(Money(each.cents))} ({taxes})"
    yield "Not billed:"
    for left in review.left_out:
        examples = ", ".join(str(line) for line in left.examples)
        yield f"  {left.lines} lines {LEFT_OUT.get(left.why, left.why)} (lines {examples})"
    yield "Strangest:"
    for odd in review.strangest:
        last = "" if odd.last_cents is None else f", last time {show_money(Money(odd.last_cents))}"
        why = "; ".join(STRANGE[reason] for reason in odd.why)
        yield (
            f"  line {odd.subscription_id}, {plans[odd.plan_id]}, {odd.first_day} to {odd.last_day}: "
            f"{show_money(Money(odd.cents))}{last}: {why}"
        )


def _names(work: Work, statement: str) -> Mapping[int, Any]:
    return {row.id: row.name for row in work.session.execute(text(statement))}
