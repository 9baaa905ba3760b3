"""What a part payment of a home line buys: the whole period and a debt, fewer days, or nothing."""

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.base.money import Money
from core.billing.model import Invoice, Subscription
from core.billing.periods import add_months, anchor_at
from core.billing.proration import days_bought, part
from core.billing.purchase import PartOfTerm


def part_bought(
    work: Work, line: Subscription, bill: Invoice | None, *, price: Money, paid: Money
) -> PartOfTerm | None:
    """The days that `paid` buys of the line's next period, and what they cost; the whole price where the rest is to be
    owed; None where it buys nothing."""
    whole_from, least = dated(work, "home.part_is_whole_from_bp", "home.part_least_days")
    n = days_of_period(work, line, bill)
    days = days_bought(price, paid, n, full_from_bp=whole_from, least_days=least)
    if days == 0:
        return None
    return PartOfTerm(days=days, price_cents=part(price, 0, days, n).minor)


def days_of_period(work: Work, line: Subscription, bill: Invoice | None) -> int:
    """How many days the line's next period has: those of its bill, or of the term that would follow now."""
    if bill is not None and bill.period_from is not None and bill.period_to is not None:
        return (bill.period_to - bill.period_from).days + 1
    plan = line.renewal_plan
    if plan.term_unit == "days":
        return plan.term_count
    last = last_day(line.paid_through) if line.paid_through is not None else nairobi_day(work.now)
    return (add_months(last, plan.term_count, anchor_at(last, line.anchor_day)) - last).days
