"""What a line costs whose months end on a payday that all lines of its plan share: its days, where it joins or returns.

Months with a payday of their own are always whole. Bills of common months are priced by the cycle, to the same cent.
"""

from datetime import date, timedelta

from core.base.clock import last_day, nairobi_day
from core.base.database import Work
from core.base.money import Money
from core.billing.account import open_bill
from core.billing.model import AWAITING_NETWORK, SUSPENDED, Invoice, Subscription
from core.billing.periods import next_anchor_day
from core.billing.proration import price_of_days
from core.catalogue.model import Plan
from core.catalogue.queries import Offer

LEAST = Money.shillings(1)
"""No purchase costs less: M-PESA asks for nothing smaller."""


def price_to_join(offer: Offer, price: Money, today: date) -> Money:
    """What beginning the plan costs today: the days after today, which is a gift, to the common payday; or the whole
    `price` where there is none."""
    if offer.fixed_anchor is None or (offer.term_unit, offer.term_count) != ("months", 1):
        return price
    return price_of_days(price, today, next_anchor_day(today, offer.fixed_anchor), offer.fixed_anchor)


def days_to_join(plan: Plan, asked: date) -> tuple[date, date] | None:
    """First and last day that beginning the plan on that day pays for; None where it has no common payday."""
    if plan.fixed_anchor is None or (plan.term_unit, plan.term_count) != ("months", 1):
        return None
    return asked + timedelta(days=1), next_anchor_day(asked, plan.fixed_anchor)


def price_to_renew(line: Subscription, plan: Plan, today: date) -> Money:
    """What the next period of a line costs today on `plan`, without asking for an open bill. After a cut the days that
    were dark cost nothing, nor does today."""
    anchor = plan.fixed_anchor
    if anchor is None or (plan.term_unit, plan.term_count) != ("months", 1):
        return plan.price
    if line.paid_through is None or line.state == AWAITING_NETWORK:
        return plan.price  # what comes next after the days that wait for the router
    last = last_day(line.paid_through)
    if line.state == SUSPENDED and line.dark_since is not None:
        dark = (nairobi_day(line.dark_since), today)
        return price_of_days(plan.price, last, next_anchor_day(max(last, today), anchor), anchor, dark)
    return price_of_days(plan.price, last, next_anchor_day(last, anchor), anchor)


def price_beside_bill(line: Subscription, today: date, open_: Money, taken_off: Money) -> Money:
    """What the next period of a line with an open bill costs: what is open of it. Who was cut in a common month pays no
    dark day, though the bill was raised before; what a credit note took off it already is taken off here too."""
    plan = line.renewal_plan
    if plan.fixed_anchor is None or line.state != SUSPENDED:
        return open_
    return max(price_to_renew(line, plan, today) - taken_off, LEAST)


def renewal_price(work: Work, line: Subscription, bill: Invoice | None) -> Money:
    """What the next period of a line costs now: what is to be paid of its bill, or its price."""
    today = nairobi_day(work.now)
    if bill is None:
        return price_to_renew(line, line.renewal_plan, today)
    return price_beside_bill(line, today, Money(bill.open_cents), Money(bill.total_cents - bill.open_cents))


def price_of_renewal(work: Work, subscription_id: int) -> Money:
    """The same, of a line whose bill is looked for."""
    line = work.session.get_one(Subscription, subscription_id)
    return renewal_price(work, line, open_bill(work, line.id))
