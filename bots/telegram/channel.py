"""The chat on Telegram: one message holds the screen, and is edited when one of its buttons is tapped."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from telegram import Bot, InputFile, Message, ReplyKeyboardRemove
from telegram.constants import MessageLimit
from telegram.error import BadRequest, TelegramError

from bots.objects import parse
from bots.pace import Pace
from bots.telegram import keyboards
from bots.telegram.api import TelegramApi, is_unchanged
from bots.telegram.messages import NAME, read_update
from bots.texts import ELLIPSIS, pieces
from core.base.errors import Unreachable
from core.conversation.channel import Act, Document, Face, Said, Unreadable

CHOOSE = "choose"
"""The channel's word above buttons that have no text of their own."""
KEYBOARD_UP = "+"
"""Stands behind the id of a message that brought up the keyboard for sharing the number: the next screen takes
the keyboard away."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The message that holds the face before."""

    message: int | None
    keyboard_up: bool

    @classmethod
    def of(cls, shown: str | None) -> "Holder":
        if shown is None:
            return cls(None, False)
        return cls(int(shown.removesuffix(KEYBOARD_UP)), shown.endswith(KEYBOARD_UP))


class TelegramChannel:
    """Fits core.conversation.channel.Channel. Safe to share between threads."""

    name = NAME

    def __init__(self, api: TelegramApi, pace: Pace) -> None:
        self._api = api
        self._pace = pace

    def read(self, body: bytes) -> Said:
        stored = parse(body)
        try:
            update, at = stored["update"], datetime.fromtimestamp(stored["at"], UTC)
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            raise Unreadable("not as the door leaves it") from None
        found = read_update(update, at)
        if found is None:
            raise Unreadable("nothing that is for us")
        return found.said

    def show(self, said: Said, face: Face, *, shown: str | None) -> str | None:
        person = said.person.id
        self._pace.take(person)
        try:
            return self._api.call(lambda bot: _show(bot, said, face, Holder.of(shown)))
        except Unreachable as later:
            if later.retry_after_seconds is not None:
                self._pace.hold(person, later.retry_after_seconds)
            raise


async def _show(bot: Bot, said: Said, face: Face, before: Holder) -> str:
    chat = int(said.person.id)
    if said.ticket is not None:
        await _politely(bot.answer_callback_query(said.ticket))
    tapped = int(said.on) if said.act is Act.TAPPED and said.on is not None else None
    holder = None
    if tapped is not None and tapped == before.message and not before.keyboard_up:
        holder = await _edit(bot, chat, tapped, face)
    if holder is None:
        holder = await _send(bot, chat, face, remove_keyboard=before.keyboard_up)
        for old in {tapped, None if before.keyboard_up else before.message} - {None}:
            await _politely(bot.edit_message_reply_markup(chat, old, reply_markup=None))
    if face.documents:
        await send_documents(bot, chat, face.documents)
    return holder


async def _edit(bot: Bot, chat: int, message: int, face: Face) -> str | None:
    """Put the face into the message whose button was tapped. None: it cannot hold it, or is gone."""
    texts = _texts(face)
    if face.asks_number or len(texts) > 1:
        return None
    markup = keyboards.inline(face)
    try:
        await bot.edit_message_text(texts[0], chat, message, reply_markup=markup)
    except BadRequest as error:
        return str(message) if is_unchanged(error) else None
    return str(message)


async def _send(bot: Bot, chat: int, face: Face, *, remove_keyboard: bool) -> str:
    """Send the face below everything else. A message takes one kind of keyboard, and one that took a reply
    keyboard away cannot be edited, so the buttons then stand under a message of their own."""
    *first, last = _texts(face)
    for text in first:
        await bot.send_message(chat, text)
    if face.asks_number:
        sent = await bot.send_message(chat, last, reply_markup=keyboards.sharing(face))
        return f"{sent.message_id}{KEYBOARD_UP}"
    markup = keyboards.inline(face)
    if remove_keyboard:
        sent = await bot.send_message(chat, last, reply_markup=ReplyKeyboardRemove())
        if markup is None:
            return str(sent.message_id)
        last = face.words[CHOOSE]
    return str((await bot.send_message(chat, last, reply_markup=markup)).message_id)


async def send_documents(
    bot: Bot, chat: int, documents: Sequence[Document], *, caption: str | None = None
) -> Message:
    """Each, one at least, as a file of its own, the caption below the first; that one's message."""
    sent: list[Message] = []
    for document in documents:
        below = None if sent else caption
        sent.append(await bot.send_document(chat, InputFile(document.content, document.name), caption=below))
    return sent[0]


def _texts(face: Face) -> list[str]:
    """What the face says, as plain text: no mark-up is switched on, so no sign of a name can be one."""
    return pieces("\n".join(face.lines), MessageLimit.MAX_TEXT_LENGTH) if any(face.lines) else [ELLIPSIS]


async def _politely(asked: Awaitable[object]) -> None:
    """For what is only polite: "query is too old", "message to edit not found" and the like are harmless."""
    try:
        await asked
    except TelegramError:
        return
