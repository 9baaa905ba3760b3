"""The port to a chat: what a person did there, and the face of a screen that is shown there.

Adapters live in bots/, one folder a channel. A door checks what comes in, cuts it into single messages and leaves
each in the inbox; the talk reads it with `Channel.read` and answers with `Channel.show`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from core.base.msisdn import Msisdn
from core.messaging.carrier import Document, Unreadable

__all__ = ["MOST_DATA_BYTES", "Act", "Button", "Channel", "Document", "Face", "Person", "Said", "Unreadable"]

MOST_DATA_BYTES = 64
"""What a button may carry, in UTF-8: Telegram's limit, the narrowest."""


class Act(Enum):
    """What a person did."""

    TYPED = "typed"
    TAPPED = "tapped"
    """A button or a row of a list; `text` is the data that we gave it."""
    SHARED = "shared"
    """The own phone number, by the channel's own means; `text` is the number as it came."""
    OTHER = "other"
    """A sticker, a voice note, a place: `text` says which, in the channel's word."""
    LEFT = "left"
    """The person has blocked us there."""
    CAME_BACK = "came back"


@dataclass(frozen=True, slots=True)
class Person:
    """Who writes, as the channel knows them.

    id: for ever the same (Telegram's user id, WhatsApp's user_id or else wa_id, the digits of an SMS's sender).
    also: a second id of the same person there (WhatsApp's wa_id beside the user_id).
    number: the one that the channel vouches for, None where it knows none. It is a claim, level 1.
    language: the channel's guess, such as "sw", or empty.
    """

    channel: str
    id: str
    also: str = ""
    number: Msisdn | None = None
    language: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a person did. at: by the channel's clock. on: the message whose button was tapped.

    ticket: what the channel wants to be named when the tap is answered (Telegram's callback query).
    """

    message_id: str
    person: Person
    at: datetime
    act: Act
    text: str = ""
    on: str | None = None
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """Something to choose. data: what comes back, at most MOST_DATA_BYTES; number: what may be typed instead."""

    data: str
    label: str
    number: str


@dataclass(frozen=True, slots=True)
class Face:
    """A screen in one language, without anything of one channel.

    id: the screen's. buttons: the choices. ways: back and home, where they lead anywhere. asks_number: the person
    may share the own phone number by the channel's own means, if it has any.
    """

    id: str
    language: str
    lines: tuple[str, ...]
    buttons: tuple[Button, ...] = ()
    ways: tuple[Button, ...] = ()
    ends: bool = False
    asks_number: bool = False
    documents: tuple[Document, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    """What a channel itself must say, in the person's language: see core.conversation.phrases.CHANNEL_WORDS."""


class Channel(Protocol):
    """One kind of chat. Safe to share between threads."""

    name: str

    def read(self, body: bytes) -> Said:
        """The message that the door left in the inbox. Raises Unreadable."""
        ...

    def show(self, said: Said, face: Face, *, shown: str | None) -> str | None:
        """Answer `said` with a face. shown: the message that holds the face before it, which may be edited.

        Returns the message that holds it now, None where the channel names none. Raises OutsideError; after
        OutcomeUnknown it is not shown again.
        """
        ...
