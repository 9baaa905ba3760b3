"""What stands in a chat on a phone, whichever chat it is."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sandbox.changes import Changes
from sandbox.documents import Document
from sandbox.store import Lines


class Choice(BaseModel):
    """A button or a row of a list; `id` is what choosing it sends. `description` stands below a row's label."""

    id: str
    label: str
    description: str = ""


class Attached(BaseModel):
    """A file in a chat or a mail; `url` is where the sandbox gives it out, `size` in bytes."""

    id: str
    name: str
    media_type: str
    size: int
    url: str


class ChatMessage(BaseModel):
    """A message as the phone shows it. `from_us`: from the provider, whose product is under trial.
    `asks_contact`: it has a button that shares the own number. `popup`: what a tap on it was answered with;
    `waiting`: a tapped button still turns."""

    id: str
    at: datetime
    text: str
    choices: list[Choice] = []
    document: Attached | None = None
    from_us: bool
    asks_contact: bool = False
    edited: bool = False
    popup: str = ""
    waiting: bool = False


class Kept(BaseModel):
    """A message with what the provider remembers about it. `wire` is the provider's own shape, `kind` the
    provider's word for its buttons; a `gone` one was deleted, a `read` one was seen."""

    to: str
    shown: ChatMessage
    wire: dict[str, Any] = {}
    kind: str = ""
    gone: bool = False
    read: bool = False


class ChatLog:
    """All chats of one kind, each oldest first; the last line about a message is the one that counts."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)
        self._chats: dict[str, dict[str, Kept]] = {}
        self._home: dict[str, str] = {}
        self.changes = Changes()
        for line in self._lines.read():
            self._place(Kept.model_validate_json(line))

    def keep(self, row: Kept) -> Kept:
        self._place(row)
        self._lines.append(row.model_dump_json())
        return row

    def _place(self, row: Kept) -> None:
        chat = self._chats.setdefault(row.to, {})
        if row.shown.from_us and _face(row) != _face(chat.get(row.shown.id)):
            self.changes.note(row.to)
        chat[row.shown.id] = row
        self._home[row.shown.id] = row.to

    def change(self, row: Kept, *, shown: dict[str, Any] | None = None, **named: Any) -> Kept:
        """Keeps the row with what is named replaced."""
        seen = row.shown.model_copy(update=shown or {})
        return self.keep(row.model_copy(update={**named, "shown": seen}))

    def of(self, msisdn: str) -> list[Kept]:
        """What still stands in the chat."""
        return [row for row in self._chats.get(msisdn, {}).values() if not row.gone]

    def find(self, msisdn: str, id_: str) -> Kept | None:
        row = self._chats.get(msisdn, {}).get(id_)
        return None if row is None or row.gone else row

    def anywhere(self, id_: str) -> Kept | None:
        """The message of that id in whichever chat, for providers whose ids are unique over all of them."""
        return self.find(self._home.get(id_, ""), id_)

    @property
    def ids(self) -> list[str]:
        return list(self._home)


def _face(row: Kept | None) -> tuple[Any, ...]:
    """What the person sees of a message of the provider's, but for the waiting at a tapped button."""
    return (row.gone, row.shown.text, row.shown.choices, row.shown.asks_contact) if row else ()


def attached(document: Document) -> Attached:
    return Attached(**document.model_dump(include={"id", "name", "media_type", "size"}), url=document.url)
