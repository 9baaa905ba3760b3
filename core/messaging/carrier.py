"""The port to whoever carries our messages. Adapters live with their channel in bots/, fakes with the tests.

The program hands down `carriers: Mapping[str, Carrier]` by the channel's name: "sms", "whatsapp", "telegram",
"email"; a channel that is not configured is not there. `send` raises one of core.base.errors, whose type answers
"again?": Unreachable (again), Rejected (never, for this message), OutcomeUnknown (nobody knows). The kinds of
Rejected below say more about why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from core.base.database import Work
from core.base.errors import OutsideError, Rejected
from core.subscribers.model import MAIL

SMS, WHATSAPP, TELEGRAM, EMAIL = "sms", "whatsapp", "telegram", MAIL
CHATS = (WHATSAPP, TELEGRAM)


class BlockedByPerson(Rejected):
    """The person has told the carrier or the network that our sender's messages are not wanted."""


class WindowClosed(Rejected):
    """Free words are not allowed any more, an approved template is: WhatsApp's 24 hours have passed."""


class AccountRefused(Rejected):
    """It is our account, not this message: no funds, a wrong key or sender name. Nothing was sent; staff must
    act, after which the same message is welcome."""


class Unreadable(ValueError):
    """The body is no message of this carrier's."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One notice for one address.

    address: as the channel knows it ("254712345678", a chat's id, an e-mail address). text: the whole notice in
    `language`. template, values: the notice's template by our name and what stands in it, for a channel that only
    takes approved templates while window_open is false. notice_id: what a report may name, where the channel
    gives a word of ours back.
    """

    notice_id: int
    address: str
    text: str
    template: str
    language: str
    values: Mapping[str, str]
    window_open: bool = True
    documents: tuple[Document, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The carrier has taken it. message_id: what reports will name, None where the carrier gave none.
    parts: as billed (1 where the channel knows no parts). cost_cents: where the carrier says it, in shillings'
    cents; None: what `Carrier.cost_cents` expects is taken for it."""

    message_id: str | None
    parts: int = 1
    cost_cents: int | None = None


class Fate(Enum):
    """What a report says became of a message."""

    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    BLOCKED = "blocked"
    """Failed, because the person does not want our sender's messages."""
    UNDER_WAY = "under way"
    """Not final, or a word that we do not know."""


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report or read mark. address: as we store it; also: a second id of the same person there.
    said: the carrier's own words, for staff. notice_id: given back from `Message`, where the channel does that."""

    message_id: str
    address: str
    fate: Fate
    said: str
    also: str = ""
    notice_id: int | None = None


class Carrier(Protocol):
    """Carries one message to one address. Safe to share between threads.

    confirms: it tells whether a message has arrived; without that, taken is all that we ever know.
    """

    @property
    def channel(self) -> str: ...
    @property
    def confirms(self) -> bool: ...

    def cost_cents(self, work: Work, *, parts: int, window_open: bool) -> int:
        """What a message of so many SMS parts is expected to cost today, by the dated settings `cost.*`."""
        ...

    def send(self, message: Message) -> Sent: ...

    def read_report(self, body: bytes) -> Report:
        """Raises Unreadable; always, where the channel does not confirm."""
        ...


@runtime_checkable
class SmsCarrier(Carrier, Protocol):
    """The carrier of texts: also takes one text for many, and hears who opts out."""

    def send_many(self, text: str, addresses: Sequence[str]) -> Mapping[str, Sent | OutsideError]:
        """One call for at most BULK addresses; an answer for each of them. Raises what `send` raises where the
        call as a whole came to nothing."""
        ...

    def read_opt_out(self, body: bytes) -> str:
        """The address that wants no more marketing. Raises Unreadable."""
        ...


BULK = 100
"""Addresses a call: what the gateway advises."""
