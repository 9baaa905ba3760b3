"""Sales of the past: the last days' as they are today, prompt and texts and all; those before by the paybill."""

from datetime import timedelta

from bando.seed.past import Past
from bando.seed.people import Person
from core.base.money import CENTS, Money
from core.billing.model import SERVED, Purchase, Subscription
from core.billing.purchase import StepId, begin_purchase
from core.billing.serve import start_at_login, start_paid_time
from core.catalogue.model import PPPOE, Plan
from core.ledger.post import lock_subscriber
from core.payments.ask import claim, note_answer
from core.payments.collect import pay_for_plan
from core.payments.complete import complete
from core.payments.gateway import Accepted, Paid
from core.payments.keep import keep_money
from core.payments.own_money import BY_RECEIPT, OWN_MONEY, use_money
from core.payments.receipts import take_receipt
from core.payments.settle import settle
from core.payments.tell import tell_receipt
from core.subscribers.model import Subscriber
from core.vouchers.send import send_first

PROVIDER = "mpesa"
USED = 0.93
"""The share of vouchers that somebody logs in with at once."""


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
    pay = _prompted if past.is_told_in_full else _by_paybill
    purchase = pay(past, buyer, person, plan, site_id=site_id, renews=renews)
    assert purchase.subscription_id is not None, "it is paid"
    line_id = purchase.subscription_id
    if purchase.state != SERVED:  # a line that is on was prolonged at once
        start_paid_time(past.work, subscription_id=line_id, at=past.work.now)
    if plan.kind != PPPOE and past.draw.random() < USED:
        start_at_login(past.work, subscription_id=line_id, at=past.work.now)
    if past.is_told_in_full:
        if plan.kind == PPPOE:
            tell_receipt(past.work, purchase.id)
        else:
            send_first(past.work, subscription_id=line_id)
    return past.work.session.get_one(Subscription, line_id)


def pay_more(past: Past, owner: Subscriber, person: Person, line: Subscription, amount: Money) -> None:
    """Money to the paybill that is not a price: it pays what is owed, renews, and the rest stays the owner's."""
    past.sales += 1
    receipt_id = _receive(past, owner, person, amount)
    use_money(past.work, owner.id, why=f"{BY_RECEIPT}{receipt_id}")
    past.work.session.flush()
    start_paid_time(past.work, subscription_id=line.id, at=past.work.now)


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
    note_answer(work, collection.id, Accepted(name, f"ws_CO_{name}"))
    number = past.draw_receipt()
    paid = Paid(number, collection.amount, past.shortcode, collection.reference, paid_at=work.now)
    settle(work, collection.id, paid=paid, cause="callback")
    past.keep_for_sandbox(number, collection.amount_cents, person.msisdn.digits, collection.reference)
    return work.session.get_one(Purchase, collection.purchase_id)


def _by_paybill(
    past: Past, buyer: Subscriber, person: Person, plan: Plan, *, site_id: int | None, renews: int | None
) -> Purchase:
    work = past.work
    purchase, _ = begin_purchase(
        work,
        step=StepId(OWN_MONEY, f"past-{past.sales}", "pay"),
        buyer_id=buyer.id,
        beneficiary_id=buyer.id,
        plan_id=plan.id,
        site_id=site_id,
        renews=renews,
    )
    _receive(past, buyer, person, Money(purchase.price.whole_shillings_up() * CENTS))
    complete(work, purchase, customer_id=buyer.id)
    work.session.flush()
    return purchase


def _receive(past: Past, owner: Subscriber, person: Person, amount: Money) -> int:
    """A payment to the paybill with the owner's account number. The receipt's id."""
    number = past.draw_receipt()
    lock_subscriber(past.work, owner.id)
    paid = Paid(number, amount, past.shortcode, account_text=owner.account_no, paid_at=past.work.now)
    receipt = take_receipt(past.work, paid, provider=PROVIDER, subscriber_id=owner.id, collection_id=None)
    assert receipt is not None, "its number was just drawn"
    keep_money(past.work, receipt, subscriber_id=owner.id)
    past.keep_for_sandbox(number, amount.minor, person.msisdn.digits, owner.account_no)
    return receipt.id
