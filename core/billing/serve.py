"""Serve a paid purchase: prolong the line it renews, or begin a new access that waits for the network's yes."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value

from core.base.clock import last_day
from core.base.database import RECORDED, Work
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
    SubscriptionMove,
)
from core.billing.moves import move
from core.billing.paid_time import time_bought
from core.billing.periods import PaidTime, Term, dark_days, resumed, shifted
from core.billing.plan_of_line import follow_purchase, shift_with


def serve(work: Work, purchase: Purchase) -> Subscription:
    """Turn paid money into access. The caller holds the beneficiary's row.

    A line that is on is prolonged at once. One that is off, or new, waits for its router: paid time starts
    when the network says yes, so a purchase made while the router is down loses no minute.
    """
    line = lock_line(work, purchase.subscription_id) if purchase.subscription_id is not None else None
    if line is None or line.state == ENDED:
        return _open_line(work, purchase)
    purchase.state, purchase.paid_at = PAID, work.now
    if line.slowed_at is not None:  # it was slow for want of money
        line.slowed_at = None
        work.record(AccessChanged(line.id))
    if line.state in (ACTIVE, GRACE):
        _prolong(work, line, [purchase], back_at=work.now, cause=f"purchase {purchase.id}")
    elif line.state in (SUSPENDED, PAUSED):
        follow_purchase(work, line, purchase)
        move(work, line, AWAITING_NETWORK, f"purchase {purchase.id}")
        line.granted_at = None  # it waits for another yes
        work.record(AccessChanged(line.id))
    return line


_OPEN_LINE = f"""
    WITH line AS (
        INSERT INTO subscriptions (id, subscriber_id, plan_id, site_id, state, created_at)
        SELECT %(line_id)s, beneficiary_id, plan_id, site_id, 'awaiting_network', %(now)s
        FROM purchases WHERE id = %(purchase_id)s
    ), noted AS (
        INSERT INTO subscription_moves (subscription_id, at, to_state, cause)
        VALUES (%(line_id)s, %(now)s, 'awaiting_network', %(cause)s)
    ), occasion AS (
        UPDATE purchases SET state = 'paid', paid_at = %(now)s, subscription_id = %(line_id)s
        WHERE id = %(purchase_id)s RETURNING id
    ), {RECORDED}
    SELECT id FROM occasion
"""  # noqa: S608


def _open_line(work: Work, purchase: Purchase) -> Subscription:
    """A new line; an ended one is not woken, the money opens another on the same plan."""
    line_id = work.next_id("subscriptions")
    values = {"line_id": line_id, "purchase_id": purchase.id, "cause": f"purchase {purchase.id}"}
    work.within(_OPEN_LINE, values | work.recording([AccessChanged(line_id)]))
    for name, value in (("state", PAID), ("paid_at", work.now), ("subscription_id", line_id)):
        set_committed_value(purchase, name, value)
    line = Subscription(id=line_id)
    make_transient_to_detached(line)  # the row is there; what else stands in it is read when it is asked for
    work.session.add(line)
    return line


# A yes that begins no time is noted, where it is not from before the line was cut.
_NOTE_YES = """
    UPDATE subscriptions s SET granted_at = %(at)s FROM plans p
    WHERE s.id = %(subscription_id)s AND p.id = s.plan_id AND p.starts <> 'grant' AND s.granted_at IS NULL
      AND (s.dark_since IS NULL OR s.dark_since <= %(at)s)
    RETURNING s.id
"""


def start_paid_time(work: Work, *, subscription_id: int, at: datetime) -> None:
    """The network said yes at `at`. Home lines begin (or come back); hotspot time waits for the first login."""
    if work.at_once(_NOTE_YES, {"subscription_id": subscription_id, "at": at}):
        return
    line = lock_line(work, subscription_id)
    if line.dark_since is not None and at < line.dark_since:
        return  # a yes from before the line was cut
    line.granted_at = line.granted_at or at
    if line.state == AWAITING_NETWORK and line.plan.starts == "grant":
        _begin(work, line, at, cause="the router has it")


def start_at_login(work: Work, *, subscription_id: int, at: datetime, site_id: int | None = None) -> None:
    """Somebody logged in at `at` for the first time: hotspot time runs from then, by the wall clock. site_id: where,
    which is what its outages are those of."""
    line = lock_line(work, subscription_id)
    if line.state == AWAITING_NETWORK:
        line.site_id = line.site_id or site_id
        _begin(work, line, at, cause="first login")


def lock_line(work: Work, subscription_id: int) -> Subscription:
    """The subscription, locked and read afresh: the sweep moves lines without asking for their owner."""
    return work.session.get_one(
        Subscription,
        subscription_id,
        options=[joinedload(Subscription.plan, innerjoin=True)],
        with_for_update={"of": Subscription},
        populate_existing=True,
    )


def _begin(work: Work, line: Subscription, at: datetime, cause: str) -> None:
    unserved = work.session.scalars(
        select(Purchase)
        .where(Purchase.subscription_id == line.id, Purchase.state == PAID)
        .order_by(Purchase.id)
        .with_for_update()
    ).all()
    line.starts_at = line.starts_at or at
    if line.paused_days_left is not None:
        _give_back(line, at)
    if line.plan.billing == "postpaid":
        _pass_over_dark_days(work, line, at)
    _prolong(work, line, list(unserved), back_at=at, cause=cause)


def _give_back(line: Subscription, at: datetime) -> None:
    """The days that waited while the line was paused."""
    assert line.paid_through is not None, "it was on before"
    assert line.paused_days_left is not None, "it was paused"
    fixed = line.plan.fixed_anchor is not None
    time = resumed(line.paused_days_left, at, line.anchor_day, fixed=fixed)
    shift_with(line, (last_day(time.paid_through) - last_day(line.paid_through)).days)
    line.paid_through, line.anchor_day = time.paid_through, time.anchor
    line.paused_at = line.paused_days_left = line.paused_until = None


def _pass_over_dark_days(work: Work, line: Subscription, at: datetime) -> None:
    """The days on which a line that pays after the month was off are in no bill: its month ends later by them."""
    off_since = line.dark_since or work.session.scalar(
        select(SubscriptionMove.at)
        .where(SubscriptionMove.subscription_id == line.id, SubscriptionMove.to_state == SUSPENDED)
        .order_by(SubscriptionMove.id.desc())
        .limit(1)
    )
    if off_since is None or line.paid_through is None:
        return
    days = dark_days(off_since, max(at, off_since))
    fixed = line.plan.fixed_anchor is not None
    time = shifted(PaidTime(line.paid_through, line.anchor_day), days, fixed=fixed)
    line.paid_through, line.anchor_day, line.dark_since = time.paid_through, time.anchor, None


def _prolong(
    work: Work, line: Subscription, purchases: list[Purchase], *, back_at: datetime, cause: str
) -> None:
    """Add what was paid for, one purchase after the other, each by the term that was bought."""
    for purchase in purchases:
        follow_purchase(work, line, purchase)
        term = Term(purchase.term_unit, purchase.term_count)  # type: ignore[arg-type]
        time = time_bought(work, line, purchase.plan, term, back_at=back_at, asked_at=purchase.created_at)
        if time.forgave_grace:
            line.forgiven_at = work.now
        line.paid_through, line.anchor_day, line.dark_since = time.paid_through, time.anchor, None
        purchase.state, purchase.served_at = SERVED, work.now
        work.record(PaidTimeStarted(purchase.id))
    if line.state != ACTIVE and line.paid_through is not None:
        move(work, line, ACTIVE, cause)
