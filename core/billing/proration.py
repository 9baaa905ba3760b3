"""What a part of a period costs, by day and cumulative, so that no cent is born or lost.

Days of a period are counted from 0: `part(price, 0, n, n)` is the whole price. The day of a change belongs to
the new plan, so `a` on that day is the number of days before it.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from core.base.money import Money, round_half_up
from core.billing.periods import period_around

WHOLE_BP = 10_000  # basis points of the whole price


def part(price: Money, a: int, b: int, n: int) -> Money:
    """The price of the days from `a` to before `b` in a period of `n` days. ValueError outside it.

    Any unit of time will do as long as the three share it: 12 hours of 30 days are part(price, 0, 12, 720).
    """
    if not 0 <= a <= b <= n or n == 0:
        raise ValueError("a part lies inside its period")
    marks = [round_half_up(Fraction(price.minor * mark, n)) for mark in (a, b)]
    return Money(marks[1] - marks[0], price.currency)


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change of plan inside a paid period: what comes back of the old plan, what the new one costs."""

    credit: Money
    charge: Money

    @property
    def due(self) -> Money:
        """Negative when the new plan is the cheaper one; such a change waits for the next period."""
        return self.charge - self.credit


def change_of_plan(old: Money, new: Money, used: int, n: int) -> PlanChange:
    """Changing on the day before which `used` of the period's `n` days went by; 0 is the first day.

    Several changes in one day add up to one change from the first plan to the last.
    """
    return PlanChange(credit=part(old, used, n, n), charge=part(new, used, n, n))


def price_of_days(
    price: Money, after: date, through: date, anchor: int, dark: tuple[date, date] | None = None
) -> Money:
    """What a line of fixed months pays for the days after `after` up to and with `through`.

    price: of one whole month; anchor: the day on which months end (31 = calendar months). `dark`: first and
    last day on which the line was off or is given (the day of return); they cost nothing, wherever they lie.
    Joining on 15 Mar is price_of_days(price, 15 Mar, 31 Mar, 31).
    """
    total = Money(0, price.currency)
    day = after + timedelta(days=1)
    while day <= through:
        first, last = period_around(day, anchor)
        n, end = (last - first).days + 1, min(last, through)
        a, b = (day - first).days, (end - first).days + 1
        total += part(price, a, b, n)
        if dark is not None:
            lost_from, lost_to = max(day, dark[0]), min(end, dark[1])
            if lost_from <= lost_to:
                total -= part(price, (lost_from - first).days, (lost_to - first).days + 1, n)
        day = end + timedelta(days=1)
    return total


def days_bought(price: Money, paid: Money, n: int, full_from_bp: int = 9_000, least_days: int = 3) -> int:
    """How many of the `n` days that cost `price` a part payment of `paid` buys.

    From `full_from_bp` of the price on the whole period (the rest stays owed); below `least_days` nothing
    (the money is kept). Both are settings.
    """
    if not price.is_positive or paid.is_negative or n < 1:
        raise ValueError("a part payment is money towards the price of a period")
    if paid * WHOLE_BP >= price * full_from_bp:
        return n
    days = n * Fraction(paid.minor, price.minor) // 1
    return days if days >= least_days else 0
