"""The day's budget of SMS (M5), counted in PostgreSQL: no restart and no flushed cache gives it back."""

from datetime import timedelta

from sqlalchemy.dialects.postgresql import insert

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.inbox import raise_incident
from core.messaging.model import SmsDay


def spend(work: Work, *, parts: int) -> bool:
    """Take `parts` from today's budget; False, with an incident, where it does not hold them.

    A refused text is not paid back: the budget also bounds what a runaway may ask of the carrier.
    """
    (a_day,) = dated(work, "sms_a_day")
    today = nairobi_day(work.now)
    taken = (
        insert(SmsDay)
        .values(day=today, parts=parts)
        .on_conflict_do_update(
            index_elements=["day"],
            set_={"parts": SmsDay.parts + parts},
            where=SmsDay.parts + parts <= a_day,
        )
        .returning(SmsDay.parts)
    )
    if parts <= a_day and work.session.scalar(taken) is not None:
        return True
    raise_incident(
        work,
        kind="sms.budget",
        key=f"sms.budget:{today}",
        detail=f"the day's budget of {a_day} SMS is spent: texts wait until midnight or a higher sms_a_day",
    )
    return False


def seconds_to_next_day(work: Work) -> int:
    """Until the next day's budget, in Nairobi; at least one."""
    midnight = start_of_day(nairobi_day(work.now) + timedelta(days=1))
    return max(1, int((midnight - work.now).total_seconds()))
