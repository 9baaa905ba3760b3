"""What comes in from Daraja, checked and stored before it is answered. Nothing is processed here.

The path's secret was compared by the web. Safaricom signs nothing, so a source off the list is kept as a word
that must be confirmed (threats M7-M9).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import select

from core.base.database import Work
from core.base.inbox import keep_evidence, store
from core.billing.model import Purchase
from core.payments.ask import CALLBACK_LOOKUP
from core.payments.events import CallbackReceived
from core.payments.keep import collection_named, owner_named
from core.payments.model import Collection
from core.payments.mpesa.payloads import NotUnderstood, c2b, status_result, stk_callback

STK, CONFIRMATION, RESULT = "mpesa.stk", "mpesa.c2b.confirmation", "mpesa.result"


class Outcome(Enum):
    """What to answer: stored and to be acknowledged, or the fitting HTTP status."""

    STORED = 200
    NOT_UNDERSTOOD = 400
    UNKNOWN = 404


@dataclass(frozen=True, slots=True)
class Knock:
    """One request at a Daraja door."""

    body: bytes
    source: str
    trusted: bool


def receive_stk(work: Work, knock: Knock, token: str) -> Outcome:
    """Store an STK callback. Unknown where no collection has this token: evidence, nothing moves."""
    found = work.session.execute(
        select(Collection.id, Purchase.request_id)
        .join(Purchase, Purchase.id == Collection.purchase_id)
        .where(Collection.callback_lookup.in_(work.keyring.lookups(token, CALLBACK_LOOKUP)))
    ).one_or_none()
    if found is None:
        keep_evidence(work, door=STK, reason="wrong token", source=knock.source, body=knock.body)
        return Outcome.UNKNOWN
    work.request_id = found.request_id  # what follows is part of that purchase
    return _store(work, STK, knock, stk_callback, about=found.id)


def receive_confirmation(work: Work, knock: Knock, shortcode: str) -> Outcome:
    """Store a C2B confirmation. Unknown where it is not about our shortcode: evidence, nothing moves."""
    try:
        told = c2b(knock.body)
    except NotUnderstood:
        told = None
    if told is not None and (told.shortcode != shortcode or not told.receipt):
        reason = "wrong shortcode" if told.receipt else "no receipt"
        keep_evidence(work, door=CONFIRMATION, reason=reason, source=knock.source, body=knock.body)
        return Outcome.UNKNOWN
    return _store(work, CONFIRMATION, knock, c2b)


def receive_result(work: Work, knock: Knock) -> Outcome:
    """Store the answer to a question of ours."""
    return _store(work, RESULT, knock, status_result)


def _store(
    work: Work, door: str, knock: Knock, read: Callable[[bytes], object], about: int | None = None
) -> Outcome:
    try:
        read(knock.body)
    except NotUnderstood as error:
        keep_evidence(work, door=door, reason=str(error), source=knock.source, body=knock.body)
        return Outcome.NOT_UNDERSTOOD
    inbox_id = store(
        work, door=door, body=knock.body, source=knock.source, trusted=knock.trusted, about=about
    )
    if inbox_id is not None:
        work.record(CallbackReceived(inbox_id))
    return Outcome.STORED


def validate(work: Work, knock: Knock, shortcode: str) -> dict[str, str]:
    """Answer a C2B validation: is the account one of ours? Money for nobody is better refused than kept."""
    try:
        told = c2b(knock.body)
    except NotUnderstood:
        return _refuse("C2B00016")
    if told.shortcode != shortcode:
        return _refuse("C2B00015")
    known = collection_named(work, told.account_text) or owner_named(work, told.account_text)
    return {"ResultCode": "0", "ResultDesc": "Accepted"} if known else _refuse("C2B00012")


def _refuse(code: str) -> dict[str, str]:
    return {"ResultCode": code, "ResultDesc": "Rejected"}
