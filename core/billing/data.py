"""Data with an end: what a line has in a period, what it used, and what follows when that is all of it.

The allowance is used first, then top-ups that end with the period, then those that carry over. What is used beyond
all of them, slowly, is counted and takes nothing. The router's counters say how much; usage only grows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text

from core.base.database import Work
from core.billing.data_model import DataCounter, DataPeriod, DataTopup
from core.billing.data_period import period_at
from core.billing.data_tell import tell_added, tell_used
from core.billing.events import AccessChanged
from core.billing.model import ACTIVE, ENDED, GRACE, SERVED, Purchase, Subscription
from core.billing.serve import lock_line

WRAP = 2**32
"""Counters of 32 bits begin again here."""
SESSIONS_KEPT = timedelta(days=35)
"""A session of which nothing was heard for so long is over; its counter is forgotten."""
LINES_A_CHUNK = 10_000
FIRST_LOOK = timedelta(minutes=2)
"""A session with which a line's time began may look that much older than it."""

_LIFT = text(
    """
    WITH over AS (
        SELECT id FROM subscriptions s WHERE capped_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM data_periods p
            WHERE p.subscription_id = s.id AND p.begins_at <= :now AND p.ends_at > :now
        ) ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE subscriptions s SET capped_at = NULL FROM over WHERE s.id = over.id RETURNING s.id, s.state
    """
)


@dataclass(frozen=True, slots=True)
class DataLeft:
    """Bytes that a line has in its period, top-ups among them, and how many of them are left."""

    quota: int
    left: int

    @property
    def is_four_fifths_used(self) -> bool:
        return self.left * 5 <= self.quota


def growth(known: int | None, counter: int) -> int:
    """By how much a session's usage grew from the reading `known` (None: its first) to `counter`, in bytes.

    A lower counter within a session has wrapped at 32 bits. One that could hold more than 32 bits cannot have: such a
    reading is not believed.
    """
    if known is None:
        return counter
    if counter >= known:
        return counter - known
    return counter + WRAP - known if known < WRAP else 0


def count_usage(
    work: Work,
    *,
    subscription_id: int,
    session: str,
    counter_bytes: int,
    at: datetime,
    begun_at: datetime | None = None,
) -> DataLeft | None:
    """A session's counter stood at `counter_bytes` (both directions together) at `at`.

    session: its name. begun_at: when it began; one that began after the last reading under its name is another (a
    router that was restarted numbers its sessions anew). None: its name is never given again. Counted in the period in
    which `at` lies, also after that has ended. Readings may come twice or late: one from before the last that is known
    says nothing. None where the line's data has no end.
    """
    line = lock_line(work, subscription_id)
    if line.plan.data_cap_bytes is None:
        return None
    period = period_at(work, line, at)
    if period is None:
        return None
    grown = _read_counter(work, period, session, counter_bytes, at, begun_at)
    topups = _topups(work, period)
    period.used_bytes += grown
    _take(period, topups, grown)
    found = _left(period, topups)
    if period.begins_at <= work.now < period.ends_at and line.state != ENDED:
        _follow(work, line, period, found)
    work.session.flush()
    return found


def data_left(work: Work, subscription_id: int) -> DataLeft | None:
    """What a line has left in the period of now. None where its data has no end, or its time has not begun."""
    line = work.session.get_one(Subscription, subscription_id)
    if line.plan.data_cap_bytes is None:
        return None
    period = period_at(work, line, work.now)
    return _left(period, _topups(work, period)) if period is not None else None


def add_topup(work: Work, purchase: Purchase) -> DataTopup:
    """Add the data of a paid top-up to its line, which is at full speed again. The line is locked by this."""
    assert purchase.subscription_id is not None, "it is for a line"
    assert purchase.plan.data_cap_bytes is not None, "a top-up has bytes"
    line = lock_line(work, purchase.subscription_id)
    period = period_at(work, line, work.now)
    ends = not purchase.plan.carries_over and period is not None
    topup = DataTopup(
        subscription_id=line.id,
        purchase_id=purchase.id,
        period_id=period.id if ends and period is not None else None,
        bytes=purchase.plan.data_cap_bytes,
        used_bytes=0,
        bought_at=work.now,
    )
    work.session.add(topup)
    if period is not None:
        period.told_100_at = None  # it may be used up once more, and that is told again
    line.capped_at = None
    purchase.state, purchase.paid_at, purchase.served_at = SERVED, work.now, work.now
    work.record(AccessChanged(line.id))
    work.session.flush()
    return topup


def tell_topped_up(work: Work, purchase: Purchase) -> None:
    """The receipt of a top-up: what was added, and what there is."""
    assert purchase.subscription_id is not None, "it is for a line"
    line, added = (
        work.session.get_one(Subscription, purchase.subscription_id),
        purchase.plan.data_cap_bytes or 0,
    )
    found = data_left(work, line.id)
    left = found.left if found is not None else added
    tell_added(work, line, added=added, left=left, purchase_id=purchase.id)


def can_top_up(work: Work, purchase: Purchase) -> bool:
    """Whether the line of a top-up is still on."""
    assert purchase.subscription_id is not None, "it is for a line"
    return lock_line(work, purchase.subscription_id).state in (ACTIVE, GRACE)


def withdraw_topup(work: Work, purchase: Purchase) -> tuple[int, int]:
    """Take back what is left of a top-up: how much of it was used, of how many bytes."""
    topup = work.session.scalar(
        select(DataTopup).where(DataTopup.purchase_id == purchase.id).with_for_update()
    )
    if topup is None:
        return 0, 1
    used, topup.used_bytes = topup.used_bytes, topup.bytes
    return used, topup.bytes


def topup_bytes(work: Work, subscription_id: int) -> int:
    """All that was ever bought on top: by so much the router's own limit is higher."""
    statement = "SELECT coalesce(sum(bytes), 0) FROM data_topups WHERE subscription_id = :id"
    return int(work.scalar(statement, id=subscription_id))


def follow_plan(work: Work, line: Subscription) -> None:
    """The (locked) line is on another plan: where that leaves it data, or has no end of it, it is at full speed."""
    if line.capped_at is None:
        return
    found = data_left(work, line.id)
    if found is None or found.left > 0:
        line.capped_at = None
        work.record(AccessChanged(line.id))


def lift_caps(work: Work) -> int:
    """The lines whose period is over are at full speed again. How many there were, at most LINES_A_CHUNK."""
    lifted = work.session.execute(_LIFT, {"now": work.now, "limit": LINES_A_CHUNK}).all()
    work.record_all([AccessChanged(row.id) for row in lifted if row.state != ENDED])
    work.session.execute(delete(DataCounter).where(DataCounter.at < work.now - SESSIONS_KEPT))
    return len(lifted)


def _read_counter(
    work: Work, period: DataPeriod, session: str, counter: int, at: datetime, begun_at: datetime | None
) -> int:
    """Note how far the counter stands, and return by how much it grew."""
    known = work.session.get(DataCounter, (period.subscription_id, session))
    if known is None:
        known = DataCounter(subscription_id=period.subscription_id, session=session)
        work.session.add(known)
        is_older = begun_at is not None and begun_at < period.begins_at - FIRST_LOOK
        grown = 0 if is_older else growth(None, counter)  # nobody knows how much of it was before
    elif begun_at is not None and known.at < begun_at:
        grown = growth(None, counter)
    elif at < known.at or (at == known.at and counter <= known.counter_bytes):
        return 0
    else:
        grown = growth(known.counter_bytes, counter)
        if not grown and counter != known.counter_bytes:
            return 0
    known.counter_bytes, known.at = counter, at
    return grown


def _topups(work: Work, period: DataPeriod) -> Sequence[DataTopup]:
    """What may be used on top in this period: first what ends with it."""
    return work.session.scalars(
        select(DataTopup)
        .where(
            DataTopup.subscription_id == period.subscription_id,
            DataTopup.period_id.is_(None) | (DataTopup.period_id == period.id),
            DataTopup.bought_at < period.ends_at,
        )
        .order_by(DataTopup.period_id.nulls_last(), DataTopup.id)
    ).all()


def _take(period: DataPeriod, topups: Sequence[DataTopup], count: int) -> None:
    taken = min(count, period.allowance_bytes - period.from_plan_bytes)
    period.from_plan_bytes += taken
    for topup in topups:
        count -= taken
        taken = min(count, topup.bytes - topup.used_bytes)
        topup.used_bytes += taken


def _left(period: DataPeriod, topups: Sequence[DataTopup]) -> DataLeft:
    """One that carries over and is used up counts no more."""
    on_top = [topup for topup in topups if topup.period_id is not None or topup.used_bytes < topup.bytes]
    left = period.allowance_bytes - period.from_plan_bytes + sum(top.bytes - top.used_bytes for top in on_top)
    return DataLeft(quota=period.allowance_bytes + sum(top.bytes for top in on_top), left=left)


def _follow(work: Work, line: Subscription, period: DataPeriod, found: DataLeft) -> None:
    """Tell it at four fifths and at the end, once each; at the end slow the line, or stop it."""
    if found.left == 0:
        if line.capped_at is None:
            line.capped_at = work.now
            work.record(AccessChanged(line.id))
        if period.told_100_at is None:
            period.told_80_at, period.told_100_at = period.told_80_at or work.now, work.now
            tell_used(work, line, period, left=0)
        return
    if line.capped_at is not None:  # its plan has more data now
        line.capped_at = None
        work.record(AccessChanged(line.id))
    if period.told_80_at is None and found.is_four_fifths_used:
        period.told_80_at = work.now
        tell_used(work, line, period, left=found.left)
