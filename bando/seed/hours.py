"""When people act: by the day of the week, the hour, and the holidays."""

import random
from datetime import date, datetime, time, timedelta

from core.base.clock import NAIROBI, nairobi_day

HOURS = (1, 0, 0, 0, 0, 1, 4, 6, 6, 5, 5, 6, 8, 7, 5, 5, 7, 10, 13, 15, 14, 10, 6, 3)
"""How many of a hundred and more vouchers are bought in each hour of the day: most after work."""
WEEKDAYS = (7, 7, 8, 9, 14, 18, 15)
HOLIDAYS = {(1, 1), (5, 1), (6, 1), (10, 10), (10, 20), (12, 12), (12, 25), (12, 26)}
"""Month and day of Kenya's holidays that come on the same day each year."""
ON_A_HOLIDAY = 20
OFFICE_HOURS = (8, 17)


def voucher_moment(draw: random.Random, after: datetime) -> datetime:
    """When the next voucher is bought: on one of the seven days from `after` on, when people have time."""
    first = nairobi_day(after)
    days = [first + timedelta(days=count) for count in range(7)]
    day = draw.choices(days, [_weight(day) for day in days])[0]
    found = _instant(day, draw.choices(range(24), HOURS)[0] * 60 + draw.randrange(60))
    return max(found, after + timedelta(minutes=draw.randint(20, 200)))


def moment_of(draw: random.Random, day: datetime) -> datetime:
    """Some minute of a day between 6 and 22."""
    return _instant(nairobi_day(day), draw.randint(360, 1320))


def office_moment(draw: random.Random, day: datetime) -> datetime:
    """Some minute of a day at which an office works."""
    first, last = OFFICE_HOURS
    return _instant(nairobi_day(day), draw.randint(first * 60, last * 60 - 1))


def _weight(day: date) -> int:
    return ON_A_HOLIDAY if (day.month, day.day) in HOLIDAYS else WEEKDAYS[day.weekday()]


def _instant(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(), NAIROBI) + timedelta(minutes=minute)
