"""Ask the gateway to collect: claim; call; note what it said. A claim without a note is an unknown outcome."""

from datetime import timedelta

from core.base.database import Work
from core.base.errors import NotReady, OutcomeUnknown, Rejected, Unreachable
from core.base.msisdn import Msisdn
from core.base.secrets import draw_secret
from core.billing.model import OPEN, PAID, SERVED, UNPAID, Purchase
from core.payments.collect import begin_collection
from core.payments.events import CollectionFailed, CollectionSilent
from core.payments.gateway import Accepted, CollectionOrder
from core.payments.model import ASKING, FAILED, PROMPTED, REQUESTED, UNKNOWN, Collection
from core.payments.states import locked, may_move, move

CALLBACK_LOOKUP = "callback"
CALL_LIMIT = timedelta(seconds=45)
"""A call and its note take less; a claim older than this was left by a worker that died."""
PROMPT_STILL_WANTED = timedelta(minutes=5)
"""A prompt that comes later finds nobody waiting, or frightens: it is not sent at all."""
FIRST_LOOK = timedelta(seconds=20)
RETRY_BUSY_AFTER = timedelta(seconds=75)
"""The phone was in another session: M-Pesa wants at least a minute before the one automatic retry."""

Answer = Accepted | Rejected | OutcomeUnknown | Unreachable


def claim(work: Work, collection_id: int) -> CollectionOrder | None:
    """Take the collection to ask for it. None where it was asked for already, or nobody waits for it any more."""
    collection = locked(work, collection_id)
    if collection.state == ASKING:
        _note_abandoned(work, collection)
        return None
    if collection.state != REQUESTED:
        return None
    purchase = _locked_purchase(work, collection)
    if purchase.state in (PAID, SERVED):
        move(work, collection, FAILED, "paid already, by an earlier attempt")
        return None
    if work.now > collection.push_due_at + PROMPT_STILL_WANTED:
        fail(work, collection, "provider_busy", cause="too late to prompt")
        return None
    token = draw_secret()
    collection.callback_lookup = work.keyring.lookup(token, CALLBACK_LOOKUP)
    collection.callback_sealed = work.keyring.seal(
        token, table="collections", column="callback_sealed", row=collection.id
    )
    collection.asked_at = work.now
    move(work, collection, ASKING, "claimed")
    return CollectionOrder(
        collection_id=collection.id,
        payer=Msisdn(collection.payer),
        amount=collection.amount,
        reference=collection.reference,
        description=purchase.plan.name if purchase.plan.kind == "pppoe" else "WiFi",
        callback_token=token,
    )


def _note_abandoned(work: Work, collection: Collection) -> None:
    """A worker died between its claim and its note: the prompt may be on the phone. It is never sent again."""
    assert collection.asked_at is not None
    if work.now < collection.asked_at + CALL_LIMIT:
        raise NotReady("another worker is asking for this collection")
    move(work, collection, UNKNOWN, "the worker that asked did not come back")
    work.record(CollectionSilent(collection.id, 1))


def note_answer(work: Work, collection_id: int, answer: Answer) -> None:
    """Write down what the gateway said. The callback may have been faster: its word stands."""
    collection = locked(work, collection_id)
    match answer:
        case Accepted():
            collection.gateway_request_id = answer.request_id
            collection.gateway_checkout_id = answer.checkout_id
            if may_move(collection, PROMPTED):
                move(work, collection, PROMPTED, "the gateway accepted", {"checkout": answer.checkout_id})
                work.record(CollectionSilent(collection.id, 1), after=FIRST_LOOK)
        case OutcomeUnknown():
            if may_move(collection, UNKNOWN):
                move(work, collection, UNKNOWN, "the gateway did not answer", {"why": str(answer)})
                work.record(CollectionSilent(collection.id, 1), after=FIRST_LOOK)
        case Unreachable():
            if collection.state == ASKING:
                move(work, collection, REQUESTED, "the gateway was not reached", {"why": str(answer)})
        case Rejected():
            if collection.state == ASKING:
                fail(work, collection, answer.code or "other", cause="the gateway refused")


def fail(work: Work, collection: Collection, reason: str, *, cause: str, code: str = "") -> None:
    """The collection came to nothing. A busy phone gets its one automatic retry, while somebody may still be
    waiting for it; else the payer is told."""
    move(work, collection, FAILED, cause, {"reason": reason, "code": code})
    collection.reason, collection.result_code = reason, code or None
    purchase = _locked_purchase(work, collection)
    if purchase.state in (PAID, SERVED):
        return  # another attempt was paid: nothing is missing
    is_fresh = work.now <= collection.push_due_at + PROMPT_STILL_WANTED
    if reason == "busy" and collection.retries_id is None and is_fresh:
        work.session.flush()  # the phone must be free of this collection before the next one takes it
        begin_collection(
            work,
            purchase,
            payer=Msisdn(collection.payer),
            gateway=collection.gateway,
            push_after=RETRY_BUSY_AFTER,
            retries=collection,
        )
        return
    if purchase.state == OPEN:
        purchase.state = UNPAID
    work.record(CollectionFailed(collection.id))


def _locked_purchase(work: Work, collection: Collection) -> Purchase:
    """The collection's purchase, locked after it: another attempt may be settling it."""
    return work.session.get_one(
        Purchase, collection.purchase_id, with_for_update={"of": Purchase}, populate_existing=True
    )
