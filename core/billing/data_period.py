"""In which period of a line an instant lies: its allowance begins anew with each."""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.billing.data_model import DataPeriod
from core.billing.model import ACTIVE, AWAITING_NETWORK, Subscription, SubscriptionMove
from core.billing.periods import add_months, through
from core.catalogue.model import HOTSPOT

MOST_STEPS = 1_000
"""Terms between a line's last paid day and a reading; more is a clock gone wrong."""


def period_at(work: Work, line: Subscription, at: datetime) -> DataPeriod | None:
    """The (locked) line's data period of the instant `at`, opened where it is the first to be asked for. None where
    the line's time had not begun then."""
    if line.starts_at is None or line.paid_through is None:
        return None
    at = max(at, line.starts_at)
    known = work.session.scalar(
        select(DataPeriod)
        .where(DataPeriod.subscription_id == line.id, DataPeriod.begins_at <= at, DataPeriod.ends_at > at)
        .order_by(DataPeriod.begins_at.desc())
        .limit(1)
        .with_for_update()
    )
    if known is not None:
        if known.ends_at > work.now:  # a plan with more data counts at once
            known.allowance_bytes = max(known.allowance_bytes, line.plan.data_cap_bytes or 0)
        return known
    begins_at, ends_at = _hotspot(line, at) if line.plan.kind == HOTSPOT else _home(work, line, at)
    neighbours = work.session.execute(
        select(DataPeriod.begins_at, DataPeriod.ends_at).where(DataPeriod.subscription_id == line.id)
    ).all()
    period = DataPeriod(
        subscription_id=line.id,
        begins_at=max((begins_at, *(row.ends_at for row in neighbours if row.ends_at <= at))),
        ends_at=min((ends_at, *(row.begins_at for row in neighbours if row.begins_at > at))),
        allowance_bytes=line.plan.data_cap_bytes or 0,
        used_bytes=0,
        from_plan_bytes=0,
    )
    work.session.add(period)
    work.session.flush()
    return period


def _hotspot(line: Subscription, at: datetime) -> tuple[datetime, datetime]:
    """Hotspot time is one period, and what is read a little late belongs to it."""
    assert line.starts_at is not None, "it has begun"
    assert line.paid_through is not None, "it has begun"
    return line.starts_at, max(line.paid_through, at + timedelta(microseconds=1))


def _home(work: Work, line: Subscription, at: datetime) -> tuple[datetime, datetime]:
    """The day on which a line began, or came back, is a gift: it belongs to the period that follows it."""
    assert line.paid_through is not None, "it has begun"
    came = work.session.scalar(
        select(SubscriptionMove.at)
        .where(
            SubscriptionMove.subscription_id == line.id,
            SubscriptionMove.from_state == AWAITING_NETWORK,
            SubscriptionMove.to_state == ACTIVE,
            SubscriptionMove.at <= at,
        )
        .order_by(SubscriptionMove.id.desc())
        .limit(1)
    )
    day = nairobi_day(at)
    if came is not None and nairobi_day(came) == day:
        day += timedelta(days=1)
    before, last = _around(day, last_day(line.paid_through), line)
    begins_at = start_of_day(before + timedelta(days=1))
    if came is not None:
        begins_at = came if nairobi_day(came) == before else max(begins_at, came)
    return begins_at, through(last)


def _around(day: date, last: date, line: Subscription) -> tuple[date, date]:
    """The last day before the period of `day`, and its own, counted in terms from a last paid day."""
    before = _moved(last, -1, line)
    for _ in range(MOST_STEPS):
        if before >= day:
            before, last = _moved(before, -1, line), before
        elif last < day:
            before, last = last, _moved(last, 1, line)
        else:
            return before, last
    raise ValueError(f"{day} is too far from the paid time of line {line.id}")


def _moved(last: date, terms: int, line: Subscription) -> date:
    plan = line.plan
    if plan.term_unit == "days":
        return last + timedelta(days=terms * plan.term_count)
    anchor = line.anchor_day if line.anchor_day and add_months(last, 0, line.anchor_day) == last else last.day
    return add_months(last, terms * plan.term_count, anchor)
