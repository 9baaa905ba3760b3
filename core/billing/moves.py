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

ALLOWED = {
    AWAITING_NETWORK: {ACTIVE, ENDED},
    ACTIVE: {GRACE, SUSPENDED, PAUSED, ENDED},
    GRACE: {ACTIVE, SUSPENDED, ENDED},
    SUSPENDED: {AWAITING_NETWORK, ENDED},
    PAUSED: {AWAITING_NETWORK, ENDED},
    ENDED: set(),
}
"""From each state, the states that may follow it. A line that was off comes back through the network's yes."""


class MoveNotAllowed(Exception):
    """A bug: the caller did not look at the state first."""


def move(work: Work, subscription: Subscription, to_state: str, cause: str) -> None:
    """Move the subscription and note it. The caller holds the subscriber's row."""
    if to_state not in ALLOWED[subscription.state]:
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
