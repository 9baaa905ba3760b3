"""The days that a report is about, and shares of what it counts."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from core.base.clock import start_of_day
from core.base.money import round_half_up

WHOLE_BP = 10_000  # basis points of the whole
MOST_DAYS = 3_660
"""Ten years: more is a slip of a key."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the `first` to the `last` day of Nairobi, both within it. Raises ValueError for what is no period."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a period ends after it begins")
        if self.days > MOST_DAYS:
            raise ValueError(f"a report is about {MOST_DAYS} days at most")

    @property
    def begins(self) -> datetime:
        return start_of_day(self.first)

    @property
    def ends(self) -> datetime:
        """The instant at which its last day is over: what happens then is not within it."""
        return start_of_day(self.last + timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, ending the day before it."""
        return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))

    @property
    def instants(self) -> dict[str, datetime]:
        """Its edges, as the statements name them."""
        return {"begins": self.begins, "ends": self.ends}


def share_bp(part: int, whole: int) -> int | None:
    """`part` of `whole` in basis points, half up. None where there is no whole."""
    return round_half_up(Fraction(part * WHOLE_BP, whole)) if whole else None


def each(cents: int, count: int) -> int:
    """What of `cents` falls on each of `count`, half up; 0 where there is nobody."""
    return round_half_up(Fraction(cents, count)) if count else 0
