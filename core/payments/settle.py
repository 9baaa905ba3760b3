"""Settle: one transaction marks the collection paid, posts the journal, serves the purchase. Once, ever."""

from sqlalchemy import select

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.billing import model as billing
from core.billing.account import own_money
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import post, reverse
from core.payments.complete import complete, is_still_to_pay, whose_money
from core.payments.events import MoneyKept
from core.payments.gateway import Paid
from core.payments.keep import keep_money
from core.payments.model import PAID, Collection, Receipt
from core.payments.receipts import adopt_receipt, take_receipt
from core.payments.states import locked_with_purchase, move
from core.subscribers.meet import prove_number

# In the order of their ids, as everywhere: two who buy for each other must not wait for each other.
_LOCK_PEOPLE = """
    SELECT s.id FROM collections c JOIN purchases p ON p.id = c.purchase_id
    LEFT JOIN subscriptions l ON l.id = p.subscription_id
    JOIN subscribers s ON s.id IN (p.buyer_id, p.beneficiary_id, l.payer_id)
    WHERE c.id = %(collection_id)s ORDER BY s.id FOR NO KEY UPDATE OF s
"""


def settle(work: Work, collection_id: int, *, paid: Paid | None, cause: str) -> None:
    """Settle a collection by `paid`, a receipt known to be its own, or by the provider's word alone (None).

    Called twice, or with the same receipt by another way, it does nothing the second time. A receipt for a
    collection that was settled by word is that receipt; any further receipt is new money.
    """
    work.within(_LOCK_PEOPLE, {"collection_id": collection_id})
    collection, purchase = locked_with_purchase(work, collection_id)
    work.request_id = purchase.request_id  # whatever told us, what follows is part of this purchase
    customer_id = whose_money(work, purchase)
    if collection.state == PAID:
        if paid is not None:
            _note_further_receipt(work, collection, customer_id, paid)
        return
    receipt = None
    if paid is not None:
        receipt = take_receipt(
            work, paid, provider=collection.gateway, subscriber_id=customer_id, collection_id=collection.id
        )
    is_new = paid is None or receipt is not None
    if paid is not None and receipt is None:
        receipt = adopt_receipt(work, paid, collection=collection, customer_id=customer_id)
        if receipt is None:
            return  # that receipt paid for something else already
    received = receipt.amount if receipt is not None else collection.amount
    move(work, collection, PAID, cause, {"cents": received.minor})
    if is_new:
        post(
            work,
            kind="payment",
            source=word_of(collection),
            sides=[(MPESA_CLEARING, received), (receivable(customer_id), -received)],
        )
    prove_number(work, subscriber_id=purchase.buyer_id, msisdn=Msisdn(collection.payer))
    buys = purchase.state not in (billing.PAID, billing.SERVED) and received >= purchase.price
    if buys and not is_new:  # it was the customer's own in the meantime: is it still there?
        buys = own_money(work, customer_id) >= purchase.price
    if buys:
        buys = is_still_to_pay(work, purchase)
    if buys:
        complete(work, purchase, customer_id=customer_id)
    elif purchase.state == billing.OPEN:
        purchase.state = billing.UNPAID
    if receipt is not None and is_new and not (buys and received == collection.amount):
        work.record(MoneyKept(receipt.id))


def word_of(collection: Collection) -> str:
    """The source of the entry by which a collection's money was posted."""
    return f"collection:{collection.id}"


def _note_further_receipt(work: Work, collection: Collection, customer_id: int, paid: Paid) -> None:
    """A receipt for a collection that is paid: the one it was waiting for, a repeat, or new money."""
    own = work.session.scalar(select(Receipt.id).where(Receipt.collection_id == collection.id))
    receipt = take_receipt(
        work,
        paid,
        provider=collection.gateway,
        subscriber_id=customer_id,
        collection_id=collection.id if own is None else None,
    )
    if own is not None:
        if receipt is not None:
            keep_money(work, receipt, subscriber_id=customer_id)
        return
    is_new = receipt is not None
    receipt = receipt or adopt_receipt(work, paid, collection=collection, customer_id=customer_id)
    if receipt is None or (is_new and receipt.amount == collection.amount):
        return
    # The word was taken for the amount that was asked; the receipt, posted elsewhere or with another amount, is
    # the truth, and the word is taken back.
    reverse(work, source=word_of(collection))
    if is_new:
        keep_money(work, receipt, subscriber_id=customer_id)
