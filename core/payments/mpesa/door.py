"""What comes in from Daraja, checked and stored before it is answered. Nothing is processed here.

The path's secret was compared by the web. Safaricom signs nothing, so a source off the list is kept as a word
that must be confirmed (threats M7-M9).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from core.base.database import Work
from core.base.inbox import Entrance, keep_evidence
from core.payments.ask import CALLBACK_LOOKUP
from core.payments.events import CallbackReceived
from core.payments.keep import collection_named, owner_named
from core.payments.mpesa.payloads import NotUnderstood, c2b, status_result, stk_callback

STK, CONFIRMATION, RESULT = "mpesa.stk", "mpesa.c2b.confirmation", "mpesa.result"

_STK = Entrance(
    STK,
    CallbackReceived,
    known="""
        SELECT c.id AS about, p.request_id  -- what follows is part of that purchase
        FROM collections c JOIN purchases p ON p.id = c.purchase_id WHERE c.callback_lookup = ANY(%(lookups)s)
    """,
)
_CONFIRMATION = Entrance(CONFIRMATION, CallbackReceived)
_RESULT = Entrance(RESULT, CallbackReceived)


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
    lookups = work.keyring.lookups(token, CALLBACK_LOOKUP)
    return _take(work, _STK, knock, stk_callback, unknown="wrong token", lookups=lookups)


def receive_confirmation(work: Work, knock: Knock, shortcode: str) -> Outcome:
    """Store a C2B confirmation. Unknown where it is not about our shortcode: evidence, nothing moves."""
    try:
        told = c2b(knock.body)
    except NotUnderstood:
        told = None
    if told is not None and (told.shortcode != shortcode or not told.receipt):
        keep_evidence(work, door=CONFIRMATION, reason="wrong shortcode", source=knock.source, body=knock.body)
        return Outcome.UNKNOWN
    return _take(work, _CONFIRMATION, knock, c2b)


def receive_result(work: Work, knock: Knock) -> Outcome:
    """Store the answer to a question of ours."""
    return _take(work, _RESULT, knock, status_result)


def _take(
    work: Work,
    entrance: Entrance,
    knock: Knock,
    read: Callable[[bytes], object],
    unknown: str = "",
    **known: Any,
) -> Outcome:
    try:
        read(knock.body)
    except NotUnderstood as error:
        reason, outcome = str(error), Outcome.NOT_UNDERSTOOD
    else:
        if entrance.take(work, body=knock.body, source=knock.source, trusted=knock.trusted, **known):
            return Outcome.STORED
        reason, outcome = unknown, Outcome.UNKNOWN
    keep_evidence(work, door=entrance.door, reason=reason, source=knock.source, body=knock.body)
    return outcome


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
