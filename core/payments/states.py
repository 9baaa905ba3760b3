"""A collection's moves between states: monotonic, noted, success final."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import contains_eager
from sqlalchemy.orm.attributes import set_committed_value

from core.base.database import Work
from core.billing.model import Purchase
from core.payments.model import (
    ASKING,
    FAILED,
    LAPSED,
    PAID,
    PROMPTED,
    REQUESTED,
    UNKNOWN,
    Collection,
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

_MOVE = """
    WITH moved AS (
        UPDATE collections SET state = %(to_state)s, settled_at = %(settled_at)s WHERE id = %(collection_id)s
    )
    INSERT INTO collection_moves (collection_id, at, from_state, to_state, cause, detail)
    VALUES (%(collection_id)s, %(now)s, %(from_state)s, %(to_state)s, %(cause)s, %(detail)s) RETURNING id
"""


def may_move(collection: Collection, to_state: str) -> bool:
    """Whether the state may follow. Not to follow is no error: words about a payment come late and twice."""
    return to_state in ALLOWED[collection.state]


def move(
    work: Work, collection: Collection, to_state: str, cause: str, detail: dict[str, Any] | None = None
) -> None:
    """Move the (locked) collection and note it."""
    if not may_move(collection, to_state):
        raise ValueError(f"collection {collection.id}: {collection.state} to {to_state} ({cause})")
    settled_at = work.now if to_state in (PAID, FAILED) else collection.settled_at
    work.within(
        _MOVE,
        {
            "collection_id": collection.id,
            "now": work.now,
            "from_state": collection.state,
            "to_state": to_state,
            "cause": cause,
            "detail": json.dumps(detail) if detail is not None else None,
            "settled_at": settled_at,
        },
    )
    set_committed_value(collection, "state", to_state)
    set_committed_value(collection, "settled_at", settled_at)


def locked(work: Work, collection_id: int) -> Collection:
    """The collection, its row locked and read afresh."""
    return work.session.get_one(Collection, collection_id, with_for_update=True, populate_existing=True)


def locked_with_purchase(work: Work, collection_id: int) -> tuple[Collection, Purchase]:
    """The collection and then its purchase, their rows locked and read afresh, with the plan."""
    collection, purchase = work.session.execute(
        select(Collection, Purchase)
        .join(Purchase, Purchase.id == Collection.purchase_id)
        .join(Purchase.plan)
        .options(contains_eager(Purchase.plan))
        .where(Collection.id == collection_id)
        .with_for_update(of=[Collection, Purchase])
        .execution_options(populate_existing=True)
    ).one()
    return collection, purchase
