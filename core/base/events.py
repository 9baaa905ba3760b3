"""What happened, said upwards. An event is a small frozen dataclass that holds ids and whole numbers.

`work.record(event)` leaves it in the outbox in the transaction that caused it; the switchboard decides who
listens; each (event, listener) pair is a delivery of its own.
"""

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class Event:
    """The root of all events. Subclasses are known by their class name, which is what the outbox stores."""

    known: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls) -> None:
        Event.known[cls.__name__] = cls


def revive(name: str, payload: dict[str, Any]) -> Event:
    """The event that the outbox stored under `name`. Raises KeyError for a name that no area declares."""
    return Event.known[name](**payload)


@dataclass(frozen=True)
class ClockStruck(Event):
    """A period of a clock task was claimed. `period` is the task's own name for it, such as 2026-11-22T06:00."""

    task: str
    period: str
