"""What happened in a talk."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class MessageReceived(Event):
    """A message of a chat was stored; whoever wrote it waits for an answer."""

    inbox_id: int
