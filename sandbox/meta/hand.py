"""What the person does in WhatsApp: writes, taps, shares, blocks."""

import base64
import hashlib
import secrets
from datetime import timedelta
from typing import Any

from sandbox import people
from sandbox.chat_acts import ChatAct, NotPossible
from sandbox.chats import ChatMessage, Choice, Kept
from sandbox.clock import TrialClock
from sandbox.faults import StandingFaults
from sandbox.meta.number import WhatsAppNumber
from sandbox.meta.webhooks import MetaWebhooks, Said
from sandbox.phones import NoSuchNumber, Phones, canonical
from sandbox.world import WorldWhatsApp

A_WEEK = timedelta(days=7)


class WhatsAppHand:
    """One for all phones; every number has WhatsApp."""

    def __init__(
        self,
        account: WorldWhatsApp,
        number: WhatsAppNumber,
        phones: Phones,
        webhooks: MetaWebhooks,
        faults: StandingFaults,
        clock: TrialClock,
    ) -> None:
        self._account, self._number, self._phones = account, number, phones
        self._webhooks, self._faults, self._clock = webhooks, faults, clock

    def messages(self, msisdn: str) -> list[ChatMessage]:
        """Looking is reading: what was unread is told as read."""
        return [row.shown for row in self._number.looked_at(msisdn)]

    async def act(self, msisdn: str, act: ChatAct) -> None:
        """Does it, and returns when the product's door was tried once. Raises NotPossible."""
        if act.language is not None:
            self._set(msisdn, language=act.language)
        if act.is_nothing:
            return
        if act.block or act.unblock:
            self._set(msisdn, whatsapp="blocked" if act.block else "open")  # nobody is told
            return
        if self._phones.get(msisdn).whatsapp == "blocked":
            raise NotPossible(f"{msisdn} has blocked the number: unblock it first")
        self._set(msisdn, whatsapp="open")
        if act.choice is not None:
            content, shown = self._chosen(msisdn, act.choice, act.message)
        elif act.contact:
            content, shown = self._shared(msisdn, act.number)
        elif act.text is not None:
            content, shown = {"type": "text", "text": {"body": act.text}}, act.text
        else:
            word = "sticker" if act.sticker else "audio" if act.voice else "location"
            content, shown = {"type": word, word: _media(word)}, f"[{word}]"
        if act.forwarded:
            content["context"] = {"forwarded": True}
        await self._say(msisdn, content, shown)

    async def _say(self, msisdn: str, content: dict[str, Any], shown: str) -> None:
        self._number.looked_at(msisdn)
        now, contact = self._clock.now(), self._number.contact(msisdn)
        told = now - A_WEEK if self._faults.now.whatsapp_webhook == "week_old" else now
        id_ = f"wamid.{base64.b64encode(f'{msisdn}{secrets.token_hex(8)}'.encode()).decode()}"
        sender = {"from": contact["wa_id"]} if "wa_id" in contact else {}
        sender["from_user_id"] = contact["user_id"]
        message = sender | {"id": id_, "timestamp": str(int(told.timestamp()))} | content
        seen = ChatMessage(id=id_, at=now, text=shown, from_us=False)
        self._number.log.keep(Kept(to=msisdn, shown=seen, wire=message))
        await self._webhooks.message(Said(contact, message))

    def _chosen(self, msisdn: str, choice: str, message_id: str | None) -> tuple[dict[str, Any], str]:
        """The same act in three shapes: a button, a row, a template's button. Old ones can be tapped too."""
        for row in reversed(self._number.log.of(msisdn)):
            offer = next((offer for offer in row.shown.choices if offer.id == choice), None)
            if message_id in {None, row.shown.id} and offer is not None:
                context = {"from": self._account.display_number, "id": row.shown.id}
                return _reply(row, offer) | {"context": context}, offer.label
        raise NotPossible(f"no message offers {choice!r}")

    def _shared(self, msisdn: str, other: str | None) -> tuple[dict[str, Any], str]:
        """The own number, by the button that asks for it where the newest such message stands, or a card."""
        asking = [row for row in self._number.log.of(msisdn) if row.shown.asks_contact]
        number = _plain(other) if other is not None else msisdn
        name = people.first_name(number) if number.isdecimal() and len(number) == 12 else "Mgeni"
        if other is None:
            name = self._phones.get(msisdn).name or name
        card: dict[str, Any] = {"name": {"formatted_name": name, "first_name": name}}
        card["phones"] = [{"phone": f"+{number}", "wa_id": number, "type": "CELL"}]
        if other is None and asking:
            content: dict[str, Any] = {"context": {"id": asking[-1].shown.id}}
            card["origin"] = "contact_request"
        else:
            content = {}
            card["origin"] = "other"
            card["vcard"] = f"BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nTEL;type=CELL:+{number}\nEND:VCARD"
        return {"type": "contacts", "contacts": [card]} | content, f"[+{number}]"

    def _set(self, msisdn: str, **named: Any) -> None:
        self._phones.keep(self._phones.get(msisdn).model_copy(update=named))


def _reply(row: Kept, offer: Choice) -> dict[str, Any]:
    if row.kind == "template":
        return {"type": "button", "button": {"text": offer.label, "payload": offer.id}}
    kind = "list_reply" if row.kind == "list" else "button_reply"
    reply = {"id": offer.id, "title": offer.label}
    if offer.description:
        reply["description"] = offer.description
    return {"type": "interactive", "interactive": {"type": kind, kind: reply}}


def _plain(number: str) -> str:
    try:
        return canonical(number)
    except NoSuchNumber:
        return number.removeprefix("+")


def _media(word: str) -> dict[str, Any]:
    if word == "location":
        return {"latitude": -1.286389, "longitude": 36.817223}
    digest = base64.b64encode(hashlib.sha256(secrets.token_bytes(8)).digest()).decode()
    media = {"id": str(secrets.randbelow(10**15)), "sha256": digest}
    if word == "audio":
        return media | {"mime_type": "audio/ogg; codecs=opus", "voice": True}
    return media | {"mime_type": "image/webp", "animated": False}
