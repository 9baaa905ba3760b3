"""What the person does in Telegram: writes, taps, shares, blocks."""

import secrets
from typing import Any

from sandbox import people
from sandbox.chat_acts import ChatAct, NotPossible
from sandbox.chats import ChatMessage, Kept
from sandbox.clock import TrialClock
from sandbox.phones import NoSuchNumber, canonical
from sandbox.telegram.bot import Bot, Tap
from sandbox.telegram.chats import BotChats
from sandbox.telegram.keyboards import CONTACT_CHOICE
from sandbox.telegram.updates import Updates

STRANGER = 777_000_111  # whoever wrote what is passed on
NAIROBI = {"latitude": -1.286389, "longitude": 36.817223}


class TelegramHand:
    """One for all phones; every number has Telegram."""

    def __init__(self, chats: BotChats, bot: Bot, updates: Updates, clock: TrialClock) -> None:
        self._chats, self._bot, self._updates, self._clock = chats, bot, updates, clock

    def messages(self, msisdn: str) -> list[ChatMessage]:
        return [row.shown for row in self._chats.log.of(msisdn)]

    async def act(self, msisdn: str, act: ChatAct) -> None:
        """Does it, and returns when the bot's door was tried once. Raises NotPossible."""
        if act.language is not None:
            self._chats.set_state(msisdn, language=act.language)
        if act.is_nothing:
            return
        if act.block or act.unblock:
            await self._block(msisdn, blocked=act.block)
            return
        if self._chats.state_of(msisdn).telegram == "blocked":
            raise NotPossible(f"{msisdn} has blocked the bot: unblock it first")
        self._chats.set_state(msisdn, telegram="open")
        if act.choice is not None:
            await self._choose(msisdn, act.choice, act.message)
        elif act.contact:
            await self._share(msisdn, act.number, forwarded=act.forwarded)
        elif act.text is not None:
            await self._say(msisdn, _text(act.text) | self._origin(act.forwarded), act.text)
        else:
            word = "sticker" if act.sticker else "voice" if act.voice else "location"
            await self._say(msisdn, {word: _media(word)}, f"[{word}]")

    async def _say(self, msisdn: str, content: dict[str, Any], shown: str) -> None:
        await self._updates.push("message", self._chats.hear(msisdn, content, shown))

    async def _choose(self, msisdn: str, choice: str, message_id: str | None) -> None:
        row = self._holding(msisdn, choice, message_id)
        if row.kind == "reply":
            if choice == CONTACT_CHOICE:
                await self._share(msisdn, None, forwarded=False)
            else:
                await self._say(msisdn, _text(choice), choice)
            return
        buttons = (button for keys in row.wire["reply_markup"]["inline_keyboard"] for button in keys)
        if not any(button.get("callback_data") == choice for button in buttons):
            raise NotPossible(f"{choice} opens an address and tells the bot nothing")
        query_id = str(secrets.randbelow(10**18))
        self._bot.taps[query_id] = Tap(msisdn, row.shown.id, self._clock.now())
        self._chats.log.change(row, shown={"waiting": True, "popup": ""})
        await self._updates.push(
            "callback_query",
            {
                "id": query_id,
                "from": self._chats.person(msisdn),
                "message": row.wire,
                "chat_instance": str(-people.telegram_id(msisdn)),
                "data": choice,
            },
        )

    def _holding(self, msisdn: str, choice: str, message_id: str | None) -> Kept:
        """The message that offers the choice: the named one, or the newest."""
        for row in reversed(self._chats.log.of(msisdn)):
            if message_id in {None, row.shown.id} and any(offer.id == choice for offer in row.shown.choices):
                return row
        raise NotPossible(f"no message offers {choice!r}")

    async def _share(self, msisdn: str, number: str | None, *, forwarded: bool) -> None:
        """The own number by the keyboard's button, or any card by hand: the same shape, another user_id."""
        if number is None:
            card = self._chats.person(msisdn)
            # It comes with the plus from some phones and without it from others.
            plus = "+" if int(msisdn) % 2 else ""
            contact = {"phone_number": f"{plus}{msisdn}", "first_name": card["first_name"]}
            contact |= {"user_id": card["id"]}
        else:
            contact = self._other_card(number)
        await self._say(
            msisdn, {"contact": contact} | self._origin(forwarded), f"[{contact['phone_number']}]"
        )

    def _other_card(self, number: str) -> dict[str, Any]:
        """Of whoever holds the number; without user_id where that is nobody on Telegram."""
        try:
            other = canonical(number)
        except NoSuchNumber:
            return {"phone_number": number, "first_name": "Mgeni"}
        card = self._chats.person(other)
        return {"phone_number": other, "first_name": card["first_name"], "user_id": card["id"]}

    async def _block(self, msisdn: str, *, blocked: bool) -> None:
        before, after = ("member", "kicked") if blocked else ("kicked", "member")
        self._chats.set_state(msisdn, telegram="blocked" if blocked else "open")
        await self._updates.push(
            "my_chat_member",
            {
                "chat": self._chats.chat(msisdn),
                "from": self._chats.person(msisdn),
                "date": int(self._clock.now().timestamp()),
                "old_chat_member": self._member(before),
                "new_chat_member": self._member(after),
            },
        )

    def _member(self, status: str) -> dict[str, Any]:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"user": self._chats.me, "status": status} | until

    def _origin(self, forwarded: bool) -> dict[str, Any]:
        if not forwarded:
            return {}
        sender = {"id": STRANGER, "is_bot": False, "first_name": "Mgeni"}
        date = int(self._clock.now().timestamp())
        return {"forward_origin": {"type": "user", "date": date, "sender_user": sender}}


def _text(text: str) -> dict[str, Any]:
    if not text.startswith("/"):
        return {"text": text}
    command = {"type": "bot_command", "offset": 0, "length": len(text.split()[0])}
    return {"text": text, "entities": [command]}


def _media(word: str) -> dict[str, Any]:
    if word == "location":
        return dict(NAIROBI)
    file = {"file_id": secrets.token_urlsafe(24), "file_unique_id": secrets.token_urlsafe(8)}
    if word == "voice":
        return file | {"duration": 3, "mime_type": "audio/ogg", "file_size": 8_192}
    size = {"width": 512, "height": 512, "is_animated": False, "is_video": False}
    return file | size | {"type": "regular", "emoji": "👍"}
