"""The plan that a line is on, the one that its next period is on, and the open bill that follows it."""

from datetime import timedelta

from sqlalchemy import text

from core.base.clock import last_day, start_of_day
from core.base.database import Work
from core.base.i18n import DEFAULT_LANGUAGE, render
from core.base.money import Money
from core.billing.account import open_bill, own_money
from core.billing.credit import credit
from core.billing.events import AccessChanged, BillCovered
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.line_model import BEGUN, LinePlanChange
from core.billing.model import ACTIVE, GRACE, Invoice, Purchase, Subscription
from core.billing.moves import move
from core.catalogue.labels import term_label
from core.catalogue.model import Plan
from core.ledger.accounts import revenue

# As the cycle prices and ends a period, in the database's own functions (migration 0012).
_PERIOD = text(
    """
    SELECT ends.day, price_of_period(plan_price(p.id, CAST(:first AS date)), CAST(:first AS date) - 1, ends.day,
        p.term_unit, p.term_count, p.fixed_anchor)
    FROM plans p, LATERAL (
        SELECT period_end(CAST(:first AS date) - 1, p.term_unit, p.term_count, CAST(:anchor AS integer),
            p.fixed_anchor) AS day
    ) AS ends WHERE p.id = :plan_id
    """
)
_LINES_DUE = text(
    """
    SELECT id FROM subscriptions WHERE next_plan_from <= :now AND state IN ('active', 'grace')
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
# Nothing is paid at this border: what was paid before is used up, and the first bill comes when its period is over.
_INTO_POSTPAID = text(
    """
    SELECT s.id FROM subscriptions s JOIN plans old ON old.id = s.plan_id JOIN plans new ON new.id = s.next_plan_id
    WHERE s.next_plan_id IS NOT NULL AND s.state IN ('active', 'grace') AND s.paid_through <= :now
      AND old.billing = 'prepaid' AND new.billing = 'postpaid'
    ORDER BY s.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    """
)
PLANS_A_RUN = 500
"""Lines whose next plan begins in one transaction; the next run is a minute later."""


def follow_purchase(work: Work, line: Subscription, purchase: Purchase) -> None:
    """A term was bought on the plan of the next period: that begins with it, now or when the paid time is over."""
    if purchase.plan_id == line.plan_id:
        return
    is_on = line.paid_through is not None and line.paid_through > work.now and line.dark_since is None
    if not is_on and line.paused_days_left is None:
        begin_plan(work, line, purchase.plan_id, purchase_id=purchase.id)
    elif line.next_plan_from is None:
        set_next_plan(work, line, purchase.plan_id)
        line.next_plan_from = line.paid_through


def begin_plan(work: Work, line: Subscription, plan_id: int, *, purchase_id: int | None = None) -> None:
    """The (locked) line is on another plan from now on."""
    work.session.add(
        LinePlanChange(
            at=work.now,
            kind=BEGUN,
            subscription_id=line.id,
            from_plan_id=line.plan_id,
            to_plan_id=plan_id,
            purchase_id=purchase_id,
        )
    )
    set_plan(work, line, plan_id)


def set_plan(work: Work, line: Subscription, plan_id: int) -> None:
    """Put the plan on the line, and tell the routers."""
    line.plan_id, line.next_plan_from = plan_id, None
    set_next_plan(work, line, None)
    work.record(AccessChanged(line.id))


def set_next_plan(work: Work, line: Subscription, plan_id: int | None) -> None:
    line.next_plan_id = plan_id
    work.session.flush()
    work.session.expire(line, ["plan", "next_plan"])


def begin_due_plans(work: Work) -> int:
    """The periods that were bought on another plan, or are to be paid when they are over, and begin now; how many they
    are."""
    due = work.session.scalars(_LINES_DUE, {"now": work.now, "limit": PLANS_A_RUN}).all()
    for line_id in due:
        line = work.session.get_one(Subscription, line_id, populate_existing=True)
        assert line.next_plan_id is not None
        begin_plan(work, line, line.next_plan_id)
    agreed = work.session.scalars(_INTO_POSTPAID, {"now": work.now, "limit": PLANS_A_RUN}).all()
    for line_id in agreed:
        _begin_postpaid(work, work.session.get_one(Subscription, line_id, populate_existing=True))
    return len(due) + len(agreed)


def _begin_postpaid(work: Work, line: Subscription) -> None:
    """The first period that is billed when it is over: from the day after the last paid one, days of grace included."""
    assert line.next_plan_id is not None
    assert line.paid_through is not None
    first = last_day(line.paid_through) + timedelta(days=1)
    values = {"first": first, "anchor": line.anchor_day, "plan_id": line.next_plan_id}
    ends, _ = work.session.execute(_PERIOD, values).one()
    begin_plan(work, line, line.next_plan_id)
    line.paid_through = start_of_day(ends + timedelta(days=1))
    if line.state == GRACE:
        move(work, line, ACTIVE, "billed after the month from here on")


def raise_again(work: Work, line: Subscription, plan: Plan, *, source: str) -> Invoice | None:
    """The bill of the line's next period, where one is open, is taken back and raised on another plan; paid never
    twice. source names the cause and is unique."""
    bill = open_bill(work, line.id)
    if bill is None or line.plan.billing == "postpaid" or bill.period_from is None:
        return None
    credit(work, bill.id, reason="raised again on another plan", source=f"{source}:bill:{bill.id}")
    values = {"first": bill.period_from, "anchor": line.anchor_day, "plan_id": plan.id}
    last, cents = work.session.execute(_PERIOD, values).one()
    if cents <= 0 or plan.billing == "postpaid":
        return None  # nothing to pay, or not before the period is over
    term = render(term_label(plan.term_unit, plan.term_count), DEFAULT_LANGUAGE)
    sold = InvoiceLineDraft(f"{plan.name}, {term}", Money(cents), plan.id, revenue(plan.kind, line.site_id))
    again = issue(
        work,
        kind="bill",
        subscriber_id=bill.subscriber_id,
        lines=[sold],
        subscription_id=line.id,
        period=(bill.period_from, last),
        due_at=bill.due_at,
        paid=False,
    )
    if line.renews and own_money(work, again.subscriber_id) >= Money(cents):
        work.record(BillCovered(line.id))
    return again


def shift_with(line: Subscription, days: int) -> None:
    """What is bound to the end of the paid time moves along with it."""
    if line.next_plan_from is not None:
        line.next_plan_from += timedelta(days=days)
