"""Look up a collection whose answer does not come. Unknown is a state: asked about, never resent, never guessed."""

from datetime import timedelta

from core.base.database import Work
from core.base.inbox import raise_incident
from core.payments.ask import fail
from core.payments.events import CollectionSilent, CollectionUnknown
from core.payments.gateway import Verdict
from core.payments.model import FAILED, LAPSED, PROMPTED, UNKNOWN, Collection
from core.payments.settle import settle
from core.payments.states import locked, may_move, move

EARLY_LOOKS = (20, 40, 70, 120)
"""Seconds after the push at which we ask (daraja.md section 7)."""
LATE_LOOK_EVERY = timedelta(minutes=5)
LAST_LOOK = 15
"""About an hour of asking; then the matter is left to the provider's statements, and to a late callback."""
OUT_OF_TURN = 0
"""A look that somebody asked for: it is followed by no other, the schedule goes on beside it."""
UNKNOWN_FROM_LOOK = 3
"""A prompt lives about a minute: after 70 seconds of silence the payer deserves to be told."""


def to_look_up(work: Work, collection_id: int) -> Collection | None:
    """The collection, if its outcome is still open."""
    collection = work.session.get_one(Collection, collection_id)
    return collection if collection.state in (PROMPTED, UNKNOWN) else None


def note_verdict(work: Work, collection_id: int, verdict: Verdict, *, look: int) -> None:
    """Write down what the query said: paid settles (its receipt follows later), failed fails, else ask again."""
    if verdict.paid:
        settle(work, collection_id, paid=None, cause="the query said paid")
        return
    collection = locked(work, collection_id)
    if collection.state not in (PROMPTED, UNKNOWN):
        return
    collection.looks = max(collection.looks, look)
    if verdict.paid is False and may_move(collection, FAILED):
        fail(work, collection, verdict.reason, cause="the query said failed", code=verdict.code)
        return
    if look == OUT_OF_TURN:
        return
    if look >= UNKNOWN_FROM_LOOK:
        if collection.state == PROMPTED:
            move(work, collection, UNKNOWN, "no answer in time")
        if look == UNKNOWN_FROM_LOOK:
            work.record(CollectionUnknown(collection.id))
    if look < LAST_LOOK:
        work.record(CollectionSilent(collection.id, look + 1), after=_until_next(look))
        return
    move(work, collection, LAPSED, "an hour of silence")
    raise_incident(
        work, kind="payment_unknown", key=f"collection:{collection.id}", detail=f"collection {collection.id}"
    )


def _until_next(look: int) -> timedelta:
    if look < len(EARLY_LOOKS):
        return timedelta(seconds=EARLY_LOOKS[look] - EARLY_LOOKS[look - 1])
    return LATE_LOOK_EVERY
