"""Move a line's payday: one prorated bridge from the old one to the new, shown before, paid like anything else."""

from dataclasses import dataclass
from datetime import date

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.account import open_bill, own_money, pay_from_own
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.model import ACTIVE, PAYDAY, SERVED, Purchase, Subscription
from core.billing.periods import Bridge, moved_payday
from core.billing.plan_of_line import follow_purchase
from core.billing.proration import part
from core.billing.purchase import StepId, begin_line_order
from core.billing.serve import lock_line
from core.catalogue.model import PPPOE, Plan
from core.ledger.accounts import revenue


@dataclass(frozen=True, slots=True)
class PaydayQuote:
    """The bridge, what it costs, and its first and last day."""

    bridge: Bridge
    due: Money
    first: date
    last: date


def quote_payday(work: Work, subscription_id: int, anchor: int) -> PaydayQuote:
    """What moving the payday to the day `anchor` of the month costs now: days on the plan of the next period, which
    begins with them. Raises Refusal where it cannot be moved."""
    line = work.session.get_one(Subscription, subscription_id)
    if not (_has_payday(line.plan) and _has_payday(line.renewal_plan)):
        raise Refusal(say("The payday of this plan cannot be moved."))
    if not 1 <= anchor <= 31:
        raise Refusal(say("A payday is a day of the month, from 1 to 31."))
    if line.state != ACTIVE or open_bill(work, line.id) is not None or line.next_plan_from is not None:
        raise Refusal(say("Please pay what is due first. Then the payday can be moved."))
    assert line.paid_through is not None
    ends = last_day(line.paid_through)
    bridge = moved_payday(line.paid_through, line.anchor_day or ends.day, anchor)
    due = part(line.renewal_plan.price, 0, bridge.days, bridge.of_days)
    return PaydayQuote(bridge, due, nairobi_day(line.paid_through), last_day(bridge.paid_through))


def _has_payday(plan: Plan) -> bool:
    """Whether its lines have paydays of their own."""
    is_monthly = plan.kind == PPPOE and plan.billing == "prepaid" and plan.term_unit == "months"
    return is_monthly and plan.fixed_anchor is None


def order_payday(
    work: Work, line: Subscription, quoted: PaydayQuote, *, step: StepId, buyer_id: int
) -> Purchase:
    """The purchase that pays for the bridge."""
    return begin_line_order(
        work,
        step=step,
        buyer_id=buyer_id,
        line=line,
        purpose=PAYDAY,
        plan_id=line.renewal_plan.id,
        price=quoted.due,
        days=quoted.bridge.days,
        anchor_day=quoted.bridge.anchor,
    )


def is_still_quoted(work: Work, purchase: Purchase) -> bool:
    """Whether the bridge is still the one that was quoted."""
    assert purchase.subscription_id is not None
    assert purchase.anchor_day is not None
    line = work.session.get_one(Subscription, purchase.subscription_id)
    try:
        now = quote_payday(work, purchase.subscription_id, purchase.anchor_day)
    except Refusal:
        return False
    return now.due == purchase.price and line.renewal_plan.id == purchase.plan_id


def move_payday(work: Work, purchase: Purchase) -> Subscription:
    """The bridge is paid: the line goes on to the new payday. The caller holds the account's row. Raises Refusal."""
    assert purchase.subscription_id is not None
    assert purchase.anchor_day is not None
    line = lock_line(work, purchase.subscription_id)
    quoted = quote_payday(work, line.id, purchase.anchor_day)
    follow_purchase(work, line, purchase)
    line.paid_through, line.anchor_day = quoted.bridge.paid_through, quoted.bridge.anchor
    purchase.state, purchase.paid_at, purchase.served_at = SERVED, work.now, work.now
    covered = own_money(work, line.account_holder_id) >= purchase.price
    plan = purchase.plan
    invoice = issue(
        work,
        kind="change",
        subscriber_id=line.account_holder_id,
        lines=[
            InvoiceLineDraft(
                f"{plan.name}, {quoted.first:%d/%m/%Y} - {quoted.last:%d/%m/%Y}",
                purchase.price,
                plan.id,
                revenue(plan.kind, line.site_id),
            )
        ],
        subscription_id=line.id,
        period=(quoted.first, quoted.last),
        due_at=work.now,
        purchase_id=purchase.id,
        paid=covered,
    )
    if not covered:
        pay_from_own(work, invoice, source=f"purchase:{purchase.id}:payday")
    return line
