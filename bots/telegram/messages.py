"""Telegram's updates, in our words. Source: Bot API 10.0, objects Update, Message, CallbackQuery, ChatMemberUpdated.

Private chats with people are all that we read; every other update is not for us and becomes nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from bots.objects import Json
from bots.texts import sane
from core.conversation.channel import Act, Person, Said, Unreadable

NAME = "telegram"
MAX_TEXT = 4_096
MAX_WORD = 64
"""Characters of a button's data (bytes there, so never more), of a phone number, of a language."""
MAX_TICKET = 128
KINDS = (
    "photo", "voice", "audio", "video", "video_note", "sticker", "location", "venue", "document", "animation", "poll",
    "dice", "game", "story", "paid_media", "checklist",
)  # fmt: skip
"""Contents that a person can send and we cannot read, in Telegram's words."""
HAVE_LEFT, HAVE_COME = ("kicked", "left"), ("member", "administrator", "creator")
START, COMMAND_SIGN = "start", "/"
HOME = "menu"
"""What /start says in the words of the talk, where no word stands behind it: a link of ours carries the word that
links this chat to a number."""


@dataclass(frozen=True, slots=True)
class Update:
    """What an update says, and what makes it the same when it comes again.

    key: update ids begin anew at a random number after a quiet week, so the id of the content stands beside it.
    """

    key: str
    said: Said


def read_update(update: Json, at: datetime) -> Update | None:
    """What was said; None: nothing that is for us. at: when it came, for taps bear no time. Raises Unreadable."""
    try:
        update_id = _whole(update["update_id"])
        if "message" in update:
            said = _read_message(update["message"], update_id)
            part = said and update["message"]["message_id"]
        elif "callback_query" in update:
            said = _read_tap(update["callback_query"], update_id, at)
            part = said and said.ticket
        elif "my_chat_member" in update:
            said = _read_member(update["my_chat_member"], update_id)
            part = said and update["my_chat_member"]["date"]
        else:
            return None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise Unreadable("not an update as Telegram writes them") from None
    return Update(f"{update_id}|{part}", said) if said else None


def _read_message(message: Json, update_id: int) -> Said | None:
    if not _is_private(message):
        return None
    act, text = _content(message)
    return Said(
        message_id=str(update_id),
        person=_person(message["from"]),
        at=_instant(message["date"]),
        act=act,
        text=text,
    )


def _content(message: Json) -> tuple[Act, str]:
    if "text" in message:
        return Act.TYPED, _spoken(sane(str(message["text"]))[:MAX_TEXT])
    if "contact" in message:
        contact = message["contact"]
        # Anybody can attach, or forward, somebody else's card: it is the same kind of message.
        own = contact.get("user_id") == message["from"]["id"] and "forward_origin" not in message
        return (Act.SHARED, sane(str(contact["phone_number"]))[:MAX_WORD]) if own else (Act.OTHER, "contact")
    return Act.OTHER, next((kind for kind in KINDS if kind in message), "message")


def _spoken(text: str) -> str:
    """A command without its signs: /start is the way home, /start K7QM2XWD a word, /menu@our_bot the word menu."""
    if not text.startswith(COMMAND_SIGN):
        return text
    word, _, rest = text[1:].partition(" ")
    command = word.partition("@")[0]
    return (rest.strip() or HOME) if command == START else f"{command} {rest}".strip()


def _read_tap(tap: Json, update_id: int, at: datetime) -> Said | None:
    message, data = tap.get("message"), tap.get("data")
    if message is None or data is None or not _is_private({**message, "from": tap["from"]}):
        return None
    return Said(
        message_id=str(update_id),
        person=_person(tap["from"]),
        at=at,
        act=Act.TAPPED,
        text=sane(str(data))[:MAX_WORD],
        on=str(_whole(message["message_id"])),
        ticket=str(tap["id"])[:MAX_TICKET],
    )


def _read_member(change: Json, update_id: int) -> Said | None:
    """The person has blocked the bot, or let it in again."""
    status = change["new_chat_member"]["status"]
    if not _is_private(change) or status not in (*HAVE_LEFT, *HAVE_COME):
        return None
    return Said(
        message_id=str(update_id),
        person=_person(change["from"]),
        at=_instant(change["date"]),
        act=Act.LEFT if status in HAVE_LEFT else Act.CAME_BACK,
    )


def _is_private(part: Json) -> bool:
    """A person's own chat with us: the chat has the person's id."""
    sender, chat = part.get("from"), part["chat"]
    if sender is None or sender.get("is_bot") or chat.get("type") != "private":
        return False
    return _whole(sender["id"]) == _whole(chat["id"])


def _person(sender: Json) -> Person:
    language = str(sender.get("language_code") or "").partition("-")[0].lower()
    known = language if language.isascii() and language.isalpha() and len(language) <= 3 else ""
    return Person(NAME, str(_whole(sender["id"])), language=known)


def _whole(value: object) -> int:
    """Ids exceed 32 bits, never 63."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError("not an id")
    return value


def _instant(seconds: object) -> datetime:
    return datetime.fromtimestamp(_whole(seconds), UTC)
