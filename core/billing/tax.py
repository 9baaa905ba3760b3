"""Taxes that are inside a price. Prices are what the subscriber pays; excise and VAT are taken out of them.

net = price / ((1 + excise) * (1 + VAT)), kept exact; excise on the exact net, VAT on the exact net and its
excise, each rounded half up. The net shown takes the last cent, so that the parts always add up to the price.
"""

from dataclasses import dataclass
from fractions import Fraction

from core.base.money import CENTS, Money, round_half_up

WHOLE_BP = 10_000  # basis points of the whole: 1,500 are 15 %


@dataclass(frozen=True, slots=True)
class TaxRates:
    """The rates of a day in basis points: TaxRates(1_500, 1_600) is 15 % excise, 16 % VAT; 0 is off.

    Raises ValueError below nothing and above the whole: that is a slip of a key, not a tax.
    """

    excise_bp: int
    vat_bp: int

    def __post_init__(self) -> None:
        if not all(type(rate) is int and 0 <= rate <= WHOLE_BP for rate in (self.excise_bp, self.vat_bp)):
            raise ValueError(f"a tax rate is 0 to {WHOLE_BP} basis points")


@dataclass(frozen=True, slots=True)
class TaxParts:
    """A price taken apart; the three add up to it."""

    net: Money
    excise: Money
    vat: Money

    @property
    def price(self) -> Money:
        return self.net + self.excise + self.vat

    def __neg__(self) -> "TaxParts":
        return TaxParts(-self.net, -self.excise, -self.vat)


def taxes_inside(price: Money, rates: TaxRates) -> TaxParts:
    """`price` taken apart by `rates`. A discount lowers the price first."""
    excise_rate, vat_rate = Fraction(rates.excise_bp, WHOLE_BP), Fraction(rates.vat_bp, WHOLE_BP)
    net = Fraction(price.minor) / ((1 + excise_rate) * (1 + vat_rate))
    exact_excise = net * excise_rate
    excise = Money.rounded(exact_excise, price.currency)
    vat = Money.rounded((net + exact_excise) * vat_rate, price.currency)
    return TaxParts(price - excise - vat, excise, vat)


def with_taxes(net: Money, rates: TaxRates) -> Money:
    """What people pay where a price was named without its taxes: the nearest whole shilling. Taken apart again by the
    same rates its net is `net`, but for that rounding."""
    exact = Fraction(net.minor * (WHOLE_BP + rates.excise_bp) * (WHOLE_BP + rates.vat_bp), WHOLE_BP**2)
    return Money(round_half_up(exact / CENTS) * CENTS, net.currency)


def taken_back(charged: TaxParts, amount: Money, before: Money | None = None) -> TaxParts:
    """The parts of a credit note over `amount` of what was `charged`, `before` being credited already.

    Each part comes back as it was charged (today's rates do not matter), in proportion, cumulative: credit
    notes that together take back the whole price take back each part to the cent. All amounts positive.
    Raises ValueError when more would be taken back than was charged.
    """
    start = Money(0, amount.currency) if before is None else before
    end = start + amount
    if start.is_negative or amount.is_negative or end > charged.price:
        raise ValueError("a credit note takes back no more than was charged")

    def step(part: Money) -> Money:
        marks = [_share(part, mark, charged.price) for mark in (start, end)]
        return Money(marks[1] - marks[0], part.currency)

    excise, vat = step(charged.excise), step(charged.vat)
    return TaxParts(amount - excise - vat, excise, vat)


def _share(part: Money, mark: Money, price: Money) -> int:
    return 0 if price.is_zero else round_half_up(Fraction(part.minor * mark.minor, price.minor))
