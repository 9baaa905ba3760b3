"""Unused time is taken back when its money is: what a purchase bought ends now, and what was used of it is counted."""

from dataclasses import dataclass

from sqlalchemy import select

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.money import Money
from core.billing.data import withdraw_topup
from core.billing.events import AccessChanged, AccessEnded
from core.billing.exchange import exchange
from core.billing.line_model import LinePlanChange
from core.billing.model import (
    ACTIVE,
    AWAITING_NETWORK,
    CHANGE,
    ENDED,
    GRACE,
    PAID,
    PAUSED,
    SERVED,
    SUSPENDED,
    UNPAID,
    Invoice,
    Purchase,
    Subscription,
)
from core.billing.moves import move
from core.billing.periods import PaidTime, add_months, shifted
from core.billing.proration import part
from core.billing.serve import lock_line
from core.catalogue.model import HOTSPOT, Plan


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """How much of what was bought was used, in days or seconds, of how much."""

    used: int
    of: int

    def unused_part(self, price: Money) -> Money:
        return part(price, self.used, self.of, self.of)


def withdraw_unused(work: Work, purchase: Purchase, *, cause: str) -> Withdrawn:
    """Take back the time of a paid purchase that was not used yet. Its money is the caller's affair, who holds the
    beneficiary's row."""
    if purchase.subscription_id is None or purchase.state not in (PAID, SERVED):
        return Withdrawn(0, 1)
    if purchase.plan.role == "topup":
        return Withdrawn(*withdraw_topup(work, purchase))
    line = lock_line(work, purchase.subscription_id)
    if purchase.purpose == CHANGE:
        _change_back(work, line, purchase)
        return Withdrawn(1, 1)
    if line.plan.kind == HOTSPOT:
        return _withdraw_hotspot(work, line, cause)
    if purchase.state == PAID:
        _withdraw_waiting(work, line, purchase, cause)
        return Withdrawn(0, 1)
    return _withdraw_days(work, line, purchase)


def _change_back(work: Work, line: Subscription, purchase: Purchase) -> None:
    """The plan that was changed with the money is changed back from today on; what was used of it is owed."""
    change = work.session.scalar(select(LinePlanChange).where(LinePlanChange.purchase_id == purchase.id))
    if change is None or line.state != ACTIVE or line.plan_id != change.to_plan_id:
        return
    exchange(work, line, work.session.get_one(Plan, change.from_plan_id))


def _withdraw_hotspot(work: Work, line: Subscription, cause: str) -> Withdrawn:
    if line.state == ENDED:
        return Withdrawn(1, 1)
    used, of = 0, 1
    if line.starts_at is not None and line.paid_through is not None:
        of = int((line.paid_through - line.starts_at).total_seconds())
        used = min(of, int((work.now - line.starts_at).total_seconds()))
        line.paid_through = min(line.paid_through, work.now)
    move(work, line, ENDED, cause)
    work.record(AccessEnded(line.id))
    work.record(AccessChanged(line.id))
    return Withdrawn(used, of)


def _withdraw_waiting(work: Work, line: Subscription, purchase: Purchase, cause: str) -> None:
    """Nothing of it has begun: the line waits for its other purchases, or goes back to where it was."""
    purchase.state = UNPAID
    work.session.flush()
    others = select(Purchase.id).where(Purchase.subscription_id == line.id, Purchase.state == PAID).limit(1)
    if line.state == AWAITING_NETWORK and work.session.scalar(others) is None:
        move(work, line, ENDED if line.paid_through is None else SUSPENDED, cause)
        work.record(AccessChanged(line.id))


def _withdraw_days(work: Work, line: Subscription, purchase: Purchase) -> Withdrawn:
    if line.paid_through is None or line.state not in (ACTIVE, GRACE, PAUSED):
        return Withdrawn(1, 1)
    last, today = last_day(line.paid_through), nairobi_day(work.now)
    of = _days_of(work, line, purchase)
    if line.state == PAUSED:
        unused = min(of, line.paused_days_left or 0)
        line.paused_days_left = (line.paused_days_left or 0) - unused
        return Withdrawn(of - unused, of)
    unused = max(0, min(of, (last - today).days))
    if unused:
        back = shifted(PaidTime(line.paid_through, line.anchor_day), -unused)
        line.paid_through, line.anchor_day = back.paid_through, back.anchor
    return Withdrawn(of - unused, of)


def _days_of(work: Work, line: Subscription, purchase: Purchase) -> int:
    invoice = work.session.scalar(select(Invoice).where(Invoice.purchase_id == purchase.id))
    if purchase.term_unit == "days":
        return purchase.term_count
    if invoice is not None and invoice.period_from is not None and invoice.period_to is not None:
        return (invoice.period_to - invoice.period_from).days + 1
    assert line.paid_through is not None
    last = last_day(line.paid_through)
    return (last - add_months(last, -purchase.term_count, line.anchor_day or last.day)).days
