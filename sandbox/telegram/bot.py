"""The Bot API's methods, for one bot."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.clock import TrialClock
from sandbox.documents import Document, Documents
from sandbox.telegram.chats import BotChats
from sandbox.telegram.errors import bad_request, json_of
from sandbox.telegram.formatting import read_text
from sandbox.telegram.keyboards import read_keyboard
from sandbox.telegram.updates import Updates

MOST_TEXT, MOST_CAPTION, MOST_ANSWER = 4096, 1024, 200  # signs, after the entities were read
MOST_COMMANDS, MOST_DESCRIPTION = 100, 256
MOST_DOWNLOAD_BYTES = 20 * 1024 * 1024
QUERY_LIFE = timedelta(minutes=15)  # our choice: how long a tap may be answered is not published
ACTIONS = frozenset(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker "
    "find_location record_video_note upload_video_note".split()
)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}", re.ASCII)
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Upload:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Tap:
    """A callback query that may still be answered."""

    msisdn: str
    message_id: str
    at: datetime


class Bot:
    """Names of arguments and results are the Bot API's."""

    def __init__(self, chats: BotChats, updates: Updates, documents: Documents, clock: TrialClock) -> None:
        self._chats, self._updates, self._documents, self._clock = chats, updates, documents, clock
        self._commands: dict[str, list[Any]] = {}
        self.taps: dict[str, Tap] = {}
        plain: dict[str, Callable[[Arguments], Any]] = {
            "getMe": self._get_me,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getUpdates": self._updates.fetch,
            "getWebhookInfo": lambda _: self._updates.info(),
            "sendMessage": self._send_message,
            "editMessageText": self._edit_text,
            "editMessageReplyMarkup": self._edit_markup,
            "deleteMessage": self._delete_message,
            "answerCallbackQuery": self._answer_query,
            "sendChatAction": self._send_action,
            "setMyCommands": self._set_commands,
            "getMyCommands": lambda asked: self._commands.get(_audience(asked), []),
            "getFile": self._get_file,
        }
        self._methods = {name.lower(): method for name, method in plain.items()}  # case does not matter there

    def knows(self, method: str) -> bool:
        return method.lower() in self._methods or method.lower() == "senddocument"

    def call(self, method: str, asked: Arguments, uploads: dict[str, Upload]) -> Any:
        """The `result`. Raises TelegramRefusal."""
        if method.lower() == "senddocument":
            return self._send_document(asked, uploads)
        return self._methods[method.lower()](asked)

    def _get_me(self, _: Arguments) -> Any:
        abilities = {"can_join_groups": False, "can_read_all_group_messages": False}
        return self._chats.me | abilities | {"supports_inline_queries": False, "has_main_web_app": False}

    def _set_webhook(self, asked: Arguments) -> bool:
        self._updates.register(asked)
        return True

    def _delete_webhook(self, asked: Arguments) -> bool:
        self._updates.register({"drop_pending_updates": asked.get("drop_pending_updates", False)})
        return True

    def _send_message(self, asked: Arguments) -> Any:
        msisdn = self._chats.phone_of(asked.get("chat_id"))
        content = _text_of(asked)
        keyboard = read_keyboard(asked.get("reply_markup"))
        self._chats.admit(msisdn)
        return self._chats.post(msisdn, content, keyboard)

    def _send_document(self, asked: Arguments, uploads: dict[str, Upload]) -> Any:
        msisdn = self._chats.phone_of(asked.get("chat_id"))
        caption, entities = _read(asked, "caption", "caption_entities")
        if len(caption) > MOST_CAPTION:
            raise bad_request("message caption is too long")
        keyboard = read_keyboard(asked.get("reply_markup"))
        document = self._document_of(asked.get("document"), uploads)
        self._chats.admit(msisdn)
        content: dict[str, Any] = {"document": _told(document)}
        if caption:
            content |= {"caption": caption} | ({"caption_entities": entities} if entities else {})
        return self._chats.post(msisdn, content, keyboard, document)

    def _document_of(self, named: Any, uploads: dict[str, Upload]) -> Document:
        """An upload, an upload that is named by attach://, or a file that is known by its id."""
        name = str(named or "")
        upload = uploads.get(name.removeprefix("attach://") if name else "document")
        if upload is not None:
            if not upload.content:
                raise bad_request("file must be non-empty")
            return self._documents.keep(upload.name, upload.media_type, upload.content, self._clock.now())
        if urlsplit(name).scheme in {"http", "https"}:
            raise bad_request("failed to get HTTP URL content")  # the sandbox fetches nothing
        known = self._documents.find(name)
        if known is None:
            raise bad_request("wrong file identifier/HTTP URL specified" if name else "there is no document")
        return known

    def _edit_text(self, asked: Arguments) -> Any:
        msisdn = self._chats.phone_of(asked.get("chat_id"))
        content = _text_of(asked)
        row = self._chats.own(msisdn, asked.get("message_id"), "message to edit not found")
        if "text" not in row.wire:
            raise bad_request("there is no text in the message to edit")
        return self._chats.edit(row, content, read_keyboard(asked.get("reply_markup")))

    def _edit_markup(self, asked: Arguments) -> Any:
        msisdn = self._chats.phone_of(asked.get("chat_id"))
        row = self._chats.own(msisdn, asked.get("message_id"), "message to edit not found")
        kept: Arguments = {name: row.wire[name] for name in ("text", "entities") if name in row.wire}
        return self._chats.edit(row, kept, read_keyboard(asked.get("reply_markup")))

    def _delete_message(self, asked: Arguments) -> bool:
        msisdn = self._chats.phone_of(asked.get("chat_id"))
        row = self._chats.log.find(msisdn, str(asked.get("message_id")))
        if row is None:
            raise bad_request("message to delete not found")
        self._chats.delete(row)
        return True

    def _answer_query(self, asked: Arguments) -> bool:
        text = str(asked.get("text", ""))
        if len(text) > MOST_ANSWER:
            raise bad_request("MESSAGE_TOO_LONG")
        tap = self.taps.get(str(asked.get("callback_query_id")))
        if tap is None or self._clock.now() - tap.at > QUERY_LIFE:
            raise bad_request(_TOO_OLD)
        row = self._chats.log.find(tap.msisdn, tap.message_id)
        if row is not None:
            self._chats.log.change(row, shown={"waiting": False, "popup": text})
        return True

    def _send_action(self, asked: Arguments) -> bool:
        self._chats.phone_of(asked.get("chat_id"))
        if asked.get("action") not in ACTIONS:
            raise bad_request("wrong parameter action in request")
        return True

    def _set_commands(self, asked: Arguments) -> bool:
        commands = json_of(asked.get("commands", []), "commands")
        if not isinstance(commands, list) or len(commands) > MOST_COMMANDS:
            raise bad_request("BOT_COMMANDS_TOO_MUCH")
        for command in commands:
            if not _COMMAND.fullmatch(str(command.get("command", ""))):
                raise bad_request("BOT_COMMAND_INVALID")
            if not 1 <= len(str(command.get("description", ""))) <= MOST_DESCRIPTION:
                raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        self._commands[_audience(asked)] = commands
        return True

    def _get_file(self, asked: Arguments) -> Any:
        document = self._documents.find(str(asked.get("file_id")))
        if document is None:
            raise bad_request("invalid file_id")
        if document.size > MOST_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return _file(document) | {"file_path": f"documents/{document.id}"}


def _text_of(asked: Arguments) -> dict[str, Any]:
    text, entities = _read(asked, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if len(text) > MOST_TEXT:
        raise bad_request("message is too long")
    return {"text": text} | ({"entities": entities} if entities else {})


def _read(asked: Arguments, text: str, entities: str) -> tuple[str, list[dict[str, Any]]]:
    """A text with its entities: by parse_mode, or else those that were given beside it."""
    plain, found = read_text(str(asked.get(text, "")), str(asked.get("parse_mode", "")))
    given = asked.get(entities)
    if not given or asked.get("parse_mode"):
        return plain, found
    return plain, json_of(given, entities)


def _file(document: Document) -> dict[str, Any]:
    return {"file_id": document.id, "file_unique_id": document.sha256[:16], "file_size": document.size}


def _told(document: Document) -> dict[str, Any]:
    return _file(document) | {"file_name": document.name, "mime_type": document.media_type}


def _audience(asked: Arguments) -> str:
    return f"{asked.get('scope', '')} {asked.get('language_code', '')}"
