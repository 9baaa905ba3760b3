"""A carrier in memory: takes texts, answers as it was told, remembers what left."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from core.base.gsm7 import plain, segments
from core.messaging.carrier import Fate, Report, Sent, Unreadable


@dataclass(frozen=True)
class Text:
    """What a carrier was handed."""

    address: str
    text: str


class FakeCarrier:
    """Fits core.messaging.carrier.Carrier. `answers` come oldest first; then all is accepted."""

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.answers: deque[Exception | Sent] = deque()
        self.while_sending: Callable[[], None] = lambda: None
        """Called in the middle of a send, before it is answered."""

    def send(self, address: str, text: str, *, notice_id: int) -> Sent:
        left = plain(text)
        self.texts.append(Text(address, left))
        number = len(self.texts)
        self.while_sending()
        answer = self.answers.popleft() if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer or Sent(f"fake-{number}", segments(left).parts, "KES 0.8000")

    def read_report(self, body: bytes) -> Report:
        try:
            told = json.loads(body)
            return Report(told["id"], told["address"], Fate(told["fate"]), told["said"])
        except (ValueError, KeyError, TypeError):
            raise Unreadable("no report of the fake carrier") from None

    def read_opt_out(self, body: bytes) -> str:
        try:
            return str(json.loads(body)["address"])
        except (ValueError, KeyError, TypeError):
            raise Unreadable("no opt-out of the fake carrier") from None

    @staticmethod
    def report(message_id: str, address: str, fate: Fate, said: str = "said") -> bytes:
        """The body of a report, in the fake's own words."""
        return json.dumps({"id": message_id, "address": address, "fate": fate.value, "said": said}).encode()

    @staticmethod
    def opt_out(address: str) -> bytes:
        return json.dumps({"address": address}).encode()
