"""The windows on one phone: its chats and the texts it has sent, as a page shows them. Looking here reads nothing."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel

from sandbox import people
from sandbox.africastalking.sms import Inbound, SmsGateway
from sandbox.chats import ChatLog, ChatMessage, Kept
from sandbox.faults import StandingFaults
from sandbox.phones import ChatState, Phones

MOST_SHOWN = 100  # messages of a chat, the newest

Stands = Literal["none", "buttons", "list", "contact", "inline", "keys"]
_STANDS: dict[str, Stands] = {
    "button": "buttons", "template": "buttons", "list": "list", "contact": "contact",
    "inline": "inline", "reply": "keys",
}  # fmt: skip


class Bubble(ChatMessage):
    """A message with the way its choices stand: buttons below it, a list that `opener` opens, the button that
    shares the number, a keyboard below it for ever (`rows`: how many keys stand beside each other, line by line),
    or keys in place of the phone's own. `seen`: the other side has read it."""

    stands: Stands
    opener: str
    rows: list[int]
    seen: bool


class Window(BaseModel):
    """A chat. `tells_number`: whether the product gets the person's number there."""

    state: ChatState
    tells_number: bool
    messages: list[Bubble]


class Windows(BaseModel):
    """One person's. `sent`: the texts that went out from the phone, oldest first."""

    name: str
    whatsapp: Window
    telegram: Window
    sent: list[Inbound]


class Desk:
    """Shows any phone's windows."""

    def __init__(
        self, phones: Phones, whatsapp: ChatLog, telegram: ChatLog, sms: SmsGateway, faults: StandingFaults
    ) -> None:
        self._phones, self._whatsapp, self._telegram = phones, whatsapp, telegram
        self._sms, self._faults = sms, faults

    def of(self, msisdn: str) -> Windows:
        phone = self._phones.get(msisdn)
        whatsapp, telegram = self._whatsapp.of(msisdn), self._telegram.of(msisdn)
        hidden = self._faults.now.whatsapp_number == "hidden"
        return Windows(
            name=phone.name or people.first_name(msisdn),
            whatsapp=_window(
                phone.whatsapp, whatsapp, tells_number=not hidden or any(map(_shares, whatsapp))
            ),
            telegram=_window(phone.telegram, telegram, tells_number=any(map(_shares, telegram))),
            sent=self._sms.sent_by(msisdn)[-MOST_SHOWN:],
        )

    def said_to(self, msisdn: str) -> Iterable[str]:
        """What the provider has written in the chats."""
        for log in (self._whatsapp, self._telegram):
            yield from (row.shown.text for row in log.of(msisdn) if row.shown.from_us)


def _window(state: ChatState, rows: list[Kept], *, tells_number: bool) -> Window:
    return Window(
        state=state, tells_number=tells_number, messages=[_bubble(row) for row in rows[-MOST_SHOWN:]]
    )


def _bubble(row: Kept) -> Bubble:
    stands = _STANDS.get(row.kind, "none")
    offers = row.shown.choices or row.shown.asks_contact
    return Bubble(
        **row.shown.model_dump(),
        stands=stands if offers else "none",
        opener=row.wire.get("opener", ""),
        rows=[len(keys) for keys in row.wire.get("reply_markup", {}).get("inline_keyboard", [])],
        seen=row.read,
    )


def _shares(row: Kept) -> bool:
    """Whether the person has shared the own number there by the chat's own means."""
    wire: dict[str, Any] = row.wire
    if "contacts" in wire:
        return any(card.get("origin") == "contact_request" for card in wire["contacts"])
    if "contact" not in wire or "forward_origin" in wire:
        return False
    return bool(wire["contact"].get("user_id") == wire["from"]["id"])
