"""A buyer whom we keep waiting may have the money back: nothing of what was paid for has begun, and nobody is to pay
for hoping."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.inbox import raise_incident
from core.base.money import Money
from core.base.words import say
from core.billing.credit import credit, left_of
from core.billing.hotspot_time import may_have_money_back
from core.billing.model import AWAITING_NETWORK, PAID, UNPAID, Invoice, Purchase, Subscription
from core.billing.serve import lock_line
from core.billing.withdraw import withdraw_unused
from core.ledger.post import lock_subscriber
from core.payments.complete import whose_money

NOT_WAITING = say("That is ready: nothing of its time is lost.")
NOT_YOURS = say("That cannot be done here. Please call us.")
TAKEN_BACK = say("That was taken back already; the money went to your account.")


@dataclass(frozen=True, slots=True)
class KeptWaiting:
    """A purchase whose money may be had back, and how much that is."""

    purchase_id: int
    amount: Money


def kept_waiting(work: Work, *, subscription_id: int, buyer_id: int) -> KeptWaiting | None:
    """What its buyer may have back now of what waits on this access, for a screen: the newest payment where there are
    several. Only money that would be this buyer's own, and nothing is locked."""
    line = work.session.get_one(Subscription, subscription_id)
    found = work.session.execute(
        select(Purchase, Invoice.id, Invoice.open_cents)
        .join(Invoice, Invoice.purchase_id == Purchase.id)
        .where(
            Purchase.subscription_id == subscription_id, Purchase.buyer_id == buyer_id, Purchase.state == PAID
        )
        .order_by(Purchase.id.desc())
    )
    for purchase, invoice_id, open_cents in found.all():
        if _has_waited(work, purchase, line) and whose_money(work, purchase) == buyer_id:
            paid = left_of(work, invoice_id) - Money(open_cents)
            return KeptWaiting(purchase.id, paid) if paid > Money(0) else None
    return None


def is_kept_waiting(work: Work, purchase: Purchase) -> bool:
    """Whether what was paid has waited so long for our network that the buyer may have the money back."""
    if purchase.state != PAID or purchase.paid_at is None or purchase.subscription_id is None:
        return False
    return _has_waited(work, purchase, lock_line(work, purchase.subscription_id))


def _has_waited(work: Work, purchase: Purchase, line: Subscription) -> bool:
    if line.state != AWAITING_NETWORK or purchase.paid_at is None:
        return False
    (minutes,) = dated(work, "money.back_after_minutes")
    return may_have_money_back(purchase.paid_at, work.now, line.granted_at, timedelta(minutes=minutes))


def take_money_back_by_buyer(work: Work, *, purchase_id: int, buyer_id: int) -> Money:
    """The same as `take_money_back`, asked by the buyer on a screen: of an own purchase alone, and only where the money
    comes to the buyer's own account. Raises Refusal."""
    purchase = work.session.get_one(Purchase, purchase_id)
    if purchase.buyer_id != buyer_id or whose_money(work, purchase) != buyer_id:
        raise Refusal(NOT_YOURS)
    return take_money_back(work, purchase_id=purchase_id)


def take_money_back(work: Work, *, purchase_id: int) -> Money:
    """The buyer waits no longer: the purchase is taken back, and its money is the account's own from this moment on. It
    is noted for whoever pays refunds out. How much it is; asked again, it is refused. Raises Refusal where nobody
    was kept waiting."""
    purchase = work.session.get_one(Purchase, purchase_id)
    customer_id = whose_money(work, purchase)
    for person in sorted({customer_id, purchase.beneficiary_id}):
        lock_subscriber(work, person)
    work.session.refresh(purchase, with_for_update=True)
    if purchase.state == UNPAID and purchase.paid_at is not None:
        raise Refusal(TAKEN_BACK)
    if not is_kept_waiting(work, purchase):
        raise Refusal(NOT_WAITING)
    invoice = work.session.execute(
        select(Invoice.id, Invoice.open_cents).where(Invoice.purchase_id == purchase.id)
    ).first()
    if invoice is None:
        _withdraw(work, purchase)
        return Money(0)  # what was free costs nothing back
    amount = left_of(work, invoice.id)
    paid = amount - Money(invoice.open_cents)  # what was still owed of it is not paid out
    credit(
        work,
        invoice.id,
        amount=amount,
        reason="never served: the buyer was kept waiting",
        source=f"waited:{purchase.id}",
    )
    _withdraw(work, purchase)  # after the credit note, whose money would bring a line back that is off
    raise_incident(
        work,
        kind="refund_due",
        key=f"refund_due:{purchase.id}",
        detail=f"purchase {purchase.id}: {paid.minor} cents are asked back, nothing was served",
    )
    return paid


def _withdraw(work: Work, purchase: Purchase) -> None:
    withdraw_unused(work, purchase, cause="kept waiting by us, the money was asked back")
    purchase.state = UNPAID
