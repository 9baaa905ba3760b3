"""Reads about lines, hotspot time and purchases, for screens and texts."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from core.base.clock import last_day
from core.base.database import Work
from core.base.dated import dated
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, PAID, Purchase, Subscription
from core.billing.periods import Term, first_period, renewed
from core.catalogue.model import HOTSPOT, PPPOE, Plan
from core.catalogue.queries import Offer, offer_of


@dataclass(frozen=True, slots=True)
class HomeLine:
    """A home line as its owner sees it. last_day: the last day with service, none before the first yes.
    next_last_day: what paying one more term now would give."""

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
    line = work.session.scalar(
        select(Subscription)
        .join(Subscription.plan)
        .options(joinedload(Subscription.plan))
        .where(Subscription.subscriber_id == subscriber_id, Subscription.state != ENDED, Plan.kind == PPPOE)
        .order_by(Subscription.paid_through.nulls_last(), Subscription.id)
        .limit(1)
    )
    if line is None:
        return None
    return HomeLine(
        subscription_id=line.id,
        plan_id=line.plan_id,
        plan_name=line.plan.name,
        price_cents=line.plan.price_cents,
        term_unit=line.plan.term_unit,
        term_count=line.plan.term_count,
        state=line.state,
        last_day=last_day(line.paid_through) if line.paid_through else None,
        next_last_day=last_day(_paid_through_after_renewal(work, line)),
        site_id=line.site_id,
    )


def _paid_through_after_renewal(work: Work, line: Subscription) -> datetime:
    (forgive_after,) = dated(work, "home.fresh_start_after_dark_days")
    waiting = work.session.scalars(
        select(Purchase.id).where(Purchase.subscription_id == line.id, Purchase.state == PAID)
    ).all()
    term = Term(line.plan.term_unit, line.plan.term_count)  # type: ignore[arg-type]
    times = len(waiting) + 1
    if line.paid_through is None:
        return first_period(work.now, term, times=times).paid_through
    return renewed(
        line.paid_through,
        term,
        line.anchor_day,
        back_at=work.now,
        dark_since=line.dark_since,
        times=times,
        forgive_after_dark_days=forgive_after,
    ).paid_through


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
    plan = work.session.scalar(
        select(Plan)
        .join(Purchase, Purchase.plan_id == Plan.id)
        .options(selectinload(Plan.sites))
        .where(Purchase.buyer_id == subscriber_id, Purchase.paid_at.is_not(None), Plan.kind == HOTSPOT)
        .order_by(Purchase.paid_at.desc())
        .limit(1)
    )
    return offer_of(plan) if plan is not None and plan.state == "on_sale" else None


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
