"""The day's budgets of SMS (M5) and of money, counted in PostgreSQL: no restart and no flushed cache gives them back.

The parts of SMS bound everything: a runaway must not empty the account. The money bounds what may wait, which are
offers; a voucher, a receipt or a code is sent however much the day has cost.
"""

from datetime import date, timedelta

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.inbox import raise_incident
from core.messaging.model import MessageDay, SmsDay
from core.messaging.template import Purpose

ALL_PARTS, ALL_MONEY = "the day's budget of SMS is spent", "the day's money for messages is spent"


def spend(work: Work, *, purpose: Purpose, parts: int, cents: int) -> str:
    """Take `parts` of SMS and `cents` from today's budgets. Why not, where they do not hold them: then staff are told;
    empty where all is taken.

    What the carrier refuses is not paid back: the budget also bounds what a runaway may ask of it.
    """
    all_parts, all_cents = dated(work, "sms_a_day", "messages.offers_wait_at_cents")
    today = nairobi_day(work.now)
    if not _take_cents(work, today, cents, at_most=all_cents, waits=purpose is Purpose.MARKETING):
        return ALL_MONEY
    if parts and not _take_parts(work, today, parts, at_most=all_parts):
        work.session.execute(
            update(MessageDay).where(MessageDay.day == today).values(cents=MessageDay.cents - cents)
        )
        return ALL_PARTS
    return ""


def _take_cents(work: Work, today: date, cents: int, *, at_most: int, waits: bool) -> bool:
    """Counted for whatever is sent; refused to what may wait. What costs nothing is never kept back."""
    if not cents:
        return True
    counted = insert(MessageDay).values(day=today, cents=cents)
    counted = counted.on_conflict_do_update(
        index_elements=["day"],
        set_={"cents": MessageDay.cents + cents},
        where=MessageDay.cents + cents <= at_most if waits else None,
    )
    fits = not waits or cents <= at_most
    spent = work.session.scalar(counted.returning(MessageDay.cents)) if fits else None
    if spent is None or spent - cents < at_most <= spent:
        raise_incident(
            work,
            kind="messages.budget",
            key=f"messages.budget:{today}",
            detail=f"messages cost {at_most} cents today: offers wait until tomorrow or a higher "
            "messages.offers_wait_at_cents; all else is sent",
        )
    return spent is not None


def _take_parts(work: Work, today: date, parts: int, *, at_most: int) -> bool:
    taken = (
        insert(SmsDay)
        .values(day=today, parts=parts)
        .on_conflict_do_update(
            index_elements=["day"],
            set_={"parts": SmsDay.parts + parts},
            where=SmsDay.parts + parts <= at_most,
        )
        .returning(SmsDay.parts)
    )
    if parts <= at_most and work.session.scalar(taken) is not None:
        return True
    raise_incident(
        work,
        kind="sms.budget",
        key=f"sms.budget:{today}",
        detail=f"the day's budget of {at_most} SMS is spent: texts wait until midnight or a higher sms_a_day",
    )
    return False


def seconds_to_next_day(work: Work) -> int:
    """Until the next day's budget, in Nairobi; at least one."""
    midnight = start_of_day(nairobi_day(work.now) + timedelta(days=1))
    return max(1, int((midnight - work.now).total_seconds()))
