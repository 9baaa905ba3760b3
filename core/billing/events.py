"""What billing tells the world."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class AccessChanged(Event):
    """What the routers should hold for this subscription has changed."""

    subscription_id: int


@dataclass(frozen=True)
class AccessEnded(Event):
    """The time of this subscription is over, or its time to begin."""

    subscription_id: int


@dataclass(frozen=True)
class PaidTimeStarted(Event):
    """The time that this purchase bought is running (or was added to time that runs)."""

    purchase_id: int


@dataclass(frozen=True)
class LineDue(Event):
    """The last paid day of a home line is over; its grace begins."""

    subscription_id: int


@dataclass(frozen=True)
class LineSuspended(Event):
    """A home line was switched off for want of money."""

    subscription_id: int
