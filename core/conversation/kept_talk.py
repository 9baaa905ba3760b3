"""A talk in a chat as it is kept between two messages. Plain values, JSON between."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from core.conversation.dialogue import Dialogue
from core.conversation.numbered import Numbered

MOST_HEARD = 32
"""Messages whose marks are remembered; one that comes again after so many others is too old to count anyway."""

NOWHERE = Dialogue()


@dataclass(frozen=True, slots=True)
class KeptTalk:
    """session: drawn when the talk begins; with it and the turn a purchase is made once. number, subscriber: the
    digits and the account that the talk was held with; empty and 0 where none was known.

    shown, reason: the present screen and what was said before it. tag: drawn with it; it stands on its buttons.
    led_here: the button that brought it. message: what the channel calls the message that holds it.
    owes: the mark of the message that was heard and not answered yet, else empty.
    heard: marks of the last messages, newest last; heard_at: epoch seconds, by the channel's clock, of the newest.
    at: epoch seconds, by ours, of the last turn. misses: answers in a row that were not understood.
    left: whether something unfinished stands in the name of this talk.
    """

    session: str
    dialogue: Dialogue = NOWHERE
    number: str = ""
    subscriber: int = 0
    shown: Numbered | None = None
    reason: tuple[str, ...] = ()
    tag: str = ""
    led_here: str = ""
    message: str | None = None
    owes: str = ""
    heard: tuple[str, ...] = ()
    heard_at: int = 0
    at: int = 0
    misses: int = 0
    left: bool = False

    def having_heard(self, mark: str, said_at: int, now: int) -> KeptTalk:
        """A message was heard, whatever it led to. A channel's clock that runs ahead of ours is not believed."""
        return replace(
            self,
            heard=(*self.heard, mark)[-MOST_HEARD:],
            heard_at=max(self.heard_at, min(said_at, now)),
            at=now,
        )

    def as_json(self) -> str:
        return json.dumps(
            [
                self.session, self.dialogue.as_json(), self.number, self.subscriber, self.shown, self.reason, self.tag,
                self.led_here, self.message, self.owes, self.heard, self.heard_at, self.at, self.misses, self.left,
            ]
        )  # fmt: skip

    @classmethod
    def from_json(cls, kept: str) -> KeptTalk:
        """Raises one of the errors of reading what is not there, for what another release has written."""
        session, dialogue, number, subscriber, shown, reason, tag, led, message, owes, heard, *rest = (
            json.loads(kept)
        )
        return cls(
            session,
            Dialogue.from_json(dialogue),
            number,
            subscriber,
            Numbered.from_json(shown) if shown else None,
            tuple(reason),
            tag,
            led,
            message,
            owes,
            tuple(heard),
            *rest,
        )
