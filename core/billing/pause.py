"""Pause a line: its paid days wait until it comes back, by itself at the latest. By rules that are dated settings."""

from datetime import date, timedelta

from sqlalchemy import func, select, text

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.words import say
from core.billing.account import IS_UNSERVED
from core.billing.credit import credit
from core.billing.events import AccessChanged
from core.billing.model import ACTIVE, AWAITING_NETWORK, PAUSED, Invoice, Subscription, SubscriptionMove
from core.billing.moves import move
from core.billing.periods import days_left
from core.billing.serve import lock_line
from core.billing.wake import wake_lines
from core.catalogue.model import PPPOE
from core.ledger.post import lock_subscriber

YEAR = timedelta(days=365)
PAUSES_A_RUN = 500
"""Lines that come back in one transaction; the next run is a minute later."""
NOT_ON = say("Only a line that is on and paid can be paused.")

_OVER = text(
    """
    SELECT id FROM subscriptions WHERE state = 'paused' AND paused_until <= :now
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)


def longest_pause(work: Work) -> date:
    """The last day of a pause that begins now."""
    (longest,) = dated(work, "pause.longest_days")
    return nairobi_day(work.now) + timedelta(days=longest)


def check_pause(work: Work, line: Subscription) -> int:
    """The paid days that would wait, by the rules for subscribers. Raises Refusal."""
    often, least = dated(work, "pause.times_a_year", "pause.least_days_left")
    left = _days_left(work, line)
    if left < least:
        raise Refusal(say("A pause needs {count} paid days or more.", count=least))
    if _pauses_since(work, line) >= often:
        raise Refusal(say("A line can be paused {count} times a year.", count=often))
    return left


def pause(work: Work, subscription_id: int, *, until: date | None = None, cause: str) -> Subscription:
    """Pause the line, off from now on; it comes back by itself when `until`, or the longest pause, is over. Its open
    bill is taken back. The caller holds the account's row, and has asked `check_pause` where the rules hold. Raises
    Refusal."""
    line = lock_line(work, subscription_id)
    left, last = _days_left(work, line), longest_pause(work)
    if until is not None and not nairobi_day(work.now) <= until <= last:
        raise Refusal(say("A pause ends on {day} at the latest.", day=f"{last:%d/%m/%Y}"))
    take_back_bills(
        work, line, reason="the line is paused", source=f"pause:{line.id}:{work.now:%Y%m%d%H%M%S}"
    )
    move(work, line, PAUSED, cause)
    line.paused_at, line.paused_days_left = work.now, left
    line.paused_until = start_of_day((until or last) + timedelta(days=1))
    line.lent_through = None
    work.session.flush()
    work.record(AccessChanged(line.id))
    return line


def resume(work: Work, subscription_id: int, *, cause: str) -> Subscription:
    """Bring a paused line back: its days go on when its router says yes, and that day is a gift. Raises Refusal."""
    line = lock_line(work, subscription_id)
    if line.state != PAUSED:
        raise Refusal(say("This line is not paused."))
    move(work, line, AWAITING_NETWORK, cause)
    line.granted_at = None
    work.session.flush()
    work.record(AccessChanged(line.id))
    return line


def pause_by_owner(work: Work, subscription_id: int) -> Subscription:
    """The line's owner pauses it, by the rules, for as long as they allow. Raises Refusal."""
    line = _locked(work, subscription_id)
    check_pause(work, line)
    return pause(work, subscription_id, cause="its owner asked")


def resume_by_owner(work: Work, subscription_id: int) -> Subscription:
    """The line's owner wants it back. Raises Refusal."""
    _locked(work, subscription_id)
    return resume(work, subscription_id, cause="its owner asked")


def set_renews(work: Work, subscription_id: int, *, renews: bool) -> Subscription:
    """Whether the line renews by itself from its account's own money."""
    line = _locked(work, subscription_id)
    line.renews = renews
    wake_lines(work, line.account_holder_id)
    return line


def _locked(work: Work, subscription_id: int) -> Subscription:
    """The line, after its account."""
    lock_subscriber(work, work.session.get_one(Subscription, subscription_id).account_holder_id)
    return lock_line(work, subscription_id)


def end_due_pauses(work: Work) -> int:
    """The lines whose pause is over come back by themselves; how many."""
    over = work.session.scalars(_OVER, {"now": work.now, "limit": PAUSES_A_RUN}).all()
    for line_id in over:
        resume(work, line_id, cause="its pause is over")
    return len(over)


def take_back_bills(
    work: Work, line: Subscription, *, reason: str, source: str, by_staff_id: int | None = None
) -> None:
    """Credit notes for what is open of bills whose periods were not bought and will not be served."""
    bills = work.session.scalars(
        select(Invoice)
        .where(Invoice.subscription_id == line.id, Invoice.open_cents > 0, text(IS_UNSERVED))
        .order_by(Invoice.id)
        .with_for_update()
    ).all()
    for bill in bills:
        credit(work, bill.id, reason=reason, by_staff_id=by_staff_id, source=f"{source}:invoice:{bill.id}")


def _days_left(work: Work, line: Subscription) -> int:
    plan = line.plan
    if line.state != ACTIVE or plan.kind != PPPOE or plan.billing != "prepaid" or line.paid_through is None:
        raise Refusal(NOT_ON)
    return days_left(line.paid_through, work.now)


def _pauses_since(work: Work, line: Subscription) -> int:
    return (
        work.session.scalar(
            select(func.count()).where(
                SubscriptionMove.subscription_id == line.id,
                SubscriptionMove.to_state == PAUSED,
                SubscriptionMove.at > work.now - YEAR,
            )
        )
        or 0
    )
