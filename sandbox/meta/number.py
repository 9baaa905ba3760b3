"""The provider's WhatsApp number: what it may send, what becomes of it, and what Meta tells about that."""

import asyncio
import base64
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal

from sandbox import people
from sandbox.buckets import Bucket
from sandbox.chats import ChatLog, ChatMessage, Kept, attached
from sandbox.clock import TrialClock
from sandbox.courier import Courier
from sandbox.documents import Document
from sandbox.faults import StandingFaults
from sandbox.meta.errors import GraphRefusal, in_status
from sandbox.meta.media import Media
from sandbox.meta.messages import Outgoing, read_message
from sandbox.meta.webhooks import MetaWebhooks
from sandbox.phones import NoSuchNumber, Phones, canonical
from sandbox.world import WorldWhatsApp

WINDOW = timedelta(hours=24)
PER_SECOND, BURST = 80.0, 80
# About one message in six seconds to the same person; a burst may borrow from the minutes that follow. Its
# size is our choice.
PAIR_PER_SECOND, PAIR_BURST = 1 / 6, 45
Word = Literal["sent", "delivered", "read", "failed"]
NOT_THERE = (131026, "Message undeliverable: the recipient is not on WhatsApp")
WINDOW_CLOSED = (131047, "More than 24 hours since the customer's last reply")
WENT_WRONG = (131000, "Message failed to send because of an unknown error")


class WhatsAppNumber:
    def __init__(
        self,
        account: WorldWhatsApp,
        log: ChatLog,
        phones: Phones,
        media: Media,
        webhooks: MetaWebhooks,
        courier: Courier,
        faults: StandingFaults,
        clock: TrialClock,
    ) -> None:
        self._account, self.log, self._phones, self._media = account, log, phones, media
        self._webhooks, self._courier, self._faults, self._clock = webhooks, courier, faults, clock
        self._bucket = Bucket(PER_SECOND, BURST)
        self._pairs: dict[str, Bucket] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    async def send(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to POST /messages: accepted, which is not delivered. Raises GraphRefusal."""
        if asked.get("messaging_product") != "whatsapp":
            raise GraphRefusal(100, "The parameter messaging_product is required.")
        if asked.get("status") == "read":
            return self._mark_read(asked)
        named = str(asked.get("to") or ""), str(asked.get("recipient") or "")
        msisdn = _phone_of(*named)
        message = read_message(asked, self._account.templates, to_user_id=not named[0])
        self._admit(named[0] or named[1], template=message.is_template)
        document, error = await self._document(message)
        error = error or self._fate(msisdn, template=message.is_template)
        id_ = f"wamid.{base64.b64encode(f'{msisdn or named}{secrets.token_hex(8)}'.encode()).decode()}"
        tracker = str(asked.get("biz_opaque_callback_data", ""))
        wire = {"tracker": tracker, "category": message.category, "opener": message.opener}
        row = Kept(
            to=msisdn or "",
            shown=ChatMessage(
                id=id_, at=self._clock.now(), text=message.text, choices=message.choices,
                document=attached(document) if document else None, from_us=True,
                asks_contact=message.kind == "contact",
            ),
            wire=wire, kind=message.kind,
        )  # fmt: skip
        self._courier.errand(self._tell(row, self._put_on_phone(row, error), named, error))
        contact = {"input": named[0] or named[1]}
        contact |= {"wa_id": msisdn or named[0]} if named[0] else {"user_id": named[1]}
        return {
            "messaging_product": "whatsapp",
            "contacts": [contact],
            "messages": [{"id": id_, "message_status": "accepted"}],
        }

    def looked_at(self, msisdn: str) -> list[Kept]:
        """The chat is open on the phone: what stands there, and is read with that."""
        rows = self.log.of(msisdn)
        for row in rows:
            if row.shown.from_us and not row.read:
                self.log.change(row, read=True)
                self._courier.errand(self._tell(row, ["read"]))
        return rows

    def contact(self, msisdn: str) -> dict[str, Any]:
        """The person as every webhook names them; who has a username may hide the number."""
        phone = self._phones.get(msisdn)
        profile = {"name": phone.name or people.first_name(msisdn)}
        user = {"user_id": people.whatsapp_user_id(msisdn)}
        if self._faults.now.whatsapp_number == "hidden":
            return {"profile": profile | {"username": people.username(msisdn)}} | user
        return {"profile": profile, "wa_id": msisdn} | user

    def _mark_read(self, asked: dict[str, Any]) -> dict[str, Any]:
        row = self.log.anywhere(str(asked.get("message_id")))
        if row is None or row.shown.from_us:
            raise GraphRefusal(131009, "Invalid message_id: no message of a customer")
        self.log.change(row, read=True)
        return {"success": True}

    def _admit(self, to: str, *, template: bool) -> None:
        """The limits, and the faults that play them. Raises GraphRefusal."""
        fault, now = self._faults.now.whatsapp, self._clock.now()
        if fault == "rate" or self._bucket.take(now):
            raise GraphRefusal(130429, "Cloud API message throughput has been reached.")
        if fault == "pair_rate" or self._pairs.setdefault(to, Bucket(PAIR_PER_SECOND, PAIR_BURST)).take(now):
            raise GraphRefusal(131056, "Too many messages to the same phone number in a short time.")
        if fault == "window_closed" and not template:
            raise GraphRefusal(*WINDOW_CLOSED)

    async def _document(self, message: Outgoing) -> tuple[Document | None, tuple[int, str] | None]:
        """A file by its id, which must be known, or by its link, whose failure a status tells."""
        if message.file is None:
            return None, None
        if message.file.id:
            return self._media.uploaded(message.file), None
        fetched = await self._media.fetched(message.file)
        return fetched, None if fetched else (131053, "the link could not be fetched")

    def _fate(self, msisdn: str | None, *, template: bool) -> tuple[int, str] | None:
        """Why it will never arrive, told in a `failed` status."""
        if msisdn is None or self._faults.now.whatsapp == "undeliverable":
            return NOT_THERE
        if self._faults.now.whatsapp_status == "failed":
            return WENT_WRONG
        return None if template or self._in_window(msisdn) else WINDOW_CLOSED

    def _in_window(self, msisdn: str) -> bool:
        written = [row.shown.at for row in self.log.of(msisdn) if not row.shown.from_us]
        return bool(written) and self._clock.now() - written[-1] <= WINDOW

    def _put_on_phone(self, row: Kept, error: tuple[int, str] | None) -> list[Word]:
        """Shows it where it arrives; the statuses to tell about it now."""
        if error is not None:
            return ["sent", "failed"] if error is WENT_WRONG else ["failed"]
        if self._phones.get(row.to).whatsapp == "blocked":
            return ["sent"]  # and never more: Meta does not say who has blocked whom
        told: dict[str, list[Word]] = {
            "reordered": ["read", "delivered", "sent"],
            "read_only": ["sent", "read"],
        }
        words = told.get(self._faults.now.whatsapp_status, ["sent", "delivered"])
        self.log.keep(row.model_copy(update={"read": "read" in words}))
        return words

    async def _tell(
        self,
        row: Kept,
        words: Iterable[Word],
        named: tuple[str, str] = ("", ""),
        error: tuple[int, str] | None = None,
    ) -> None:
        """Statuses one after another, also over the messages of a person."""
        async with self._turns.setdefault(row.to, asyncio.Lock()):
            for word in words:
                contact, status = self._status(row, word, named, error if word == "failed" else None)
                if self._faults.now.whatsapp_status == "dropped":
                    self._webhooks.drop_status(contact, status)
                else:
                    await self._webhooks.status(contact, status)

    def _status(
        self, row: Kept, word: Word, named: tuple[str, str], error: tuple[int, str] | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        contact = self.contact(row.to) if row.to else {"profile": {}, "wa_id": named[0]}
        status: dict[str, Any] = {
            "id": row.shown.id,
            "status": word,
            "timestamp": str(int(self._clock.now().timestamp())),
        }
        for ours, theirs in (("wa_id", "recipient_id"), ("user_id", "recipient_user_id")):
            if contact.get(ours):
                status[theirs] = contact[ours]
        if row.wire["tracker"]:
            status["biz_opaque_callback_data"] = row.wire["tracker"]
        if error is not None:
            status["errors"] = [in_status(*error)]
        elif word in {"sent", "delivered"}:
            status["pricing"] = self._pricing(row)
        return contact, status

    def _pricing(self, row: Kept) -> dict[str, Any]:
        """Free inside the window for all but marketing and codes."""
        category = row.wire["category"]
        free = category == "service" or (category == "utility" and self._in_window(row.to))
        kind = "free_customer_service" if free else "regular"
        return {"billable": not free, "pricing_model": "PMP", "type": kind, "category": category}


def _phone_of(to: str, recipient: str) -> str | None:
    """The number behind `to` (a phone) or `recipient` (a user id), None where nobody on WhatsApp has it.
    Raises GraphRefusal."""
    if not to and not recipient:
        raise GraphRefusal(100, "The parameter to is required.")
    if not to:
        return people.phone_of_whatsapp(recipient)
    if not to.strip().removeprefix("+").replace(" ", "").isdecimal():
        raise GraphRefusal(131009, "to is not a phone number")
    try:
        return canonical(to)
    except NoSuchNumber:
        return None
