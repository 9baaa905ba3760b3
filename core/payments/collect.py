"""Begin to collect: a purchase and its pending collection, in one transaction, before anything is sent."""

import json
from datetime import datetime, timedelta
from typing import Any

from core.base.database import RECORDED, Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.base.words import say
from core.billing.coupon_use import note_use, take_off
from core.billing.model import Purchase
from core.billing.purchase import INSERT_PURCHASE, StepId, purchase_values
from core.catalogue.queries import NOT_ON_SALE
from core.payments.events import CollectionRequested
from core.payments.model import REQUESTED, Collection
from core.payments.standing import (
    IS_OPEN,
    LATELY,
    SAME_AMOUNT_APART,
    BegunCollection,
    Standing,
    begun_at,
    free_at,
    standing_of,
)
from core.subscribers.meet import KnownSubscriber, meet
from core.subscribers.model import Subscriber
from core.vouchers.codes import ALPHABET

REFERENCE_CHARACTERS = 12
"""What M-Pesa shows the payer as the account: alphanumeric, 12 at most."""

PAYMENT_OPEN = say("A payment is still open for that phone. Wait for it to end, then dial again.")
NOT_MPESA = say("M-PESA needs a Safaricom number. Please type one.")

# The collection comes first: where another is open for the phone it is not made, and then nothing else is.
_COLLECTION = f"""
    occasion AS (
        INSERT INTO collections (id, purchase_id, retries_id, gateway, payer, amount_cents, currency, reference, state,
            created_at, push_due_at)
        SELECT %(collection_id)s, drawn.purchase_id, %(retries_id)s, %(gateway)s, %(payer)s, %(amount_cents)s,
            %(currency)s, %(reference)s, 'requested', %(now)s, %(available_at)s
        FROM drawn
        ON CONFLICT (payer) WHERE {IS_OPEN} DO NOTHING
        RETURNING id, purchase_id
    ), moved AS (
        INSERT INTO collection_moves (collection_id, at, to_state, cause)
        SELECT id, %(now)s, 'requested', 'asked for' FROM occasion
    ), {RECORDED}
"""  # noqa: S608
# The same step heard at the same time waits for the phone, and then finds it taken.
_BEGIN = f"""
    WITH drawn AS (
        SELECT nextval('purchases_id_seq') AS purchase_id
        WHERE NOT EXISTS (
            SELECT FROM purchases WHERE channel = %(channel)s AND session = %(session)s AND step = %(step)s
        )
    ), {_COLLECTION}, purchase AS ({INSERT_PURCHASE})
    SELECT purchase_id FROM occasion
"""  # noqa: S608
_RETRY = f"""
    WITH drawn AS (SELECT CAST(%(purchase_id)s AS bigint) AS purchase_id), {_COLLECTION} SELECT id FROM occasion
"""  # noqa: S608
_BEFORE_RETRY = f"""
    SELECT nextval('collections_id_seq'), account_no,
        (SELECT max(asked_at) {LATELY} AND amount_cents = %(amount_cents)s)
    FROM subscribers WHERE id = %(beneficiary_id)s
"""  # noqa: S608


def pay_for_plan(
    work: Work,
    *,
    step: StepId,
    buyer: Subscriber | KnownSubscriber,
    payer: Msisdn,
    plan_id: int,
    push_after: timedelta,
    beneficiary: Msisdn | None = None,
    site_id: int | None = None,
    renews: int | None = None,
    gateway: str = "mpesa",
    standing: Standing | None = None,
    coupon: str | None = None,
) -> BegunCollection:
    """Note the purchase of `plan_id` for `beneficiary` (the buyer) and the collection that `payer` will answer.

    Repeating a step returns its collection and begins nothing (who brings `standing` has looked whether it is repeated,
    where anything stands in the way). push_after: how long the prompt must wait (on
    USSD until the session is over). standing: how things stand, where it was read for the same question already.
    coupon: an offer code, whose use is held from here on. Raises Refusal, in the payer's words. A Work whose session is
    not in use is committed by this (`Work.at_once`); with a coupon it is never.
    """
    if not payer.looks_mpesa_capable:
        raise Refusal(NOT_MPESA)
    if standing is None:
        begun = begun_at(work, step)
        if begun is not None:
            return begun
        standing = standing_of(work, payer=payer, plan_id=plan_id, beneficiary=beneficiary, renews=renews)
    whom = buyer if beneficiary is None else standing.beneficiary or meet(work, msisdn=beneficiary)
    purchase = purchase_values(
        work,
        step=step,
        buyer_id=buyer.id,
        beneficiary_id=whom.id,
        plan=standing.plan,
        site_id=site_id,
        renews=renews,
        line=standing.line,
    )
    if purchase["price_cents"] == 0:
        raise Refusal(NOT_ON_SALE)  # what is free is given, not paid for
    coupon_id = None
    if coupon is not None:
        coupon_id = take_off(work, coupon, purchase, fees_cents=_fees_of(purchase))
    amount = _asked(Money(purchase["price_cents"], purchase["currency"]))
    collection = _collection_values(
        work,
        standing.collection_id,
        amount=amount,
        payer=payer,
        gateway=gateway,
        account_no=whom.account_no,
        due_at=max(work.now + push_after, standing.free_at(amount, work.now)),
    )
    made = work.at_once(_BEGIN, purchase | collection)
    if made is None:  # somebody was faster: at this step, or for this phone
        faster = begun_at(work, step)
        if faster is None:
            raise Refusal(PAYMENT_OPEN)
        return faster
    if coupon_id is not None:
        note_use(
            work,
            coupon_id=coupon_id,
            purchase_id=made[0],
            subscriber_id=buyer.id,
            cents=purchase["discount_cents"],
        )
    return BegunCollection(
        id=standing.collection_id,
        purchase_id=made[0],
        amount_cents=collection["amount_cents"],
        currency=purchase["currency"],
        reference=collection["reference"],
        state=REQUESTED,
    )


def _fees_of(purchase: dict[str, Any]) -> int:
    """What of its price is paid once, which no code lowers."""
    return sum(cents for _, cents in json.loads(purchase["fees"] or "[]"))


def _asked(price: Money) -> Money:
    """M-PESA takes whole shillings: what that is above the price stays the customer's."""
    return Money.shillings(price.whole_shillings_up())


def begin_collection(
    work: Work,
    purchase: Purchase,
    *,
    payer: Msisdn,
    gateway: str,
    push_after: timedelta,
    retries: Collection | None = None,
) -> None:
    """An attempt to collect the purchase's money; retries: the one before it. Raises Refusal while another is open for
    the same phone."""
    amount = _asked(purchase.price)
    facts = {"payer": payer.digits, "amount_cents": amount.minor, "currency": purchase.currency}
    found = work.at_once(
        _BEFORE_RETRY,
        {
            **facts,
            "beneficiary_id": purchase.beneficiary_id,
            "not_before": work.now - SAME_AMOUNT_APART,
        },
    )
    assert found is not None, "its beneficiary is a subscriber"
    collection_id, account_no, last_asked = found
    values = _collection_values(
        work,
        collection_id,
        amount=amount,
        payer=payer,
        gateway=gateway,
        account_no=account_no,
        due_at=max(work.now + push_after, free_at(work.now, last_asked)),
        retries_id=retries.id if retries is not None else None,
    )
    if work.at_once(_RETRY, {**facts, **values, "purchase_id": purchase.id}) is None:
        raise Refusal(PAYMENT_OPEN)


def _collection_values(
    work: Work,
    collection_id: int,
    *,
    amount: Money,
    payer: Msisdn,
    gateway: str,
    account_no: str,
    due_at: datetime,
    retries_id: int | None = None,
) -> dict[str, Any]:
    """The row of a collection that is prompted at `due_at`, and the event of it."""
    return {
        "collection_id": collection_id,
        "amount_cents": amount.minor,
        "retries_id": retries_id,
        "gateway": gateway,
        "payer": payer.digits,
        "reference": _reference(account_no, collection_id),
        **work.recording([CollectionRequested(collection_id)], after=due_at - work.now),
    }


def _reference(account_no: str, collection_id: int) -> str:
    """The account number and a suffix from the collection's id: unique, and readable in the payer's SMS."""
    suffix, rest = "", collection_id
    for _ in range(REFERENCE_CHARACTERS - len(account_no)):
        rest, digit = divmod(rest, len(ALPHABET))
        suffix = ALPHABET[digit] + suffix
    return account_no + suffix
