"""Notices by Telegram, to people who have started our bot. Taken is all that Telegram ever tells."""

from telegram import Bot
from telegram.constants import MessageLimit

from bots.pace import Pace
from bots.telegram.api import TelegramApi
from bots.telegram.channel import send_documents
from bots.telegram.messages import NAME
from bots.texts import pieces, units
from core.base.database import Work
from core.base.errors import Rejected, Unreachable
from core.messaging.carrier import Message, Report, Sent, Unreadable


class TelegramCarrier:
    """Fits core.messaging.carrier.Carrier. Safe to share between threads."""

    channel = NAME
    confirms = False

    def __init__(self, api: TelegramApi, pace: Pace) -> None:
        self._api = api
        self._pace = pace

    def cost_cents(self, work: Work, *, parts: int, window_open: bool) -> int:
        return 0

    def send(self, message: Message) -> Sent:
        if not message.address.isdecimal():
            raise Rejected("not the id of a Telegram chat", code="address")
        self._pace.take(message.address)
        try:
            return Sent(str(self._api.call(lambda bot: _send(bot, message))))
        except Unreachable as later:
            if later.retry_after_seconds is not None:
                self._pace.hold(message.address, later.retry_after_seconds)
            raise

    def read_report(self, body: bytes) -> Report:
        raise Unreadable("Telegram sends no reports")


async def _send(bot: Bot, message: Message) -> int:
    """The text stands below its file, in one message: two could part, and the first would come twice."""
    chat = int(message.address)
    if message.documents and units(message.text) <= MessageLimit.CAPTION_LENGTH:
        held = await send_documents(bot, chat, message.documents, caption=message.text)
        return held.message_id
    *first, last = pieces(message.text, MessageLimit.MAX_TEXT_LENGTH)
    for text in first:
        await bot.send_message(chat, text)
    sent = await bot.send_message(chat, last)
    if message.documents:
        await send_documents(bot, chat, message.documents)
    return sent.message_id
