"""What happens to the ways by which a person is known."""

from dataclasses import dataclass

from core.base.events import Event


@dataclass(frozen=True)
class CodeDrawn(Event):
    """Six digits wait to be sent to a number."""

    code_id: int


@dataclass(frozen=True)
class ContactsChanged(Event):
    """A chat or number of a person changes, now or soon: the person is told wherever else."""

    change_id: int


@dataclass(frozen=True)
class PayerNameChanged(Event):
    """A number paid under another name than before."""

    payer_name_id: int


@dataclass(frozen=True)
class ContactChangeDue(Event):
    """A change that had to wait may be done now."""

    change_id: int
