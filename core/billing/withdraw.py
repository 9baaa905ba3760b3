"""Unused time is taken back when its money is: what a purchase bought ends now, and what was used of it is counted."""

from dataclasses import dataclass
from datetime import timedelta

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
    SERVED,
    SUSPENDED,
    UNPAID,
    Purchase,
    Subscription,
)
from core.billing.moves import move
from core.billing.pause import take_back_bills
from core.billing.periods import PaidTime, shifted
from core.billing.plan_of_line import shift_with
from core.billing.proration import part
from core.billing.serve import lock_line
from core.billing.stretches import unserved
from core.catalogue.model import HOTSPOT, Plan

DAY = timedelta(days=1)
NOT_AFTER_THAT = "the days before it were taken back"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """How much of what was bought was used, in days or seconds, of how much. Of days that were not used: the invoice
    that charged for them, which is another where the plan was changed meanwhile, and what it charged."""

    used: int
    of: int
    charged_by: int | None = None
    charged: Money | None = None

    def unused_part(self, price: Money) -> Money:
        return self.charged if self.charged is not None else part(price, self.used, self.of, self.of)


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
    """Nothing of it has begun: the line waits for its other purchases, for the days that a pause kept, or goes back to
    where it was."""
    purchase.state = UNPAID
    work.session.flush()
    others = select(Purchase.id).where(Purchase.subscription_id == line.id, Purchase.state == PAID).limit(1)
    waits = line.paused_days_left is not None or work.session.scalar(others) is not None
    if line.state == AWAITING_NETWORK and not waits:
        move(work, line, ENDED if line.paid_through is None else SUSPENDED, cause)
        work.record(AccessChanged(line.id))


def _withdraw_days(work: Work, line: Subscription, purchase: Purchase) -> Withdrawn:
    """The days of this purchase that are to come, or wait in a pause; those of others move up to where they lay."""
    waits = line.paused_days_left is not None
    if line.paid_through is None or not (waits or line.state in (ACTIVE, GRACE)):
        return Withdrawn(1, 1)
    first = nairobi_day(work.now) + DAY
    if line.paused_days_left is not None:
        first = last_day(line.paid_through) - (line.paused_days_left - 1) * DAY
    found = (one for one in unserved(work, line, first) if one.purchase_id == purchase.id)
    stretch = next(found, None)
    unused = stretch.days - stretch.used_before(first) if stretch is not None else 0
    if stretch is None or unused == 0:
        return Withdrawn(1, 1)
    take_back_bills(work, line, reason=NOT_AFTER_THAT, source=f"withdrawn:{purchase.id}")
    if line.paused_days_left is not None:
        line.paused_days_left -= unused
    else:
        fixed = line.plan.fixed_anchor is not None
        back = shifted(PaidTime(line.paid_through, line.anchor_day), -unused, fixed=fixed)
        line.paid_through, line.anchor_day = back.paid_through, back.anchor
        _keep_next_plan(line, purchase, unused)
    work.session.flush()
    return Withdrawn(stretch.days - unused, stretch.days, stretch.invoice_id, stretch.credit_from(first))


def _keep_next_plan(line: Subscription, purchase: Purchase, days: int) -> None:
    """A next plan that was paid begins earlier by the days that went before it; without paid days it is only asked
    for."""
    assert line.paid_through is not None
    if line.next_plan_from is not None and purchase.plan_id != line.next_plan_id:
        shift_with(line, -days)
    if line.next_plan_from is not None and line.next_plan_from >= line.paid_through:
        line.next_plan_from = None
