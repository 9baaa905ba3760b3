"""A carrier in memory: takes messages, answers as it was told, remembers what left."""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from core.base.database import Work
from core.base.errors import OutsideError
from core.base.gsm7 import plain, segments
from core.messaging.carrier import Fate, Message, Report, Sent, Unreadable


@dataclass(frozen=True)
class Text:
    """What a carrier was handed."""

    address: str
    text: str
    window_open: bool = True


class FakeCarrier:
    """Fits core.messaging.carrier.Carrier, for any channel. `answers` come oldest first; then all is accepted."""

    def __init__(
        self,
        channel: str = "sms",
        *,
        confirms: bool = True,
        cents: int = 80,
        template_cents: int | None = None,
    ) -> None:
        self.channel = channel
        self.confirms = confirms
        self.texts: list[Text] = []
        self.messages: list[Message] = []
        self.answers: deque[OutsideError | Sent] = deque()
        self.while_sending: Callable[[], None] = lambda: None
        """Called in the middle of a send, before it is answered."""
        self._cents = cents
        self._template_cents = cents if template_cents is None else template_cents

    def cost_cents(self, work: Work, *, parts: int, window_open: bool) -> int:
        return parts * (self._cents if window_open else self._template_cents)

    def send(self, message: Message) -> Sent:
        self.messages.append(message)
        return self._take(message.address, message.text, window_open=message.window_open)

    def _take(self, address: str, text: str, *, window_open: bool) -> Sent:
        left = plain(text)
        self.texts.append(Text(address, left, window_open))
        number = len(self.texts)
        self.while_sending()
        answer = self.answers.popleft() if self.answers else None
        if isinstance(answer, OutsideError):
            raise answer
        return answer or Sent(f"{self.channel}-{number}", segments(left).parts)

    def read_report(self, body: bytes) -> Report:
        try:
            told = json.loads(body)
            return Report(
                told["id"], told["address"], Fate(told["fate"]), told["said"], notice_id=told.get("notice")
            )
        except (ValueError, KeyError, TypeError):
            raise Unreadable("no report of the fake carrier") from None

    @staticmethod
    def report(
        message_id: str, address: str, fate: Fate, said: str = "said", notice: int | None = None
    ) -> bytes:
        """The body of a report, in the fake's own words."""
        told = {"id": message_id, "address": address, "fate": fate.value, "said": said, "notice": notice}
        return json.dumps(told).encode()


class FakeSmsCarrier(FakeCarrier):
    """Fits core.messaging.carrier.SmsCarrier. calls: the addresses of each call for many; call_answers: what
    becomes of a call as a whole; of_address: of one number in a call for many."""

    def __init__(self) -> None:
        super().__init__("sms")
        self.calls: list[tuple[str, list[str]]] = []
        self.call_answers: deque[OutsideError] = deque()
        self.of_address: dict[str, OutsideError | None] = {}

    def send_many(self, text: str, addresses: Sequence[str]) -> Mapping[str, Sent | OutsideError]:
        self.calls.append((text, list(addresses)))
        self.while_sending()
        if self.call_answers:
            raise self.call_answers.popleft()
        answers: dict[str, Sent | OutsideError] = {}
        for address in addresses:
            error = self.of_address.get(address)
            if address in self.of_address and error is None:
                continue  # the answer says nothing of it
            if error is None:
                self.texts.append(Text(address, plain(text)))
            answers[address] = error or Sent(f"sms-{len(self.texts)}", segments(plain(text)).parts)
        return answers

    def read_opt_out(self, body: bytes) -> str:
        try:
            return str(json.loads(body)["address"])
        except (ValueError, KeyError, TypeError):
            raise Unreadable("no opt-out of the fake carrier") from None

    @staticmethod
    def opt_out(address: str) -> bytes:
        return json.dumps({"address": address}).encode()
