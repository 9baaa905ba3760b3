"""A door stand-in: a channel whose messages are the tests' own and whose faces are kept to be looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from core.base.errors import OutsideError
from core.base.msisdn import Msisdn
from core.conversation.channel import Act, Face, Person, Said, Unreadable


class RecordingChannel:
    """Fits core.conversation.channel.Channel. faces: (person's id, face, what held the face before), in order.

    trouble: raised by the next calls of `show`, one each. meanwhile: what happens while a face is under way.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.faces: list[tuple[str, Face, str | None]] = []
        self.trouble: list[OutsideError | BaseException] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self.asked = 0

    def read(self, body: bytes) -> Said:
        try:
            told = json.loads(body)
            person = told.pop("person")
            number = Msisdn(person.pop("number")) if person.get("number") else None
            who = Person(**{**person, "number": number})
            return Said(
                **{
                    **told,
                    "person": who,
                    "at": datetime.fromtimestamp(told["at"], UTC),
                    "act": Act(told["act"]),
                }
            )
        except (ValueError, KeyError, TypeError):
            raise Unreadable("not as the stand-in writes it") from None

    def show(self, said: Said, face: Face, *, shown: str | None) -> str | None:
        self.asked += 1
        self.meanwhile()
        if self.trouble:
            raise self.trouble.pop(0)
        self.faces.append((said.person.id, face, shown))
        return f"m{len(self.faces)}"


def body_of(said: Said) -> bytes:
    """What a door of this channel leaves in the inbox."""
    person = {
        "channel": said.person.channel,
        "id": said.person.id,
        "also": said.person.also,
        "number": said.person.number.digits if said.person.number else None,
        "language": said.person.language,
    }
    told = {
        "message_id": said.message_id,
        "person": person,
        "at": said.at.timestamp(),
        "act": said.act.value,
        "text": said.text,
        "on": said.on,
        "ticket": said.ticket,
    }
    return json.dumps(told).encode()
