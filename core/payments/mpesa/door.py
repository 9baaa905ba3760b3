"""What comes in from Daraja, checked and stored before it is answered. Nothing is processed here.

The path's secret was compared by the web. Safaricom signs nothing, so a source off the list is kept as a word
that must be confirmed (threats M7-M9).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from core.base.database import Work
from core.base.inbox import Entrance, Letter, keep_evidence
from core.base.log import following
from core.base.secrets import Keyring
from core.payments.ask import CALLBACK_LOOKUP
from core.payments.events import CallbackReceived
from core.payments.keep import collection_named, owner_named
from core.payments.mpesa.payloads import NotUnderstood, c2b, status_result, stk_callback

STK, CONFIRMATION, RESULT = "mpesa.stk", "mpesa.c2b.confirmation", "mpesa.result"

Told = TypeVar("Told")

_KNOWN_COLLECTION = """
    SELECT n, c.id AS about, p.request_id  -- what follows is part of that purchase
    FROM marks JOIN collections c ON c.callback_lookup = mark JOIN purchases p ON p.id = c.purchase_id
"""
_ENTRANCES = {
    STK: Entrance(STK, CallbackReceived, known=_KNOWN_COLLECTION),
    CONFIRMATION: Entrance(CONFIRMATION, CallbackReceived),
    RESULT: Entrance(RESULT, CallbackReceived),
}


class Outcome(Enum):
    """What to answer: stored and to be acknowledged, or the fitting HTTP status."""

    STORED = 200
    NOT_UNDERSTOOD = 400
    UNKNOWN = 404


@dataclass(frozen=True, slots=True)
class Knock:
    """One request at a Daraja door. request_id: what it is followed by in the log."""

    body: bytes
    source: str
    trusted: bool
    request_id: str

    def letter(self, marks: Sequence[bytes] = ()) -> Letter:
        return Letter(self.body, self.source, self.trusted, self.request_id, marks=marks)


class Refused(Exception):
    """It is not what this door takes: keep it as evidence (`refuse`), nothing moves."""

    def __init__(self, reason: str, outcome: Outcome) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome


def read_stk(keyring: Keyring, knock: Knock, token: str) -> Letter:
    """An STK callback at the address of `token`. Raises Refused."""
    _understand(stk_callback, knock)
    return knock.letter(keyring.lookups(token, CALLBACK_LOOKUP))


def read_confirmation(knock: Knock, shortcode: str) -> Letter:
    """A C2B confirmation. Raises Refused, also where it is not about our shortcode or proves nothing."""
    told = _understand(c2b, knock)
    if told.shortcode != shortcode or not told.receipt:
        raise Refused("wrong shortcode", Outcome.UNKNOWN)
    return knock.letter()


def read_result(knock: Knock) -> Letter:
    """The answer to a question of ours. Raises Refused."""
    _understand(status_result, knock)
    return knock.letter()


def _understand(read: Callable[[bytes], Told], knock: Knock) -> Told:
    try:
        return read(knock.body)
    except NotUnderstood as error:
        raise Refused(str(error), Outcome.NOT_UNDERSTOOD) from None


def take(work: Work, door: str, letters: Sequence[Letter]) -> list[Outcome]:
    """Store what passed the check of one door, all by one statement; the same a second time changes nothing.

    Unknown where no collection has the token: evidence, nothing moves.
    """
    stored = _ENTRANCES[door].take_all(work, letters)
    for letter, is_known in zip(letters, stored, strict=True):
        if not is_known:
            _keep(work, door, "wrong token", letter)
    return [Outcome.STORED if is_known else Outcome.UNKNOWN for is_known in stored]


def refuse(work: Work, door: str, knock: Knock, refused: Refused) -> Outcome:
    """Keep the evidence."""
    _keep(work, door, refused.reason, knock.letter())
    return refused.outcome


def _keep(work: Work, door: str, reason: str, letter: Letter) -> None:
    with following(letter.request_id):
        keep_evidence(work, door=door, reason=reason, source=letter.source, body=letter.body)


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
