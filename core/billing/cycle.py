"""The billing cycle: the bills of every home line that is due, set-based, in chunks that are a transaction each.

Safe to run twice and on several machines: at most one run is open, its row is held while a chunk is billed, and a
chunk's lines, numbers, journal and events stand or fall together. A run that was broken off goes on where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from core.base.clock import nairobi_day
from core.base.database import OpensWork, Work
from core.base.dated import dated
from core.base.i18n import DEFAULT_LANGUAGE, render
from core.billing.account import pay_oldest_due
from core.billing.cycle_model import LAPSED, REFUSED, RUNNING, WAITING
from core.billing.cycle_review import review_of
from core.billing.cycle_sql import BILL_CHUNK, CUTS, IS_ANY_DUE
from core.billing.events import AccessChanged, BillCovered, BillsRaised, InvoiceIssued, PostpaidBilled
from core.billing.model import Invoice
from core.billing.periods import through
from core.billing.said import said_by
from core.catalogue.labels import term_label
from core.ledger.post import lock_subscriber

CHUNK = 10_000
"""Lines a transaction: its rows, and the next invoice number, are held for about a second."""
SAID = (InvoiceIssued, BillCovered, PostpaidBilled, AccessChanged)
"""The events that BILL_CHUNK writes by name."""

_OPEN = text("SELECT id, state, day FROM cycle_runs WHERE is_open FOR UPDATE")
_REFUSED_TODAY = text("SELECT EXISTS (SELECT FROM cycle_runs WHERE day = :day AND state = :refused)")
_BEGIN = text(
    """
    INSERT INTO cycle_runs (day, state, is_open, began_at, review)
    VALUES (:day, :state, true, :now, CAST(:review AS jsonb)) ON CONFLICT DO NOTHING RETURNING id
    """
)
_LAPSE = text("UPDATE cycle_runs SET state = :lapsed, is_open = false, finished_at = :now WHERE id = :id")
# The statement that follows is never compiled: that takes longer than it saves.
_HOLD = """
    SELECT state, round, after_id, day, set_config('jit', 'off', true), set_config('work_mem', '64MB', true)
    FROM cycle_runs WHERE id = %(run_id)s FOR UPDATE
"""
_CLOSE_ROUND = text(
    """
    UPDATE cycle_runs SET round = round + 1, after_id = 0, round_bills = 0, is_open = round_bills > 0,
        state = CASE WHEN round_bills > 0 THEN state ELSE 'done' END,
        finished_at = CASE WHEN round_bills > 0 THEN NULL ELSE CAST(:now AS timestamptz) END
    WHERE id = :run_id AND round = :round AND state = 'running'
    RETURNING state = 'done' AND bills > 0
    """
)
_PLANS = text("SELECT id, name, term_unit, term_count FROM plans WHERE kind = 'pppoe' AND role = 'access'")


@dataclass(frozen=True, slots=True)
class Round:
    """What is left of a run's round: the last line of each of its chunks."""

    number: int
    cuts: Sequence[int]


def begin_run(work: Work) -> int | None:
    """The run that is to be worked on: the open one, or a new one where lines are due. None where there is nothing
    to do, where a yes is awaited (a new run begins so while billing.cycle_needs_yes is 1), or where today's run
    was refused."""
    today = nairobi_day(work.now)
    standing = work.session.execute(_OPEN).one_or_none()
    if standing is not None:
        if standing.state == RUNNING:
            return int(standing.id)
        if standing.day >= today:
            return None
        work.session.execute(_LAPSE, {"id": standing.id, "lapsed": LAPSED, "now": work.now})
    if work.session.scalar(_REFUSED_TODAY, {"day": today, "refused": REFUSED}):
        return None
    if work.within(IS_ANY_DUE, terms_of(work, today)) is None:
        return None
    (needs_yes,) = dated(work, "billing.cycle_needs_yes")
    values = {
        "day": today,
        "state": WAITING if needs_yes else RUNNING,
        "now": work.now,
        "review": review_of(work, terms_of(work, today)).as_json() if needs_yes else None,
    }
    run_id = work.session.scalar(_BEGIN, values)
    return None if needs_yes or run_id is None else int(run_id)


def advance(deps: OpensWork, run_id: int, *, chunks: int, size: int = CHUNK) -> bool:
    """Bill up to so many chunks of a run. Whether it is over."""
    while True:
        with deps.work() as work:
            left = read_round(work, run_id, size=size)
        if left is None:
            return True
        for upto in left.cuts:
            if chunks == 0:
                return False
            with deps.work() as work:
                billed = bill_chunk(work, run_id, round_number=left.number, upto=upto)
            if billed is None:
                break  # somebody else has closed this round
            chunks -= 1
        else:
            with deps.work() as work:
                close_round(work, run_id, round_number=left.number)


def read_round(work: Work, run_id: int, *, size: int) -> Round | None:
    """Where a run is. None where it is over, or waits for a yes."""
    row = work.session.execute(
        text("SELECT state, round, after_id, day FROM cycle_runs WHERE id = :id"), {"id": run_id}
    ).one()
    if row.state != RUNNING:
        return None
    return Round(row.round, cuts(work, row.day, after=row.after_id, size=size))


def cuts(work: Work, day: date, *, after: int, size: int) -> list[int]:
    """The last line of each chunk of the lines that are due beyond `after`."""
    values = terms_of(work, day) | {"after": after, "chunk": size}
    return [int(row.id) for row in work.session.connection().exec_driver_sql(CUTS, values)]


def bill_chunk(work: Work, run_id: int, *, round_number: int, upto: int) -> int | None:
    """Bill the lines of a run up to `upto`, from where it stands. How many; None where that round is over."""
    held = work.within(_HOLD, {"run_id": run_id})
    assert held is not None
    state, standing_round, after, day = held[:4]
    if state != RUNNING or standing_round != round_number:
        return None
    if upto <= after:
        return 0  # another machine was faster
    values = terms_of(work, day) | _words(work) | {"run_id": run_id, "after": after, "upto": upto}
    billed = work.within(BILL_CHUNK, values)
    assert billed is not None
    return int(billed[0])


def close_round(work: Work, run_id: int, *, round_number: int) -> None:
    """The round is through: another one follows where it has billed something; else the run is done."""
    values = {"run_id": run_id, "round": round_number, "now": work.now}
    if work.session.scalar(_CLOSE_ROUND, values):
        work.record(BillsRaised(run_id, after_id=0, page=0))


def pay_postpaid(work: Work, *, invoice_id: int) -> None:
    """Pay what the holder of a bill owes, oldest due first, from money of the account's own; once a bill."""
    invoice = work.session.get_one(Invoice, invoice_id)
    lock_subscriber(work, invoice.subscriber_id)
    source = f"issued:{invoice_id}"
    if not work.scalar("SELECT EXISTS (SELECT FROM allocations WHERE source LIKE :like)", like=f"{source}:%"):
        pay_oldest_due(work, invoice.subscriber_id, source=source)


def terms_of(work: Work, day: date) -> dict[str, Any]:
    """The dated settings of a run for `day`, as the statements name them."""
    before, due_days, excise_bp, vat_bp = dated(
        work, "home.bill_days_before", "home.postpaid_due_days", "tax.excise_bp", "tax.vat_bp"
    )
    return {
        "now": work.now,
        "prepaid_until": through(day + timedelta(days=before)),
        "postpaid_due_at": through(nairobi_day(work.now) + timedelta(days=due_days)),
        "excise_bp": excise_bp,
        "vat_bp": vat_bp,
    }


def _words(work: Work) -> dict[str, Any]:
    """The series, what the lines of bills say, and who listens to what is said."""
    plans = work.session.execute(_PLANS).all()
    return {
        **said_by(work, *SAID),
        "series": f"INV-{nairobi_day(work.now).year}",
        "plans": [plan.id for plan in plans],
        "descriptions": [
            f"{plan.name}, {render(term_label(plan.term_unit, plan.term_count), DEFAULT_LANGUAGE)}"
            for plan in plans
        ],
    }
