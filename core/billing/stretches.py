"""What of a line's paid time is not served yet, as money: the days of each purchase, and what was charged for them.

The newest purchase lies at the end of the paid time, and so back from there. Days that were given away free lie before
them all: they are used first, and nothing is credited for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, text

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.money import Money
from core.billing.model import Subscription
from core.billing.periods import add_months, anchor_at, period_around
from core.billing.proration import part

# Of each purchase the newest re-pricing counts. Money that was taken back took its days along. What is paid once with
# a first period (installation, equipment, a deposit) is no price of its days. What was billed after its days had none
# to come. A bill may have been bought for less than it says: a part of its days, by an offer code, at an older price;
# what is left of a common month after a cut is its days at the whole month's price all the same.
_BOUGHT = text(
    """
    SELECT o.id, o.term_unit, o.term_count, i.id AS invoice_id, i.period_from, i.period_to,
        CASE WHEN i.kind = 'bill' AND :fixed AND o.term_unit = 'months' THEN charged.cents - o.discount_cents
            WHEN i.kind = 'bill' THEN least(charged.cents, o.price_cents) ELSE charged.cents END::bigint AS total_cents,
        c.invoice_id AS changed_id, c.price_cents, c.from_mark, c.to_mark, c.of_days
    FROM purchases o JOIN invoices i ON i.purchase_id = o.id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(l.total_cents), i.total_cents) AS cents FROM invoice_lines l
        WHERE l.invoice_id = i.id AND l.plan_id IS NOT NULL
    ) charged
    LEFT JOIN LATERAL (
        SELECT * FROM plan_change_parts WHERE purchase_id = o.id ORDER BY id DESC LIMIT 1
    ) c ON true
    WHERE o.subscription_id = :line_id AND o.state = 'served' AND o.purpose <> 'change'
      AND (c.id IS NOT NULL OR i.credited_cents < i.total_cents)
      AND (i.period_to IS NULL OR i.period_to >= nairobi_day(i.issued_at))
    ORDER BY o.served_at DESC, o.id DESC LIMIT :most
    """
)
MOST = 60
"""Purchases looked at: five years of months paid ahead."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of one purchase, the last of them `last`. invoice_id charged part(price, a, b, n) for them; mark is
    where they begin in a whole period of `of` days of the plan."""

    purchase_id: int
    invoice_id: int
    price: Money
    a: int
    b: int
    n: int
    mark: int
    of: int
    last: date

    @property
    def days(self) -> int:
        return self.b - self.a

    def used_before(self, day: date) -> int:
        """How many of its days lie before `day`."""
        return max(0, min(self.days, self.days - (self.last - day).days - 1))

    def credit_from(self, day: date) -> Money:
        """What its days from `day` on were charged."""
        return part(self.price, self.a + self.used_before(day), self.b, self.n)

    def charge_from(self, day: date, whole: Money) -> Money:
        """What they cost on a plan whose whole period costs `whole`."""
        return part(whole, self.mark + self.used_before(day), self.mark + self.days, self.of)


def credit_of(stretches: Sequence[Stretch], day: date) -> Money:
    return Money.total(stretch.credit_from(day) for stretch in stretches)


def charge_of(stretches: Sequence[Stretch], day: date, whole: Money) -> Money:
    return Money.total(stretch.charge_from(day, whole) for stretch in stretches)


def unserved(work: Work, line: Subscription, day: date) -> list[Stretch]:
    """The stretches of a home line that reach to `day` or beyond, the last one first. One that is billed after its
    periods has paid for none to come."""
    if line.paid_through is None or line.plan.billing == "postpaid":
        return []
    found: list[Stretch] = []
    last = last_day(line.paid_through)
    fixed = line.plan.fixed_anchor is not None
    for row in work.session.execute(_BOUGHT, {"line_id": line.id, "most": MOST, "fixed": fixed}):
        if last < day:
            break
        stretch = _stretch(line, row, last)
        if stretch.days > 0:
            found.append(stretch)
        last -= timedelta(days=stretch.days)
    return found


def _stretch(line: Subscription, row: Row[Any], last: date) -> Stretch:
    if row.changed_id is not None:
        price = Money(row.price_cents)
        marks = (row.from_mark, row.to_mark, row.of_days, row.from_mark, row.of_days)
        return Stretch(row.id, row.changed_id, price, *marks, last)
    days, mark, of = _placed(line, row, last)
    return Stretch(row.id, row.invoice_id, Money(row.total_cents), 0, days, days, mark, of, last)


def _placed(line: Subscription, row: Row[Any], last: date) -> tuple[int, int, int]:
    """How many days a purchase bought, and where they lie in a whole period: (days, mark, of)."""
    plan = line.plan
    if plan.fixed_anchor is not None and row.term_unit == "months":
        first_of, last_of = period_around(last, plan.fixed_anchor)
        days = (last_of - first_of).days + 1
        if row.period_from is not None:
            days = (row.period_to - row.period_from).days + 1
        elif line.starts_at is not None:
            days = min(days, (last - nairobi_day(line.starts_at)).days)
        of = max(days, (last_of - first_of).days + 1)
        return days, max(0, of - (last_of - last).days - days), of
    if row.term_unit == "months":
        days = (last - add_months(last, -row.term_count, anchor_at(last, line.anchor_day))).days
        return days, 0, days
    days = row.term_count
    if plan.term_unit == "months":  # a part of a month was bought
        before = last - timedelta(days=days)
        ends_month = (before + timedelta(days=1)).day == 1
        whole = (add_months(before, plan.term_count, 31 if ends_month else before.day) - before).days
        return days, 0, max(days, whole)
    return days, 0, max(days, plan.term_count)
