"""Quiet hours: at night nobody is woken by a message that we begin."""

from datetime import datetime, time, timedelta

from core.base.clock import NAIROBI
from core.base.database import Work
from core.base.dated import dated
from core.messaging.template import Template


def wait_for_day(work: Work, form: Template) -> timedelta:
    """How long a notice of this form waits for the morning; nothing for an answer, or by day."""
    if not form.begun_by_us:
        return timedelta()
    from_hour, until_hour = dated(work, "quiet.from_hour", "quiet.until_hour")
    return until_day(work.now, from_hour=from_hour, until_hour=until_hour)


def until_day(now: datetime, *, from_hour: int, until_hour: int) -> timedelta:
    """How long from `now` until the quiet ends: it lasts from one hour of Nairobi to the other, over midnight or
    not. The same hour twice: it is never quiet."""
    local = now.astimezone(NAIROBI)
    over_midnight = from_hour > until_hour
    is_after, is_before = local.hour >= from_hour, local.hour < until_hour
    if not (is_after or is_before if over_midnight else is_after and is_before):
        return timedelta()
    ends = datetime.combine(local.date(), time(until_hour), NAIROBI)
    return (ends if ends > local else ends + timedelta(days=1)) - local
