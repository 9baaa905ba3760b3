"""A collection's moves between states: monotonic, noted, success final."""

from typing import Any

from core.base.database import Work
from core.payments.model import (
    ASKING,
    FAILED,
    LAPSED,
    PAID,
    PROMPTED,
    REQUESTED,
    UNKNOWN,
    Collection,
    CollectionMove,
)

ALLOWED = {
    REQUESTED: {ASKING, PAID, FAILED},
    ASKING: {PROMPTED, UNKNOWN, FAILED, PAID, REQUESTED},
    PROMPTED: {PAID, FAILED, UNKNOWN},
    UNKNOWN: {PAID, FAILED, LAPSED, PROMPTED},
    FAILED: {PAID},
    LAPSED: {PAID, FAILED},
    PAID: set(),
}
"""A late success overturns a failure; nothing overturns a success. asking → requested: it was never sent."""


def may_move(collection: Collection, to_state: str) -> bool:
    """Whether the state may follow. Not to follow is no error: words about a payment come late and twice."""
    return to_state in ALLOWED[collection.state]


def move(
    work: Work, collection: Collection, to_state: str, cause: str, detail: dict[str, Any] | None = None
) -> None:
    """Move the (locked) collection and note it."""
    if not may_move(collection, to_state):
        raise ValueError(f"collection {collection.id}: {collection.state} to {to_state} ({cause})")
    work.session.add(
        CollectionMove(
            collection_id=collection.id,
            at=work.now,
            from_state=collection.state,
            to_state=to_state,
            cause=cause,
            detail=detail,
        )
    )
    collection.state = to_state
    if to_state in (PAID, FAILED):
        collection.settled_at = work.now


def locked(work: Work, collection_id: int) -> Collection:
    """The collection, its row locked and read afresh."""
    return work.session.get_one(Collection, collection_id, with_for_update=True, populate_existing=True)
