"""What a credit note takes back first: the periods, then what was paid once, a deposit last. Pure.

An invoice may charge for a month, its installation and a deposit at once. What is taken back because days were not
served concerns the month alone, with the month's own taxes; a deposit is nobody's revenue, and comes back whole when
the line ends. So the parts of an invoice are taken back in this order, each as it was charged, cumulatively: credit
notes that together take back the whole take back each part to the cent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.base.money import Money, round_half_up
from core.billing.tax import TaxParts, taken_back


@dataclass(frozen=True, slots=True)
class Share:
    """What belongs together on an invoice: its parts, and who earned its net: (account, cents) as they were posted."""

    charged: TaxParts
    earned: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one credit note takes: of the net, excise and VAT, and from whom the net."""

    parts: TaxParts
    sides: list[tuple[str, Money]]


def take(shares: Sequence[Share], *, before: Money, amount: Money) -> Taken:
    """The `amount` of an invoice that follows what credit notes took `before`. Raises ValueError where less is left."""
    start, end, offset = before, before + amount, Money(0)
    parts, sides = TaxParts(Money(0), Money(0), Money(0)), []
    for share in shares:
        price = share.charged.price
        first, last = (max(Money(0), min(price, mark - offset)) for mark in (start, end))
        offset += price
        if last > first:
            found = taken_back(share.charged, last - first, first)
            parts = TaxParts(parts.net + found.net, parts.excise + found.excise, parts.vat + found.vat)
            sides += _from_each(share, first, last)
    if end > offset:
        raise ValueError("a credit note takes back no more than was charged")
    return Taken(parts, sides)


def _from_each(share: Share, first: Money, last: Money) -> list[tuple[str, Money]]:
    """What each account gives back between two marks: in proportion, cumulative over the accounts and the notes, so
    that neither makes a cent."""
    nets = [taken_back(share.charged, mark).net.minor for mark in (first, last)]
    whole, upto, sides, marks = sum(cents for _, cents in share.earned), 0, [], [0, 0]
    for code, cents in share.earned:
        upto += cents
        reached = [round_half_up(Fraction(net * upto, whole)) if whole else 0 for net in nets]
        sides.append((code, Money((reached[1] - marks[1]) - (reached[0] - marks[0]))))
        marks = reached
    return sides
