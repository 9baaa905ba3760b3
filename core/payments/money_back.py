"""A buyer whom we keep waiting may have the money back: nothing of what was paid for has begun, and nobody is to pay
for hoping."""

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
from core.billing.model import AWAITING_NETWORK, PAID, UNPAID, Invoice, Purchase
from core.billing.serve import lock_line
from core.billing.withdraw import withdraw_unused
from core.ledger.post import lock_subscriber
from core.payments.complete import whose_money

NOT_WAITING = say("That is ready: nothing of its time is lost.")


def is_kept_waiting(work: Work, purchase: Purchase) -> bool:
    """Whether what was paid has waited so long for our network that the buyer may have the money back."""
    if purchase.state != PAID or purchase.paid_at is None or purchase.subscription_id is None:
        return False
    line = lock_line(work, purchase.subscription_id)
    (minutes,) = dated(work, "money.back_after_minutes")
    patience = timedelta(minutes=minutes)
    return line.state == AWAITING_NETWORK and may_have_money_back(
        purchase.paid_at, work.now, line.granted_at, patience
    )


def take_money_back(work: Work, *, purchase_id: int) -> Money:
    """The buyer waits no longer: the purchase is taken back, and its money is the account's own from this moment on. It
    is noted for whoever pays refunds out. How much it is; asked again, it is refused. Raises Refusal where nobody
    was kept waiting."""
    purchase = work.session.get_one(Purchase, purchase_id)
    customer_id = whose_money(work, purchase)
    for person in sorted({customer_id, purchase.beneficiary_id}):
        lock_subscriber(work, person)
    work.session.refresh(purchase, with_for_update=True)
    if not is_kept_waiting(work, purchase):
        raise Refusal(NOT_WAITING)
    invoice_id = work.session.scalar(select(Invoice.id).where(Invoice.purchase_id == purchase.id))
    withdraw_unused(work, purchase, cause="kept waiting by us, the money was asked back")
    purchase.state = UNPAID
    if invoice_id is None:
        return Money(0)  # what was free costs nothing back
    amount = left_of(work, invoice_id)
    credit(
        work,
        invoice_id,
        amount=amount,
        reason="never served: the buyer was kept waiting",
        source=f"waited:{purchase.id}",
    )
    raise_incident(
        work,
        kind="refund_due",
        key=f"refund_due:{purchase.id}",
        detail=f"purchase {purchase.id}: {amount.minor} cents are asked back, nothing was served",
    )
    return amount
