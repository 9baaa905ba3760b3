"""Look up a collection whose answer does not come. Unknown is a state: asked about, never resent, never guessed."""

from datetime import timedelta

from sqlalchemy import select

from core.base.database import Work
from core.base.inbox import raise_incident
from core.payments.ask import fail
from core.payments.events import CollectionSilent, CollectionUnknown
from core.payments.gateway import Verdict
from core.payments.model import (
    ASKING,
    FAILED,
    LAPSED,
    OPEN_STATES,
    PAID,
    PROMPTED,
    REQUESTED,
    UNKNOWN,
    Claim,
    Collection,
)
from core.payments.settle import settle
from core.payments.states import locked, may_move, move

EARLY_LOOKS = (20, 40, 70, 120)
"""Seconds after the push at which we ask (daraja.md section 7)."""
LATE_LOOK_EVERY = timedelta(minutes=5)
LAST_LOOK = 15
"""About an hour of asking; then the matter is left to the provider's statements, and to a late callback."""
OUT_OF_TURN = 0
"""A look that somebody asked for: it is followed by no other, the schedule goes on beside it."""
FORGOTTEN_AFTER = timedelta(hours=2)
"""Longer than all looks together: what is open still was left by a job that was given up."""
FORGOTTEN_AT_ONCE = 100
UNKNOWN_FROM_LOOK = 3
"""A prompt lives about a minute: after 70 seconds of silence the payer deserves to be told."""


def to_look_up(work: Work, collection_id: int, *, look: int) -> Collection | None:
    """The collection, if a look may tell something new. Out of turn that is so until it is paid: the word of a
    late success is confirmed by it."""
    collection = work.session.get_one(Collection, collection_id)
    if look == OUT_OF_TURN:
        return collection if collection.state != PAID else None
    is_due = collection.state in (PROMPTED, UNKNOWN) and look > collection.looks
    return collection if is_due else None


def note_verdict(work: Work, collection_id: int, verdict: Verdict, *, look: int) -> None:
    """Write down what the query said: paid settles (its receipt follows later), failed fails, else ask again."""
    if verdict.paid and not _amount_is_disputed(work, collection_id):
        settle(work, collection_id, paid=None, cause="the query said paid")
        return
    collection = locked(work, collection_id)
    if collection.state not in (PROMPTED, UNKNOWN):
        return
    if look != OUT_OF_TURN and look <= collection.looks:
        return  # this look was noted already, and the next one is on its way
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
    _lapse(work, collection, "an hour of silence")


def close_forgotten(work: Work) -> int:
    """End what no job looks after any more, so that no phone is kept from paying. How many there were."""
    forgotten = work.session.scalars(
        select(Collection.id)
        .where(Collection.state.in_(OPEN_STATES), Collection.push_due_at < work.now - FORGOTTEN_AFTER)
        .order_by(Collection.id)
        .limit(FORGOTTEN_AT_ONCE)
    ).all()
    for collection_id in forgotten:
        collection = locked(work, collection_id)
        if collection.state == REQUESTED:
            fail(work, collection, "provider_busy", cause="forgotten")
        elif collection.state in OPEN_STATES:
            if collection.state in (ASKING, PROMPTED):
                move(work, collection, UNKNOWN, "forgotten")
            _lapse(work, collection, "forgotten")
    return len(forgotten)


def _amount_is_disputed(work: Work, collection_id: int) -> bool:
    """Whether a message told another amount than was asked, and nobody has confirmed or refuted it: the query
    tells no amount, so its word must wait."""
    found = work.session.scalar(
        select(Claim.id)
        .join(Collection, Collection.id == Claim.collection_id)
        .where(
            Claim.collection_id == collection_id,
            Claim.amount_cents != Collection.amount_cents,
            Claim.state.in_(["waiting", "unanswered"]),
        )
        .limit(1)
    )
    return found is not None


def _lapse(work: Work, collection: Collection, cause: str) -> None:
    move(work, collection, LAPSED, cause)
    raise_incident(
        work, kind="payment_unknown", key=f"collection:{collection.id}", detail=f"collection {collection.id}"
    )


def _until_next(look: int) -> timedelta:
    if look < len(EARLY_LOOKS):
        return timedelta(seconds=EARLY_LOOKS[look] - EARLY_LOOKS[look - 1])
    return LATE_LOOK_EVERY
