"""Lives that differ: a landlord with tenants, an office that is billed after its months, lines with so much data."""

from datetime import datetime, timedelta

from sqlalchemy import text

from bando.seed.homes import begin_line, next_payment
from bando.seed.hours import moment_of, office_moment
from bando.seed.past import Past
from bando.seed.people import Person
from bando.seed.sales import pay_more, sell
from core.base.money import Money
from core.billing.account import standing
from core.billing.data import count_usage
from core.billing.model import ACTIVE, ENDED, GRACE, Subscription
from core.billing.payer import set_payer
from core.billing.serve import lock_line
from core.catalogue.model import PPPOE, Plan
from core.staff.audit import COMMAND_LINE
from core.subscribers.model import Subscriber

OFFICE_PLAN, DATA_PLAN, TOPUP_PLAN = "office", "data", "topup"
"""Where `Past.plans` keeps them."""
GIGABYTE = 10**9
LANDLORD_EVERY = timedelta(days=30)

_BILLS = text(
    """
    SELECT coalesce(sum(coalesce(
        (SELECT open_cents FROM invoices i WHERE i.subscription_id = s.id AND i.open_cents > 0 AND i.kind = 'bill'
         AND i.purchase_id IS NULL ORDER BY i.due_at NULLS FIRST, i.id LIMIT 1), p.price_cents)), 0)::bigint
    FROM subscriptions s JOIN plans p ON p.id = coalesce(s.next_plan_id, s.plan_id)
    WHERE s.payer_id = :payer_id AND s.state <> 'ended'
    """
)


def live_as_tenant(past: Past, subscriber: Subscriber, person: Person) -> datetime | None:
    """The tenant pays the first month; from then on the landlord does."""
    line = begin_line(past, subscriber, person, past.plans[PPPOE][0])
    if past.landlord_id is None:
        return next_payment(past, person, line)
    set_payer(past.work, COMMAND_LINE, subscription_id=line.id, payer_id=past.landlord_id)
    return None


def live_as_landlord(past: Past, subscriber: Subscriber, person: Person) -> datetime | None:
    """One payment a month for all lines of the house."""
    past.landlord_id = subscriber.id
    price = Money(int(past.work.session.scalar(_BILLS, {"payer_id": subscriber.id}) or 0))
    missing = price - standing(past.work, subscriber.id)[1]
    if missing.is_positive:
        pay_more(past, subscriber, person, Money.shillings(missing.whole_shillings_up()))
    return moment_of(past.draw, past.work.now + LANDLORD_EVERY)


def live_at_the_office(past: Past, subscriber: Subscriber, person: Person) -> datetime | None:
    """What is paid at the beginning is an advance; then each month is paid when its bill has come."""
    line_id = past.lines.get(person.msisdn.digits)
    if line_id is None:
        line = begin_line(past, subscriber, person, past.plans[OFFICE_PLAN][0])
        return _after_the_bill(past, line)
    owed = standing(past.work, subscriber.id)[0]
    if owed.is_positive:
        pay_more(past, subscriber, person, Money.shillings(owed.whole_shillings_up()))
    line = lock_line(past.work, line_id)
    return None if line.state == ENDED else _after_the_bill(past, line)


def _after_the_bill(past: Past, line: Subscription) -> datetime:
    assert line.paid_through is not None, "it was on"
    after = max(line.paid_through, past.work.now)
    return office_moment(past.draw, after + timedelta(days=past.draw.choice((4, 6, 9, 12, 13, 16))))


def live_by_data(past: Past, subscriber: Subscriber, person: Person) -> datetime | None:
    """About every week the counters are read; who has nothing left buys more, and the month is paid in time."""
    line_id = past.lines.get(person.msisdn.digits)
    if line_id is None:
        begin_line(past, subscriber, person, past.plans[DATA_PLAN][0])
        return _next_week(past)
    line = lock_line(past.work, line_id)
    if line.state == ENDED or line.paid_through is None:
        return None
    plan: Plan = line.plan
    if line.state in (ACTIVE, GRACE):
        used = past.draw.randint(4, 19) * GIGABYTE
        left = count_usage(
            past.work,
            subscription_id=line.id,
            session=f"{past.work.now:%Y%m%d}",
            counter_bytes=used,
            at=past.work.now,
        )
        if left is not None and left.left == 0:
            past.capped = True
            sell(past, subscriber, person, past.plans[TOPUP_PLAN][0], renews=line.id)
    if line.paid_through < past.work.now + timedelta(days=8):
        sell(past, subscriber, person, plan, renews=line.id)
    return _next_week(past)


def _next_week(past: Past) -> datetime:
    return moment_of(past.draw, past.work.now + timedelta(days=past.draw.randint(5, 8)))
