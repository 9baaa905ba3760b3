"""Sales of the past: by a prompt on the phone, or by the paybill with the account's number."""

from datetime import timedelta

from sqlalchemy import text

from bando.seed.past import Past
from bando.seed.people import Person
from core.base.money import Money
from core.billing.model import SERVED, Purchase, Subscription
from core.billing.purchase import StepId, begin_purchase
from core.billing.serve import start_at_login, start_paid_time
from core.catalogue.model import HOTSPOT, PPPOE, Plan
from core.ledger.post import lock_subscriber
from core.payments.ask import claim, note_answer
from core.payments.collect import pay_for_plan
from core.payments.complete import complete
from core.payments.gateway import Accepted, Paid
from core.payments.keep import keep_money
from core.payments.own_money import BY_RECEIPT, FIRST_TERM, OWN_MONEY, use_money
from core.payments.receipts import take_receipt
from core.payments.settle import settle
from core.payments.tell import tell_receipt
from core.subscribers.model import Subscriber
from core.vouchers.send import send_first

PROVIDER = "mpesa"
USED = 0.93
"""The share of vouchers that somebody logs in with at once."""
PROMPTED = 0.3
"""The share of payments for home lines that are made by a prompt."""

_WAITING = text(
    "SELECT s.id FROM subscriptions s JOIN plans p ON p.id = s.plan_id WHERE s.state = 'awaiting_network' "
    "AND p.kind = 'pppoe' AND coalesce(s.payer_id, s.subscriber_id) = :holder_id ORDER BY s.id"
)


def sell(
    past: Past,
    buyer: Subscriber,
    person: Person,
    plan: Plan,
    *,
    site_id: int | None = None,
    renews: int | None = None,
) -> Subscription:
    """One purchase: asked for, paid, served, and used where it is a voucher. The access that it bought."""
    past.sales += 1
    by_prompt = plan.kind == HOTSPOT or past.is_told_in_full or past.chance(PROMPTED)
    pay = _prompted if by_prompt else _by_paybill
    purchase = pay(past, buyer, person, plan, site_id=site_id, renews=renews)
    assert purchase.subscription_id is not None, "it is paid"
    line_id = purchase.subscription_id
    if purchase.state != SERVED:  # a line that is on was prolonged at once
        start_paid_time(past.work, subscription_id=line_id, at=past.work.now)
    if plan.kind == HOTSPOT and past.chance(USED):
        start_at_login(past.work, subscription_id=line_id, at=past.work.now)
    if past.is_told_in_full:
        if plan.kind == PPPOE:
            tell_receipt(past.work, purchase.id)
        else:
            send_first(past.work, subscription_id=line_id)
    return past.work.session.get_one(Subscription, line_id)


def pay_more(past: Past, owner: Subscriber, person: Person, amount: Money) -> int:
    """Money to the paybill that need not be a price: it pays what is owed, renews, and the rest stays the owner's. The
    receipt's id."""
    past.sales += 1
    receipt_id = receive(past, owner, person, amount)
    use_money(past.work, owner.id, why=f"{BY_RECEIPT}{receipt_id}")
    past.work.session.flush()
    start_waiting(past, owner.id)
    return receipt_id


def start_waiting(past: Past, holder_id: int) -> None:
    """The routers say yes to what was paid from an account."""
    for line_id in past.work.session.scalars(_WAITING, {"holder_id": holder_id}).all():
        start_paid_time(past.work, subscription_id=line_id, at=past.work.now)


def receive(past: Past, owner: Subscriber, person: Person, amount: Money) -> int:
    """A payment to the paybill with the owner's account number. The receipt's id."""
    number = past.draw_receipt()
    lock_subscriber(past.work, owner.id)
    paid = Paid(number, amount, past.shortcode, account_text=owner.account_no, paid_at=past.work.now)
    receipt = take_receipt(past.work, paid, provider=PROVIDER, subscriber_id=owner.id, collection_id=None)
    assert receipt is not None, "its number was just drawn"
    keep_money(past.work, receipt, subscriber_id=owner.id)
    past.keep_for_sandbox(number, amount.minor, person.msisdn.digits, owner.account_no)
    return receipt.id


def _prompted(
    past: Past, buyer: Subscriber, person: Person, plan: Plan, *, site_id: int | None, renews: int | None
) -> Purchase:
    work, name = past.work, f"past-{past.sales}"
    collection = pay_for_plan(
        work,
        step=StepId("ussd", name, "pay"),
        buyer=buyer,
        payer=person.msisdn,
        plan_id=plan.id,
        site_id=site_id,
        renews=renews,
        push_after=timedelta(),
    )
    claim(work, collection.id)
    if past.is_told_in_full:  # before, the callback is always faster than the answer: fewer statements
        note_answer(work, collection.id, Accepted(name, f"ws_CO_{name}"))
    number = past.draw_receipt()
    paid = Paid(number, collection.amount, past.shortcode, collection.reference, paid_at=work.now)
    settle(work, collection.id, paid=paid, cause="callback")
    past.keep_for_sandbox(number, collection.amount_cents, person.msisdn.digits, collection.reference)
    return work.session.get_one(Purchase, collection.purchase_id)


def _by_paybill(
    past: Past, buyer: Subscriber, person: Person, plan: Plan, *, site_id: int | None, renews: int | None
) -> Purchase:
    """The price is paid to the paybill, and buys the period as money of one's own does."""
    work = past.work
    price = _to_pay(past, plan, renews)
    receipt_id = receive(past, buyer, person, Money.shillings(price.whole_shillings_up()))
    purchase, _ = begin_purchase(
        work,
        step=StepId(OWN_MONEY, f"{BY_RECEIPT}{receipt_id}", FIRST_TERM),
        buyer_id=buyer.id,
        beneficiary_id=buyer.id,
        plan_id=plan.id,
        site_id=site_id,
        renews=renews,
    )
    complete(work, purchase, customer_id=buyer.id)
    work.session.flush()
    return purchase


_BILL = (
    "SELECT open_cents FROM invoices WHERE subscription_id = %(line_id)s AND open_cents > 0 AND kind = 'bill' "
    "AND purchase_id IS NULL ORDER BY due_at NULLS FIRST, id LIMIT 1"
)


def _to_pay(past: Past, plan: Plan, renews: int | None) -> Money:
    """The open bill of a line; else the price."""
    row = past.work.within(_BILL, {"line_id": renews}) if renews is not None else None
    return Money(row[0]) if row is not None and plan.role == "access" else plan.price
