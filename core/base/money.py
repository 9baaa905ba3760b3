"""Money: whole cents with a currency. No float comes near it; no cent is made or lost by cutting it up."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering

from core.base.typed import tidy

CENTS = 100  # minor units of one shilling

# What people write for an amount: "1250", "1,250.50", "Ksh 1,250", "KES1250", "Kshs. 1,250/=", "500 bob".
# Nine digits of shillings: more is a slip of the finger (a phone number, a receipt), not a price.
_AMOUNT = re.compile(
    r"(?:(?:kshs?|kes|shs?)\.? ?)?"
    r"(?P<whole>[0-9]{1,9}|[0-9]{1,3}(?:,[0-9]{3}){1,2})(?:\.(?P<cents>[0-9]{1,2}))?"
    r"(?: ?(?:/[=-]|kshs?|kes|shs?|bob))?",
    re.IGNORECASE,
)


class MixedCurrencies(TypeError):
    """Two currencies met in one sum or comparison."""


class NotAnAmount(ValueError):
    """The text is not an amount of money."""


def round_half_up(value: Fraction) -> int:
    """The nearest integer; a half goes away from zero, so that a credit mirrors its charge to the cent."""
    magnitude = int(abs(value) + Fraction(1, 2))
    return magnitude if value >= 0 else -magnitude


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`minor` cents of `currency` (ISO 4217, two decimals). Ordered within a currency.

    Raises TypeError for anything but an int (bools too) and MixedCurrencies where two currencies meet.
    There is no `/`: use `split`, or `core.billing.proration.part`.
    """

    minor: int
    currency: str = "KES"

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"money is whole cents (int), not {type(self.minor).__name__}")
        if not (isinstance(self.currency, str) and re.fullmatch(r"[A-Z]{3}", self.currency)):
            raise ValueError("a currency is three capital letters")

    @classmethod
    def shillings(cls, amount: int) -> "Money":
        """`amount` whole Kenya shillings."""
        if type(amount) is not int:
            raise TypeError(f"whole shillings are an int, not {type(amount).__name__}")
        return cls(amount * CENTS)

    @classmethod
    def rounded(cls, minor: Fraction, currency: str = "KES") -> "Money":
        """Exact cents brought to whole ones, half up."""
        if not isinstance(minor, Fraction):
            raise TypeError(f"exact cents are a Fraction, not {type(minor).__name__}")
        return cls(round_half_up(minor), currency)

    @classmethod
    def parse(cls, text: str) -> "Money":
        """Shillings as a person writes them, never negative. Raises NotAnAmount."""
        found = _AMOUNT.fullmatch(tidy(text))
        if found is None:
            raise NotAnAmount("not an amount of money")
        whole = int(found["whole"].replace(",", ""))
        return cls(whole * CENTS + int((found["cents"] or "").ljust(2, "0")))

    @classmethod
    def total(cls, items: Iterable["Money"], currency: str = "KES") -> "Money":
        """The sum of `items`; zero of `currency` when there are none."""
        return sum(items, start=cls(0, currency))

    @property
    def is_zero(self) -> bool:
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        return self.minor > 0

    @property
    def is_negative(self) -> bool:
        return self.minor < 0

    def whole_shillings_up(self) -> int:
        """What to ask of M-Pesa (whole shillings): rounded up, the difference stays the payer's."""
        if self.currency != "KES" or self.is_negative:
            raise ValueError("only an amount of shillings that is not negative can be asked for")
        return -(-self.minor // CENTS)

    def split(self, parts: int) -> list["Money"]:
        """`parts` nearly equal amounts that add up to this one: the steps of the rounded running sum."""
        if type(parts) is not int:
            raise TypeError("a number of parts is an int")
        if parts < 1:
            raise ValueError("money is split into one part or more")
        marks = [round_half_up(Fraction(self.minor * i, parts)) for i in range(parts + 1)]
        return [Money(marks[i + 1] - marks[i], self.currency) for i in range(parts)]

    def __add__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __mul__(self, times: int) -> "Money":
        if type(times) is not int:
            return NotImplemented
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: "Money") -> bool:
        if not isinstance(other, Money):
            return NotImplemented
        self._same_currency(other)
        return self.minor < other.minor

    def __str__(self) -> str:
        return show_money(self)

    def _same_currency(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} met {other.currency}")


def show_money(money: Money) -> str:
    """ "Ksh 1,250", "Ksh 774.19", "-Ksh 150": the one spelling on every channel and in every language.

    A plain space and ASCII alone: the no-break space of the locale data (U+00A0) is not in GSM-7 and would
    make every text message cost double.
    """
    sign = "-" if money.is_negative else ""
    unit = "Ksh" if money.currency == "KES" else money.currency
    whole, cents = divmod(abs(money.minor), CENTS)
    return f"{sign}{unit} {whole:,}" + (f".{cents:02}" if cents else "")
