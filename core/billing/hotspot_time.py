"""Hotspot time: wall clock to the second, from the first login. Values only; home lines are in `periods`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from core.base.clock import NAIROBI, nairobi_day, start_of_day

TOMORROW_FROM = time(20, 0)  # Nairobi; the default of a setting
LAPSES_AFTER_DAYS = 90  # the default of a setting; printed on vouchers
HONOURED_DAYS = 30  # after that, the default of a setting; not printed
PATIENCE = timedelta(minutes=30)  # the default of a setting


def with_dark_time(
    starts_at: datetime, ends_at: datetime, dark: Iterable[tuple[datetime, datetime]]
) -> datetime:
    """The end of running time when our side was down in between: an hour from 10:00, dark 10:20 to 10:50,
    ends 11:30.

    dark: (from, to) pairs in any order, overlapping or not; only what falls into the time counts, time given
    back included. Raises ValueError for a pair that ends before it begins.
    """
    end, seen = ends_at, starts_at
    for begins, is_over in sorted(dark):
        if is_over < begins:
            raise ValueError("an outage ends after it began")
        lost_from = max(begins, seen)
        if lost_from < end and is_over > lost_from:
            end += is_over - lost_from
            seen = is_over
    return end


def midnight_for(started_at: datetime, tomorrow_from: time = TOMORROW_FROM) -> datetime:
    """The end of a plan "until midnight": tonight, or tomorrow when bought from `tomorrow_from` on."""
    late = started_at.astimezone(NAIROBI).time() >= tomorrow_from
    return start_of_day(nairobi_day(started_at) + timedelta(days=2 if late else 1))


@dataclass(frozen=True, slots=True)
class UseBy:
    """Until when time not yet begun is promised (told, printed) and until when it is honoured."""

    promised_until: datetime
    honoured_until: datetime


def use_by(
    bought_at: datetime, lapses_after_days: int = LAPSES_AFTER_DAYS, honoured_days: int = HONOURED_DAYS
) -> UseBy:
    """Both end with a whole day in Nairobi: on the printed date the code still works."""
    day = nairobi_day(bought_at) + timedelta(days=lapses_after_days)
    return UseBy(
        promised_until=start_of_day(day + timedelta(days=1)),
        honoured_until=start_of_day(day + timedelta(days=honoured_days + 1)),
    )


def may_have_money_back(
    paid_at: datetime, now: datetime, ready_at: datetime | None, patience: timedelta = PATIENCE
) -> bool:
    """A buyer kept waiting by us: `patience` has gone by since the payment and no router is ready."""
    return ready_at is None and now - paid_at >= patience
