"""What messaging, and the doors that bring it news, say to the rest of the house."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class NoticeQueued(Event):
    """A notice waits to be sent."""

    notice_id: int


@dataclass(frozen=True)
class ConfirmationDue(Event):
    """A try has had its time to be confirmed: if it was not, the next way is taken."""

    try_id: int


@dataclass(frozen=True)
class BatchQueued(Event):
    """Texts of a batch wait to be handed over, a hundred a call."""

    batch_id: int


@dataclass(frozen=True)
class ReportReceived(Event):
    """A carrier's delivery report lies in the inbox."""

    inbox_id: int


@dataclass(frozen=True)
class StatusReceived(Event):
    """A chat's word about one of our messages (sent, delivered, read, failed) lies in the inbox. Its door is named
    "<channel>.status"."""

    inbox_id: int


@dataclass(frozen=True)
class OptOutReceived(Event):
    """A carrier's word that somebody wants no more marketing lies in the inbox."""

    inbox_id: int
