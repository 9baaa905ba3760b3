"""Reads about lines, hotspot time and purchases, for screens and texts."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import joinedload

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.money import Money
from core.billing.account import IS_UNSERVED
from core.billing.common_payday import price_beside_bill, price_to_renew
from core.billing.model import (
    ACTIVE,
    AWAITING_NETWORK,
    ENDED,
    GRACE,
    PAID,
    Invoice,
    Purchase,
    Subscription,
)
from core.billing.paid_time import time_bought
from core.billing.periods import Term
from core.catalogue.coupon_model import Coupon
from core.catalogue.model import HOTSPOT, PPPOE, Plan
from core.catalogue.queries import PLAN_NOW, Offer, plan_in_row

_LAST_BOUGHT = f"""
    SELECT {PLAN_NOW} FROM purchases JOIN plans AS plan ON plan.id = plan_id
    WHERE buyer_id = %(subscriber_id)s AND paid_at IS NOT NULL AND kind = 'hotspot' AND role = 'access'
      AND purchases.price_cents > 0
    ORDER BY paid_at DESC LIMIT 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class HomeLine:
    """A home line as its owner sees it. last_day: the last day with service, none before the first yes.
    next_last_day: what paying one more term now would give. price_cents: what that costs: the open bill of the line, or
    the price of the plan that its next period is on. renewal_plan_*, term_*: that plan; plan_*: the one it has.
    days_left: paid days that wait while it is paused. renews: whether it renews from its account's own money.
    takes_code: whether some offer code holds for that plan now."""

    subscription_id: int
    plan_id: int
    plan_name: str
    price_cents: int
    term_unit: str
    term_count: int
    state: str
    last_day: date | None
    next_last_day: date
    site_id: int | None
    renewal_plan_id: int
    renewal_plan_name: str
    days_left: int = 0
    paused_until: date | None = None
    renews: bool = True
    takes_code: bool = False


@dataclass(frozen=True, slots=True)
class HotspotTime:
    """Hotspot time that runs."""

    subscription_id: int
    term_unit: str
    term_count: int
    ends_at: datetime
    shared_devices: int


def home_line(work: Work, subscriber_id: int) -> HomeLine | None:
    """The subscriber's home line: the one whose money is due first, where there are several."""
    bill = (
        select(array([Invoice.open_cents, Invoice.total_cents]))
        .where(Invoice.subscription_id == Subscription.id, Invoice.open_cents > 0, text(IS_UNSERVED))
        .order_by(Invoice.due_at.nulls_first(), Invoice.id)
        .limit(1)
        .scalar_subquery()
    )
    found = work.session.execute(
        select(Subscription, bill, _takes_code(work.now))
        .join(Subscription.plan)
        .options(joinedload(Subscription.plan), joinedload(Subscription.next_plan))
        .where(Subscription.subscriber_id == subscriber_id, Subscription.state != ENDED, Plan.kind == PPPOE)
        .order_by(Subscription.paid_through.nulls_last(), Subscription.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    line, bill, takes_code = found
    plan = line.renewal_plan
    return HomeLine(
        subscription_id=line.id,
        plan_id=line.plan_id,
        plan_name=line.plan.name,
        price_cents=_price_of_renewal(work, line, bill),
        term_unit=plan.term_unit,
        term_count=plan.term_count,
        state=line.state,
        last_day=last_day(line.paid_through) if line.paid_through else None,
        next_last_day=last_day(_paid_through_after_renewal(work, line)),
        site_id=line.site_id,
        renewal_plan_id=plan.id,
        renewal_plan_name=plan.name,
        days_left=line.paused_days_left or 0,
        paused_until=last_day(line.paused_until) if line.paused_until else None,
        renews=line.renews,
        takes_code=takes_code and plan.billing == "prepaid",
    )


def _takes_code(now: datetime) -> ColumnElement[bool]:
    plan_id = func.coalesce(Subscription.next_plan_id, Subscription.plan_id)
    return (
        select(Coupon.id)
        .where(
            or_(Coupon.plan_id.is_(None), Coupon.plan_id == plan_id),
            Coupon.retired_at.is_(None),
            Coupon.from_at <= now,
            Coupon.until_at > now,
        )
        .exists()
    )


def _price_of_renewal(work: Work, line: Subscription, bill: tuple[int, int] | None) -> int:
    """bill: what is open of the line's bill, and its total."""
    today = nairobi_day(work.now)
    if bill is None:
        return price_to_renew(line, line.renewal_plan, today).minor
    open_, total = bill
    return price_beside_bill(line, today, Money(open_), Money(total - open_)).minor


def _paid_through_after_renewal(work: Work, line: Subscription) -> datetime:
    waiting = work.session.scalars(
        select(Purchase.id).where(Purchase.subscription_id == line.id, Purchase.state == PAID)
    ).all()
    term = Term(line.renewal_plan.term_unit, line.renewal_plan.term_count)  # type: ignore[arg-type]
    after = time_bought(
        work, line, line.renewal_plan, term, back_at=work.now, asked_at=work.now, times=len(waiting) + 1
    )
    return after.paid_through


def hotspot_times(work: Work, subscriber_id: int) -> list[HotspotTime]:
    """The subscriber's running hotspot time, what ends first first."""
    found = work.session.scalars(
        select(Subscription)
        .join(Subscription.plan)
        .options(joinedload(Subscription.plan))
        .where(
            Subscription.subscriber_id == subscriber_id,
            Subscription.state.in_([ACTIVE, GRACE]),
            Subscription.paid_through > work.now,
            Plan.kind == HOTSPOT,
        )
        .order_by(Subscription.paid_through)
    )
    return [
        HotspotTime(
            subscription_id=line.id,
            term_unit=line.plan.term_unit,
            term_count=line.plan.term_count,
            ends_at=line.paid_through,
            shared_devices=line.plan.shared_devices,
        )
        for line in found
        if line.paid_through is not None
    ]


def last_bought(work: Work, subscriber_id: int) -> Offer | None:
    """The hotspot plan that this person paid for last, if it is still sold."""
    row = work.within(_LAST_BOUGHT, {"subscriber_id": subscriber_id, "now": work.now})
    plan = plan_in_row(row) if row is not None else None
    return plan.offer if plan is not None and plan.is_on_sale else None


def line_with_data(work: Work, subscriber_id: int) -> tuple[int, str] | None:
    """The running line of the subscriber whose data has an end, and its kind: the newest one."""
    row = work.session.execute(
        select(Subscription.id, Plan.kind)
        .join(Subscription.plan)
        .where(
            Subscription.subscriber_id == subscriber_id,
            Subscription.state.in_([ACTIVE, GRACE]),
            Plan.data_cap_bytes.is_not(None),
        )
        .order_by(Subscription.id.desc())
        .limit(1)
    ).one_or_none()
    return (row.id, row.kind) if row is not None else None


def is_awaited(work: Work, subscription_id: int) -> bool:
    """Whether the network has never said yes to this access, though it is paid."""
    line = work.session.get_one(Subscription, subscription_id)
    return line.state == AWAITING_NETWORK and line.granted_at is None


def request_of(work: Work, subscription_id: int) -> str | None:
    """The request id of the newest purchase of this access: what happens to the access is part of that story."""
    return work.session.scalar(
        select(Purchase.request_id)
        .where(Purchase.subscription_id == subscription_id)
        .order_by(Purchase.id.desc())
        .limit(1)
    )
