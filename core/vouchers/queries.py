"""Reads about vouchers. None of them opens a code."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, and_, or_, select

from core.base.clock import last_day
from core.base.database import Work
from core.billing.model import AWAITING_NETWORK, Subscription
from core.catalogue.model import Plan
from core.vouchers.model import SOLD, Voucher

VOUCHERS_SHOWN = 20
"""Nobody pages further on a telephone; older ones are in the receipts."""


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """A voucher as lists show it, without its code. waits: no router of ours has said yes to it."""

    id: int
    state: str
    plan_name: str
    term_unit: str
    term_count: int
    shared_devices: int
    use_by: date
    sold_at: datetime
    subscription_id: int
    waits: bool


def _lines(subscriber_id: int) -> Select[Voucher, Plan, bool]:
    waits = and_(Subscription.state == AWAITING_NETWORK, Subscription.granted_at.is_(None))
    return (
        select(Voucher, Plan, waits)
        .join(Subscription, Subscription.id == Voucher.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(or_(Voucher.buyer_id == subscriber_id, Voucher.holder_id == subscriber_id))
        .order_by(Voucher.id.desc())
    )


def _line(voucher: Voucher, plan: Plan, waits: bool) -> VoucherLine:
    return VoucherLine(
        id=voucher.id,
        state=voucher.state,
        plan_name=plan.name,
        term_unit=plan.term_unit,
        term_count=plan.term_count,
        shared_devices=plan.shared_devices,
        use_by=last_day(voucher.use_by),
        sold_at=voucher.sold_at,
        subscription_id=voucher.subscription_id,
        waits=waits,
    )


def vouchers_of(work: Work, subscriber_id: int) -> list[VoucherLine]:
    """Those that this person bought or holds, newest first."""
    return [_line(*row) for row in work.session.execute(_lines(subscriber_id).limit(VOUCHERS_SHOWN))]


def newest_unused(work: Work, subscriber_id: int) -> VoucherLine | None:
    """The newest voucher with which nobody has logged in."""
    row = work.session.execute(_lines(subscriber_id).where(Voucher.state == SOLD).limit(1)).first()
    return _line(*row) if row is not None else None


def voucher_line(work: Work, voucher_id: int, subscriber_id: int) -> VoucherLine | None:
    """One voucher of this person."""
    row = work.session.execute(_lines(subscriber_id).where(Voucher.id == voucher_id)).first()
    return _line(*row) if row is not None else None
