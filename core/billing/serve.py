"""Serve a paid purchase: prolong the line it renews, or begin a new access that waits for the network's yes."""

from datetime import datetime

from sqlalchemy import select

from core.base.database import Work
from core.base.dated import dated
from core.billing.events import AccessChanged, PaidTimeStarted
from core.billing.model import (
    ACTIVE,
    AWAITING_NETWORK,
    ENDED,
    GRACE,
    PAID,
    PAUSED,
    SERVED,
    SUSPENDED,
    Purchase,
    Subscription,
)
from core.billing.moves import move, note_move
from core.billing.periods import PaidTime, Term, first_period, renewed


def serve(work: Work, purchase: Purchase) -> Subscription:
    """Turn paid money into access. The caller holds the beneficiary's row and has invoiced the purchase.

    A line that is on is prolonged at once. One that is off, or new, waits for its router: paid time starts
    when the network says yes, so a purchase made while the router is down loses no minute.
    """
    purchase.state, purchase.paid_at = PAID, work.now
    line = _line(work, purchase)
    if line.state in (ACTIVE, GRACE):
        _prolong(work, line, [purchase], back_at=work.now, cause=f"purchase {purchase.id}")
    elif line.state in (SUSPENDED, PAUSED):
        move(work, line, AWAITING_NETWORK, f"purchase {purchase.id}")
        work.record(AccessChanged(line.id))
    return line


def _line(work: Work, purchase: Purchase) -> Subscription:
    if purchase.subscription_id is not None:
        known = lock_line(work, purchase.subscription_id)
        if known.state != ENDED:
            return known
    # An ended line is not woken: the money opens a new one on the same plan.
    line = Subscription(
        subscriber_id=purchase.beneficiary_id,
        plan_id=purchase.plan_id,
        site_id=purchase.site_id,
        state=AWAITING_NETWORK,
        created_at=work.now,
    )
    work.session.add(line)
    work.session.flush()
    purchase.subscription_id = line.id
    note_move(work, line, AWAITING_NETWORK, f"purchase {purchase.id}")
    work.record(AccessChanged(line.id))
    return line


def start_paid_time(work: Work, *, subscription_id: int, at: datetime) -> None:
    """The network said yes at `at`. Home lines begin (or come back); hotspot time waits for the first login."""
    line = lock_line(work, subscription_id)
    if line.dark_since is not None and at < line.dark_since:
        return  # a yes from before the line was cut
    line.granted_at = line.granted_at or at
    if line.state == AWAITING_NETWORK and line.plan.starts == "grant":
        _begin(work, line, at, cause="the router has it")


def start_at_login(work: Work, *, subscription_id: int, at: datetime) -> None:
    """Somebody logged in at `at` for the first time: hotspot time runs from then, by the wall clock."""
    line = lock_line(work, subscription_id)
    if line.state == AWAITING_NETWORK:
        _begin(work, line, at, cause="first login")


def lock_line(work: Work, subscription_id: int) -> Subscription:
    """The subscription, locked and read afresh: the sweep moves lines without asking for their owner."""
    return work.session.get_one(
        Subscription, subscription_id, with_for_update={"of": Subscription}, populate_existing=True
    )


def _begin(work: Work, line: Subscription, at: datetime, cause: str) -> None:
    unserved = work.session.scalars(
        select(Purchase)
        .where(Purchase.subscription_id == line.id, Purchase.state == PAID)
        .order_by(Purchase.id)
        .with_for_update()
    ).all()
    line.starts_at = line.starts_at or at
    _prolong(work, line, list(unserved), back_at=at, cause=cause)


def _prolong(
    work: Work, line: Subscription, purchases: list[Purchase], *, back_at: datetime, cause: str
) -> None:
    """Add what was paid for, one purchase after the other, each by the term that was bought."""
    (forgive_after,) = dated(work, "home.fresh_start_after_dark_days")
    for purchase in purchases:
        term = Term(purchase.term_unit, purchase.term_count)  # type: ignore[arg-type]
        time = _next_time(line, term, back_at, forgive_after)
        line.paid_through, line.anchor_day, line.dark_since = time.paid_through, time.anchor, None
        purchase.state, purchase.served_at = SERVED, work.now
        work.record(PaidTimeStarted(purchase.id))
    if line.state != ACTIVE and line.paid_through is not None:
        move(work, line, ACTIVE, cause)


def _next_time(line: Subscription, term: Term, back_at: datetime, forgive_after: int) -> PaidTime:
    if line.paid_through is None:
        return first_period(back_at, term)
    if line.dark_since is not None:
        back_at = max(back_at, line.dark_since)  # the network's yes is told in whole seconds
    return renewed(
        line.paid_through,
        term,
        line.anchor_day,
        back_at=back_at,
        dark_since=line.dark_since,
        forgive_after_dark_days=forgive_after,
    )
