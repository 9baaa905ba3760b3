"""What messaging, and the doors that bring it news, say to the rest of the house."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class NoticeQueued(Event):
    """A notice waits to be sent."""

    notice_id: int


@dataclass(frozen=True)
class ReportReceived(Event):
    """A carrier's delivery report lies in the inbox."""

    inbox_id: int


@dataclass(frozen=True)
class OptOutReceived(Event):
    """A carrier's word that somebody wants no more marketing lies in the inbox."""

    inbox_id: int
