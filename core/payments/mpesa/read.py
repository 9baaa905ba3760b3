"""Read what the inbox holds from Daraja and do what it says, each message as often as it is read, once."""

from core.base.database import Work
from core.base.errors import NotReady
from core.base.ids import InboxId
from core.base.inbox import InboxEntry, keep_evidence, raise_incident, read
from core.payments.ask import fail
from core.payments.claims import ANOTHER_PAYER, allocate, make_claim, note_status
from core.payments.events import CollectionSilent
from core.payments.gateway import Paid, Verdict
from core.payments.look_up import OUT_OF_TURN
from core.payments.model import FAILED, Collection
from core.payments.mpesa.door import CONFIRMATION, RESULT, STK
from core.payments.mpesa.payloads import c2b, status_result, stk_callback
from core.payments.payers import note_payer
from core.payments.reversal import reverse_known
from core.payments.settle import settle
from core.payments.states import locked, may_move

PROVIDER = "mpesa"
NOT_FOUND = frozenset({"2032", "R000002", "500.001.1001"})
"""Transaction Status says that there is no such transaction (which codes do is UNCONFIRMED)."""


def read_message(work: Work, inbox_id: int, *, shortcode: str) -> None:
    """Do what one stored message says. shortcode: where our money comes in."""
    entry, body = read(work, InboxId(inbox_id))
    match entry.door:
        case door if door == STK:
            _read_stk(work, entry, stk_callback(body), body)
        case door if door == CONFIRMATION:
            _read_confirmation(work, entry, c2b(body))
        case door if door == RESULT:
            _read_result(work, entry, body, shortcode)


def _read_stk(work: Work, entry: InboxEntry, verdict: Verdict, body: bytes) -> None:
    assert entry.about is not None
    collection = work.session.get_one(Collection, entry.about)
    if not _is_about(collection, verdict):
        keep_evidence(work, door=STK, reason="wrong request id", source=entry.source, body=body)
        raise_incident(
            work,
            kind="callback_mixed_up",
            key=f"inbox:{entry.id}",
            detail=f"right token of collection {collection.id} with another request's id",
        )
        return
    if verdict.paid:
        _read_success(work, entry, collection, verdict)
    elif verdict.paid is False:
        _read_failure(work, entry, collection, verdict)
    # Last, for it locks the collection, and a subscriber is locked before it.
    if collection.gateway_checkout_id is None and entry.trusted:
        collection.gateway_checkout_id = verdict.checkout_id  # the callback was faster than the answer


def _is_about(collection: Collection, verdict: Verdict) -> bool:
    if collection.gateway_checkout_id is None:
        return True
    if collection.gateway_checkout_id != verdict.checkout_id:
        return False
    ours = collection.gateway_request_id
    return not ours or not verdict.request_id or ours == verdict.request_id


def _read_success(work: Work, entry: InboxEntry, collection: Collection, verdict: Verdict) -> None:
    if not verdict.receipt or verdict.amount is None:
        # Paid, it says, without its proof: the query will tell.
        work.record(CollectionSilent(collection.id, OUT_OF_TURN))
        return
    paid = Paid(
        receipt=verdict.receipt,
        amount=verdict.amount,
        shortcode="",
        account_text=collection.reference,
        payer_hint=verdict.payer,
        paid_at=verdict.paid_at,
    )
    doubt = _doubt(entry, collection, verdict)
    if doubt:
        make_claim(
            work,
            inbox_id=entry.id,
            provider=PROVIDER,
            paid=paid,
            reason=doubt,
            collection_id=collection.id,
        )
        work.record(CollectionSilent(collection.id, OUT_OF_TURN))  # the query answers faster, if it may
        return
    settle(work, collection.id, paid=paid, cause="callback")


def _doubt(entry: InboxEntry, collection: Collection, verdict: Verdict) -> str:
    """Why a success does not count by itself; empty where it does."""
    if not entry.trusted:
        return "unlisted source"
    if verdict.amount != collection.amount:
        return "another amount"
    if verdict.payer.isdigit() and verdict.payer != collection.payer:
        return ANOTHER_PAYER
    return ""


def _read_failure(work: Work, entry: InboxEntry, collection: Collection, verdict: Verdict) -> None:
    collection = locked(work, collection.id)
    if not may_move(collection, FAILED) or collection.state == FAILED:
        return
    if not entry.trusted:
        work.record(CollectionSilent(collection.id, OUT_OF_TURN))
        return
    fail(work, collection, verdict.reason, cause="callback", code=verdict.code)


def _read_confirmation(work: Work, entry: InboxEntry, paid: Paid) -> None:
    if entry.trusted:
        allocate(work, paid, provider=PROVIDER)
        note_payer(work, paid)
    else:
        make_claim(work, inbox_id=entry.id, provider=PROVIDER, paid=paid, reason="unlisted source")


def _read_result(work: Work, entry: InboxEntry, body: bytes, shortcode: str) -> None:
    result = status_result(body)
    if not entry.trusted:
        keep_evidence(work, door=RESULT, reason="unlisted source", source=entry.source, body=body)
        return
    paid = result.paid if result.completed else None
    if paid is not None and paid.shortcode.isdigit() and paid.shortcode != shortcode:
        keep_evidence(work, door=RESULT, reason="money of another shortcode", source=entry.source, body=body)
        return
    if result.reversed and result.paid is not None:
        reverse_known(
            work, provider=PROVIDER, number=result.paid.receipt, reason="M-PESA's status says reversed"
        )
    final = result.code in NOT_FOUND or (result.code == "0" and not result.completed)
    if not note_status(work, conversation=result.conversation, paid=paid, final=final):
        raise NotReady("no question of ours is known under this conversation yet")
