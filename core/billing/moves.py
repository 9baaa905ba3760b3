"""A subscription's moves between states: named, dated, with their cause, and none that is not allowed."""

from core.base.database import Work
from core.billing.model import (
    ACTIVE,
    AWAITING_NETWORK,
    ENDED,
    GRACE,
    PAUSED,
    SUSPENDED,
    Subscription,
    SubscriptionMove,
)

NAMES = {
    (AWAITING_NETWORK, ACTIVE): "begin",
    (AWAITING_NETWORK, SUSPENDED): "withdraw",
    (AWAITING_NETWORK, ENDED): "give up",
    (ACTIVE, GRACE): "run out",
    (ACTIVE, SUSPENDED): "cut off",
    (ACTIVE, PAUSED): "pause",
    (ACTIVE, ENDED): "end",
    (GRACE, ACTIVE): "renew",
    (GRACE, SUSPENDED): "cut off",
    (GRACE, ENDED): "end",
    (SUSPENDED, AWAITING_NETWORK): "return",
    (SUSPENDED, ENDED): "end",
    (PAUSED, AWAITING_NETWORK): "resume",
    (PAUSED, ENDED): "end",
}
"""The moves there are, by name. A line that was off comes back through the network's yes; an ended one never. The
database refuses every other (migration 0011)."""


class MoveNotAllowed(Exception):
    """A bug: the caller did not look at the state first."""


def move(work: Work, subscription: Subscription, to_state: str, cause: str) -> None:
    """Move the subscription and note it. The caller holds the subscriber's row."""
    if (subscription.state, to_state) not in NAMES:
        raise MoveNotAllowed(f"subscription {subscription.id}: {subscription.state} to {to_state} ({cause})")
    note_move(work, subscription, to_state, cause)
    subscription.state = to_state


def note_move(work: Work, subscription: Subscription, to_state: str, cause: str) -> None:
    """Note a move without making it: the beginning of a subscription."""
    work.session.add(
        SubscriptionMove(
            subscription_id=subscription.id,
            at=work.now,
            from_state=subscription.state if subscription.state != to_state else None,
            to_state=to_state,
            cause=cause,
        )
    )
