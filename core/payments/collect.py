"""Begin to collect: a purchase and its pending collection, in one transaction, before anything is sent."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.base.database import Work
from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.base.words import say
from core.billing.model import Purchase
from core.billing.purchase import StepId, begin_purchase
from core.payments.events import CollectionRequested
from core.payments.model import FAILED, REQUESTED, Collection, CollectionMove
from core.subscribers.meet import meet
from core.subscribers.model import Subscriber
from core.vouchers.codes import ALPHABET

REFERENCE_CHARACTERS = 12
"""What M-Pesa shows the payer as the account: alphanumeric, 12 at most."""
SAME_AMOUNT_APART = timedelta(seconds=125)
"""M-Pesa refuses the same amount from the same customer within two minutes (result 17)."""

PAYMENT_OPEN = say("A payment is still open for that phone. Wait for it to end, then dial again.")
NOT_MPESA = say("M-PESA needs a Safaricom number. Please type one.")


def pay_for_plan(
    work: Work,
    *,
    step: StepId,
    buyer: Subscriber,
    payer: Msisdn,
    plan_id: int,
    push_after: timedelta,
    beneficiary: Msisdn | None = None,
    site_id: int | None = None,
    renews: int | None = None,
    gateway: str = "mpesa",
) -> Collection:
    """Note the purchase of `plan_id` for `beneficiary` (the buyer) and the collection that `payer` will answer.

    Repeating a step returns its collection and begins nothing. push_after: how long the prompt must wait (on
    USSD until the session is over). Raises Refusal, in the payer's words.
    """
    if not payer.looks_mpesa_capable:
        raise Refusal(NOT_MPESA)
    whom = meet(work, msisdn=beneficiary).id if beneficiary is not None else buyer.id
    purchase, again = begin_purchase(
        work,
        step=step,
        buyer_id=buyer.id,
        beneficiary_id=whom,
        plan_id=plan_id,
        site_id=site_id,
        renews=renews,
    )
    if again:
        return _collection_of(work, purchase)
    return begin_collection(work, purchase, payer=payer, gateway=gateway, push_after=push_after)


def begin_collection(
    work: Work,
    purchase: Purchase,
    *,
    payer: Msisdn,
    gateway: str,
    push_after: timedelta,
    retries: Collection | None = None,
) -> Collection:
    """One attempt to collect the purchase's money. Raises Refusal while another is open for the same phone."""
    push_due_at = max(work.now + push_after, _free_for_same_amount(work, payer, purchase.price_cents))
    collection_id = work.next_id("collections")
    collection = Collection(
        id=collection_id,
        purchase_id=purchase.id,
        retries_id=retries.id if retries else None,
        gateway=gateway,
        payer=payer.digits,
        amount_cents=purchase.price_cents,
        currency=purchase.currency,
        reference=_reference(work, purchase.beneficiary_id, collection_id),
        state=REQUESTED,
        created_at=work.now,
        push_due_at=push_due_at,
    )
    try:
        with work.session.begin_nested():
            work.session.add(collection)
            work.session.flush()
    except IntegrityError as error:
        if "one_open_prompt" in str(error.orig):
            raise Refusal(PAYMENT_OPEN) from None
        raise
    work.session.add(
        CollectionMove(collection_id=collection.id, at=work.now, to_state=REQUESTED, cause="asked for")
    )
    work.record(CollectionRequested(collection.id), after=push_due_at - work.now)
    return collection


def _collection_of(work: Work, purchase: Purchase) -> Collection:
    return work.session.scalars(
        select(Collection).where(Collection.purchase_id == purchase.id).order_by(Collection.id)
    ).first() or _never_collected(purchase)


def _never_collected(purchase: Purchase) -> Collection:
    raise AssertionError(f"purchase {purchase.id} was committed without its collection")


def _free_for_same_amount(work: Work, payer: Msisdn, cents: int) -> datetime:
    """From when M-Pesa takes this amount from this phone again."""
    last = work.session.scalar(
        select(Collection.asked_at)
        .where(
            Collection.payer == payer.digits,
            Collection.amount_cents == cents,
            Collection.asked_at > work.now - SAME_AMOUNT_APART,
            Collection.state != FAILED,
        )
        .order_by(Collection.asked_at.desc())
        .limit(1)
    )
    return last + SAME_AMOUNT_APART if last else work.now


def _reference(work: Work, subscriber_id: int, collection_id: int) -> str:
    """The account number and a suffix from the collection's id: unique, and readable in the payer's SMS."""
    account_no = work.session.get_one(Subscriber, subscriber_id).account_no
    suffix, rest = "", collection_id
    for _ in range(REFERENCE_CHARACTERS - len(account_no)):
        rest, digit = divmod(rest, len(ALPHABET))
        suffix = ALPHABET[digit] + suffix
    return account_no + suffix
