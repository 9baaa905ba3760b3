"""A terminal as a channel: what is typed is stored as one JSON object, what is shown are lines of text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TextIO

from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.conversation.channel import Act, Face, Person, Said, Unreadable

NAME = "console"
MARK = "< "
"""Stands before what is shown, as in the transcripts of talks."""


def body_of(said: Said) -> bytes:
    """What is left in the inbox. A terminal has a name for its person, maybe a number, and nothing else."""
    person = said.person
    return json.dumps(
        {
            "message": said.message_id,
            "at": said.at.timestamp(),
            "name": person.id,
            "number": person.number.digits if person.number else None,
            "act": said.act.value,
            "text": said.text,
        }
    ).encode()


class ConsoleChannel:
    """Fits core.conversation.channel.Channel. out: where faces are written."""

    name = NAME

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def read(self, body: bytes) -> Said:
        try:
            told = json.loads(body)
            number = Msisdn(told["number"]) if told["number"] else None
            person = Person(channel=NAME, id=told["name"], number=number)
            at = datetime.fromtimestamp(told["at"], UTC)
            return Said(told["message"], person, at, Act(told["act"]), told["text"])
        except (ValueError, KeyError, TypeError, NotAPhoneNumber):
            raise Unreadable("nothing that a terminal leaves") from None

    def show(self, said: Said, face: Face, *, shown: str | None) -> str | None:
        """Each line behind a mark; choices and ways by the numbers that choose them."""
        lines = [line for part in face.lines for line in part.split("\n")]
        lines += [f"{button.number}. {button.label}" for button in (*face.buttons, *face.ways)]
        lines += [f"[{document.name}, {len(document.content)} bytes]" for document in face.documents]
        self._out.write("".join(f"{MARK}{line}\n" for line in lines))
        self._out.flush()
        return None
