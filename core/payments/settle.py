"""Settle: one transaction marks the collection paid, posts the journal, serves the purchase. Once, ever."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.i18n import DEFAULT_LANGUAGE, render
from core.base.inbox import raise_incident
from core.base.log import logger
from core.base.msisdn import Msisdn
from core.billing import model as billing
from core.billing.invoice import invoice_purchase
from core.billing.model import Purchase
from core.billing.serve import serve
from core.catalogue.labels import term_label
from core.catalogue.model import HOTSPOT
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import lock_subscriber, post
from core.payments.events import MoneyKept, PaymentSettled
from core.payments.gateway import Paid
from core.payments.keep import keep_money
from core.payments.model import PAID, Collection, Receipt
from core.payments.states import locked, move
from core.subscribers.meet import prove_number
from core.vouchers.mint import mint


def settle(work: Work, collection_id: int, *, paid: Paid | None, cause: str) -> None:
    """Settle a collection by `paid`, a receipt that counts, or by the provider's word alone (None).

    Called twice, or with the same receipt by another way, it does nothing the second time. A receipt for a
    collection that was settled by word is that receipt; any further receipt is new money.
    """
    purchase = work.session.get_one(Purchase, work.session.get_one(Collection, collection_id).purchase_id)
    work.request_id = purchase.request_id  # whatever told us, what follows is part of this purchase
    customer_id = whose_money(purchase)
    for subscriber_id in sorted({customer_id, purchase.beneficiary_id}):
        lock_subscriber(work, subscriber_id)
    collection = locked(work, collection_id)
    work.session.refresh(purchase, with_for_update=True)
    if collection.state == PAID:
        if paid is not None:
            _note_further_receipt(work, collection, purchase, paid)
        return
    receipt = None
    if paid is not None:
        receipt = take_receipt(
            work, paid, provider=collection.gateway, subscriber_id=customer_id, collection_id=collection.id
        )
        if receipt is None:
            return  # that receipt paid for something else already
    received = paid.amount if paid is not None else collection.amount
    move(work, collection, PAID, cause, {"cents": received.minor})
    post(
        work,
        kind="payment",
        source=f"collection:{collection.id}",
        sides=[(MPESA_CLEARING, received), (receivable(customer_id), -received)],
    )
    prove_number(work, subscriber_id=purchase.buyer_id, msisdn=Msisdn(collection.payer))
    if purchase.state in (billing.PAID, billing.SERVED):
        return  # another collection paid for it: this money stays the customer's own
    if received < purchase.price:
        purchase.state = billing.UNPAID
        if receipt is not None:
            work.record(MoneyKept(receipt.id))
        return
    complete(work, purchase, customer_id=customer_id)


def complete(work: Work, purchase: Purchase, *, customer_id: int) -> None:
    """Invoice and serve a purchase whose money stands on the customer's account. Rows are locked."""
    term = render(term_label(purchase.term_unit, purchase.term_count), DEFAULT_LANGUAGE)
    what = "WiFi" if purchase.plan.kind == HOTSPOT else purchase.plan.name
    invoice_purchase(work, purchase, subscriber_id=customer_id, description=f"{what}, {term}")
    line = serve(work, purchase)
    if purchase.plan.kind == HOTSPOT:
        mint(work, subscription_id=line.id, buyer_id=purchase.buyer_id, holder_id=purchase.beneficiary_id)
    work.record(PaymentSettled(purchase.id))
    logger("payments").info("settled", purchase=purchase.id, cents=purchase.price_cents)


def whose_money(purchase: Purchase) -> int:
    """On whose account a purchase stands: the line's owner for home lines, the buyer for vouchers."""
    return purchase.buyer_id if purchase.plan.kind == HOTSPOT else purchase.beneficiary_id


def take_receipt(
    work: Work, paid: Paid, *, provider: str, subscriber_id: int | None, collection_id: int | None
) -> Receipt | None:
    """Note a receipt that counts. None where it stands already: a repeat if the facts agree, else an incident."""
    number = work.session.scalar(
        insert(Receipt)
        .values(
            provider=provider,
            number=paid.receipt,
            amount_cents=paid.amount.minor,
            currency=paid.amount.currency,
            shortcode=paid.shortcode,
            account_text=paid.account_text,
            payer_hint=paid.payer_hint,
            paid_at=paid.paid_at,
            received_at=work.now,
            subscriber_id=subscriber_id,
            collection_id=collection_id,
        )
        .on_conflict_do_nothing(index_elements=["provider", "number"])
        .returning(Receipt.id)
    )
    if number is not None:
        return work.session.get_one(Receipt, number)
    known = known_receipt(work, provider, paid.receipt)
    if known is not None and known.amount != paid.amount:
        raise_incident(
            work,
            kind="receipt_differs",
            key=f"receipt:{provider}:{paid.receipt}:{paid.amount.minor}",
            detail=f"receipt {known.id} stands with {known.amount_cents} cents, told again with {paid.amount.minor}",
        )
    return None


def known_receipt(work: Work, provider: str, number: str) -> Receipt | None:
    """The receipt with this number, if it stands."""
    return work.session.scalar(select(Receipt).where(Receipt.provider == provider, Receipt.number == number))


def _note_further_receipt(work: Work, collection: Collection, purchase: Purchase, paid: Paid) -> None:
    """A receipt for a collection that is paid: the one it was waiting for, a repeat, or new money."""
    own = work.session.scalar(select(Receipt).where(Receipt.collection_id == collection.id))
    joins = own is None and paid.amount == collection.amount
    customer_id = whose_money(purchase)
    receipt = take_receipt(
        work,
        paid,
        provider=collection.gateway,
        subscriber_id=customer_id,
        collection_id=collection.id if joins else None,
    )
    if receipt is not None and not joins:
        keep_money(work, receipt, subscriber_id=customer_id)
