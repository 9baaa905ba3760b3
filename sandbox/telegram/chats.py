"""The bot's chats: who has started it, which messages stand there, how often it may write."""

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox import people
from sandbox.buckets import Bucket
from sandbox.chats import ChatLog, ChatMessage, Choice, Kept, attached
from sandbox.clock import TrialClock
from sandbox.documents import Document
from sandbox.faults import StandingFaults
from sandbox.phones import Phone, Phones
from sandbox.telegram.errors import bad_request, blocked_by_user, too_many_requests
from sandbox.telegram.keyboards import Keyboard
from sandbox.world import WorldTelegram

# Published guidance: about thirty messages a second over all chats, one a second in each; short bursts pass.
PER_SECOND, BURST = 30.0, 30
CHAT_PER_SECOND, CHAT_BURST = 1.0, 20  # the size of the burst is our choice: none is published
DELETED_WITHIN = timedelta(hours=48)


class BotChats:
    """All private chats of the bot. Message ids grow over all of them."""

    def __init__(
        self, state: Path, bot: WorldTelegram, phones: Phones, faults: StandingFaults, clock: TrialClock
    ) -> None:
        self._phones, self._faults, self._clock = phones, faults, clock
        self.log = ChatLog(state / "telegram.jsonl")
        self._last_id = max(map(int, self.log.ids), default=0)
        self._bucket = Bucket(PER_SECOND, BURST)
        self._buckets: dict[str, Bucket] = {}
        self.me = {
            "id": int(bot.token.split(":")[0]),
            "is_bot": True,
            "first_name": bot.name,
            "username": bot.username,
        }

    def phone_of(self, chat_id: Any) -> str:
        """The number behind a chat that the bot may write to. Raises TelegramRefusal."""
        if chat_id in (None, ""):
            raise bad_request("chat_id is empty")
        text = str(chat_id)
        msisdn = people.phone_of_telegram(int(text)) if text.lstrip("-").isdecimal() else None
        if msisdn is None or (state := self._phones.get(msisdn).telegram) == "never":
            raise bad_request("chat not found")  # bots cannot write first
        if state == "blocked" or self._faults.now.telegram == "blocked":
            raise blocked_by_user()
        return msisdn

    def admit(self, msisdn: str) -> None:
        """Counts one message more. Raises TelegramRefusal 429."""
        now = self._clock.now()
        own = self._buckets.setdefault(msisdn, Bucket(CHAT_PER_SECOND, CHAT_BURST))
        wait = own.take(now) or self._bucket.take(now)
        if wait:
            raise too_many_requests(max(1, math.ceil(wait)))

    def post(
        self, msisdn: str, content: dict[str, Any], keyboard: Keyboard, document: Document | None = None
    ) -> dict[str, Any]:
        """The bot's message, as the Bot API tells it. A new reply keyboard, or none, takes the older away."""
        if keyboard.kind in {"reply", "remove"}:
            for row in self.log.of(msisdn):
                if row.kind == "reply":
                    self.log.change(row, kind="", shown={"choices": [], "asks_contact": False})
        wire = self._envelope(msisdn, self.me) | content
        if keyboard.kind == "inline":
            wire["reply_markup"] = keyboard.markup
        self._keep(msisdn, wire, keyboard, from_us=True, document=document)
        return wire

    def hear(self, msisdn: str, content: dict[str, Any], said: str) -> dict[str, Any]:
        """The person's message; `said` is how the phone shows it."""
        wire = self._envelope(msisdn, self.person(msisdn)) | content
        self._keep(msisdn, wire, Keyboard(), from_us=False, said=said)
        return wire

    def own(self, msisdn: str, message_id: Any, missing: str) -> Kept:
        """The bot's message of that id. Raises TelegramRefusal."""
        row = self.log.find(msisdn, str(message_id))
        if row is None:
            raise bad_request(missing)
        if not row.shown.from_us or row.kind == "reply":
            raise bad_request("message can't be edited")
        return row

    def edit(self, row: Kept, content: dict[str, Any], keyboard: Keyboard) -> dict[str, Any]:
        """Replaces text, entities and inline keyboard of the bot's message. Raises TelegramRefusal."""
        if keyboard.kind not in {"none", "inline"}:
            raise bad_request("inline keyboard expected")
        gone = {"entities", "reply_markup", "edit_date"}
        wire = {name: value for name, value in row.wire.items() if name not in gone} | content
        if keyboard.kind == "inline":
            wire["reply_markup"] = keyboard.markup
        if wire == {name: value for name, value in row.wire.items() if name != "edit_date"}:
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly the same "
                "as a current content and reply markup of the message"
            )
        wire["edit_date"] = int(self._clock.now().timestamp())
        shown = {"text": shown_text(wire), "choices": keyboard.choices, "edited": True, "waiting": False}
        self.log.change(row, wire=wire, kind=_kind(keyboard), shown=shown)
        return wire

    def delete(self, row: Kept) -> None:
        """For everyone, within two days. Raises TelegramRefusal."""
        if self._clock.now() - row.shown.at > DELETED_WITHIN:
            raise bad_request("message can't be deleted for everyone")
        self.log.change(row, gone=True)

    def person(self, msisdn: str) -> dict[str, Any]:
        """A user, as the Bot API tells it."""
        phone = self._phones.get(msisdn)
        user: dict[str, Any] = {
            "id": people.telegram_id(msisdn),
            "is_bot": False,
            "first_name": phone.name or people.first_name(msisdn),
        }
        return user | ({"language_code": phone.language} if phone.language else {})

    def chat(self, msisdn: str) -> dict[str, Any]:
        person = self.person(msisdn)
        return {"id": person["id"], "type": "private", "first_name": person["first_name"]}

    def set_state(self, msisdn: str, **named: Any) -> Phone:
        phone = self._phones.get(msisdn).model_copy(update=named)
        self._phones.keep(phone)
        return phone

    def state_of(self, msisdn: str) -> Phone:
        return self._phones.get(msisdn)

    def _envelope(self, msisdn: str, sender: dict[str, Any]) -> dict[str, Any]:
        self._last_id += 1
        date = int(self._clock.now().timestamp())
        return {"message_id": self._last_id, "from": sender, "chat": self.chat(msisdn), "date": date}

    def _keep(
        self,
        msisdn: str,
        wire: dict[str, Any],
        keyboard: Keyboard,
        *,
        from_us: bool,
        said: str = "",
        document: Document | None = None,
    ) -> None:
        choices: list[Choice] = keyboard.choices
        shown = ChatMessage(
            id=str(wire["message_id"]), at=self._clock.now(), text=said or shown_text(wire), choices=choices,
            document=attached(document) if document else None, from_us=from_us,
            asks_contact=keyboard.asks_contact,
        )  # fmt: skip
        self.log.keep(Kept(to=msisdn, shown=shown, wire=wire, kind=_kind(keyboard)))


def shown_text(wire: dict[str, Any]) -> str:
    return str(wire.get("text", wire.get("caption", "")))


def _kind(keyboard: Keyboard) -> str:
    return keyboard.kind if keyboard.kind in {"inline", "reply"} else ""
