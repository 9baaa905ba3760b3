"""reply_markup: what stands under a message or in place of the phone's keys."""

from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from sandbox.chats import Choice
from sandbox.telegram.errors import TelegramRefusal, bad_request, json_of

MOST_DATA_BYTES = 64  # callback_data, in UTF-8: bytes, not signs
CONTACT_CHOICE = "contact"  # our name for the key that shares the own number: it carries no data


@dataclass(frozen=True)
class Keyboard:
    """kind: inline stands under its message for ever; reply replaces the keys until another one or `remove`."""

    kind: Literal["none", "inline", "reply", "remove", "force_reply"] = "none"
    choices: list[Choice] = field(default_factory=list)
    asks_contact: bool = False
    markup: dict[str, Any] = field(default_factory=dict)


def read_keyboard(raw: Any) -> Keyboard:
    """From an object or its JSON text. Raises TelegramRefusal."""
    if raw in (None, "", {}):
        return Keyboard()
    markup = json_of(raw, "reply keyboard markup JSON object")
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"], "inline keyboard")
        choices = [_inline(button) for row in rows for button in row]
        if not choices:
            return Keyboard()
        return Keyboard("inline", choices, markup={"inline_keyboard": [row for row in rows if row]})
    if "keyboard" in markup:
        keys = [_key(button) for row in _rows(markup["keyboard"], "keyboard") for button in row]
        return Keyboard("reply", keys, asks_contact=any(key.id == CONTACT_CHOICE for key in keys))
    if markup.get("remove_keyboard") is True:
        return Keyboard("remove")
    return Keyboard("force_reply" if markup.get("force_reply") is True else "none")


def _rows(found: Any, what: str) -> list[list[Any]]:
    if not isinstance(found, list) or not all(isinstance(row, list) for row in found):
        raise bad_request(f'field "{what.replace(" ", "_")}" must be of type Array of Arrays')
    return found


def _inline(button: Any) -> Choice:
    text = _label(button, "inline keyboard button")
    if "url" in button:
        url = str(button["url"])
        if urlsplit(url).scheme not in {"http", "https", "tg"} or not urlsplit(url).netloc:
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
        return Choice(id=url, label=text)
    data = button.get("callback_data")
    if data is None:
        raise _unreadable("inline keyboard button", "Text buttons are unallowed in the inline keyboard")
    if not isinstance(data, str) or not 1 <= len(data.encode()) <= MOST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return Choice(id=data, label=text)


def _key(button: Any) -> Choice:
    if isinstance(button, str):
        button = {"text": button}
    text = _label(button, "keyboard button")
    return Choice(id=CONTACT_CHOICE if button.get("request_contact") is True else text, label=text)


def _label(button: Any, what: str) -> str:
    if not isinstance(button, dict):
        raise _unreadable(what, "Expected an Object")
    text = button.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _unreadable(what, 'Field "text" must be a non-empty String')
    return text


def _unreadable(what: str, why: str) -> TelegramRefusal:
    return bad_request(f"can't parse {what}: {why}")
