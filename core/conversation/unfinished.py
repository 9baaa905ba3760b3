"""What a talk has left unfinished, kept under the person's number: who drops a USSD session may go on in a chat,
and the other way round. The newest talk of a number is the one that counts.

Chats leave a note here. The newest USSD session of a number stands where the USSD door keeps it: a list in JSON
whose first item is the dialogue and whose last is when it was kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.base.msisdn import Msisdn
from core.base.secrets import Keyring, SealBroken
from core.conversation.dialogue import Dialogue

LIFE = timedelta(minutes=10)
"""Who comes back later has forgotten where the talk stood."""
LIFE_SECONDS = int(LIFE.total_seconds())


@dataclass(frozen=True, slots=True)
class Left:
    """Where a talk stood, and when (epoch seconds)."""

    dialogue: Dialogue
    at: int

    def is_fresh(self, now: datetime) -> bool:
        """By the product's clock, which may be moved."""
        return 0 <= int(now.timestamp()) - self.at < LIFE_SECONDS


def number_tag(keyring: Keyring, number: Msisdn) -> str:
    """What the number is called in Valkey's keys, by the USSD door too."""
    return keyring.tag(number.digits, "ussd number")


def place(tag: str) -> str:
    """The key of the note that chats leave."""
    return f"talk:left:{tag}"


def seal(keyring: Keyring, tag: str, left: Left) -> bytes:
    clear = json.dumps([left.dialogue.as_json(), left.at])
    return keyring.seal(clear, table="talk", column=tag, row=_row(tag))


def unseal(keyring: Keyring, tag: str, kept: bytes | None) -> Left | None:
    """None where there is nothing, or what other keys or another release wrote."""
    return _read(keyring, kept, "talk", tag, tag)


def session_key(session: str) -> str:
    """Where the USSD door keeps a session."""
    return f"ussd:session:{session}"


def last_session(tag: str) -> str:
    """Where the USSD door notes the last session of a number."""
    return f"ussd:last:{tag}"


def unseal_session(keyring: Keyring, tag: str, session: str, kept: bytes | None) -> Left | None:
    """Where a USSD session stood. The tag of its number stands before what is sealed."""
    if kept is None or kept[: len(tag)] != tag.encode():
        return None
    return _read(keyring, kept[len(tag) :], "ussd", tag, session)


def newest(*found: Left | None, now: datetime) -> Left | None:
    """The one that counts, unless it is too old."""
    known = [left for left in found if left is not None and left.is_fresh(now)]
    return max(known, key=lambda left: left.at, default=None)


def _read(keyring: Keyring, kept: bytes | None, table: str, column: str, name: str) -> Left | None:
    if kept is None:
        return None
    try:
        values: list[Any] = json.loads(keyring.unseal(kept, table=table, column=column, row=_row(name)))
        return Left(Dialogue.from_json(values[0]), int(values[-1]))
    except (SealBroken, ValueError, TypeError, LookupError, AttributeError):
        return None


def _row(name: str) -> int:
    return int(name[:15], 16)
