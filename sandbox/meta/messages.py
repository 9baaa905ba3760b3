"""Reads what is asked to be sent, with the limits of the Cloud API."""

from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.chats import Choice
from sandbox.meta.errors import GraphRefusal
from sandbox.meta.templates import read_template
from sandbox.world import WorldTemplate

MOST_TEXT = 4096
MOST_BUTTON_BODY = 1024
MOST_HEADER = MOST_FOOTER = 60
MOST_BUTTONS, MOST_BUTTON_TITLE, MOST_BUTTON_ID = 3, 20, 256
MOST_SECTIONS, MOST_ROWS = 10, 10  # rows are counted over all sections
MOST_SECTION_TITLE, MOST_ROW_TITLE, MOST_ROW_DESCRIPTION, MOST_ROW_ID = 24, 24, 72, 200
MOST_CAPTION = 1024
MOST_TRACKER = 512

Kind = Literal["text", "button", "list", "contact", "document", "template"]


@dataclass(frozen=True)
class File:
    """A document by the id of an upload or by a link; exactly one is not empty."""

    id: str
    link: str
    name: str


@dataclass(frozen=True)
class Outgoing:
    """What shall be shown. kind: which buttons it has; opener: what opens its list; category: as a template's,
    `service` for all else."""

    kind: Kind
    text: str
    choices: list[Choice] = field(default_factory=list)
    file: File | None = None
    category: str = "service"
    opener: str = ""

    @property
    def is_template(self) -> bool:
        return self.kind == "template"


def read_message(asked: dict[str, Any], templates: list[WorldTemplate], *, to_user_id: bool) -> Outgoing:
    """Raises GraphRefusal."""
    tracker = asked.get("biz_opaque_callback_data", "")
    if not isinstance(tracker, str) or len(tracker) > MOST_TRACKER:
        raise GraphRefusal(100, f"biz_opaque_callback_data must have at most {MOST_TRACKER} characters")
    kind = asked.get("type", "text")
    if kind not in {"text", "interactive", "document", "template"}:
        raise GraphRefusal(100, f"Param type must be one of TEXT, INTERACTIVE, DOCUMENT, TEMPLATE: {kind!r}")
    content = part(asked, kind)
    if kind == "text":
        return Outgoing("text", sentence(content, "body", MOST_TEXT, of="text", code=100))
    if kind == "document":
        caption = sentence(content, "caption", MOST_CAPTION, of="document", needed=False)
        return Outgoing("document", caption, file=read_file(content))
    if kind == "template":
        filled = read_template(content, templates, to_user_id=to_user_id)
        file = read_file(filled.document) if filled.document is not None else None
        return Outgoing("template", filled.text, filled.choices, file, filled.category)
    return _interactive(content)


def _interactive(content: dict[str, Any]) -> Outgoing:
    kind, action = content.get("type"), part(content, "action")
    most = MOST_BUTTON_BODY if kind == "button" else MOST_TEXT
    body = sentence(part(content, "body"), "text", most, of="body")
    lines = [_header(content), body]
    if "footer" in content:
        lines.append(sentence(part(content, "footer"), "text", MOST_FOOTER, of="footer"))
    text = "\n".join(line for line in lines if line)
    if kind == "button":
        return Outgoing("button", text, _buttons(action))
    if kind == "list":
        opener = sentence(action, "button", MOST_BUTTON_TITLE, of="action")
        return Outgoing("list", text, _rows(action), opener=opener)
    if kind == "request_contact_info":
        if action.get("name") != "request_contact_info":
            raise GraphRefusal(131009, "action.name must be request_contact_info")
        return Outgoing("contact", text)
    raise GraphRefusal(131009, f"interactive.type is not one of button, list, request_contact_info: {kind!r}")


def _header(content: dict[str, Any]) -> str:
    if "header" not in content:
        return ""
    header = part(content, "header")
    if header.get("type") != "text":
        raise GraphRefusal(131009, "only a header of type text is played")
    return sentence(header, "text", MOST_HEADER, of="header")


def _buttons(action: dict[str, Any]) -> list[Choice]:
    buttons = _list(action, "buttons")
    if not 1 <= len(buttons) <= MOST_BUTTONS:
        raise GraphRefusal(131009, f"Invalid buttons count. Min allowed buttons: 1, Max: {MOST_BUTTONS}")
    choices = []
    for button in buttons:
        if button.get("type") != "reply":
            raise GraphRefusal(131009, "Button type is not reply")
        reply = part(button, "reply")
        title = sentence(reply, "title", MOST_BUTTON_TITLE, of="Button")
        choices.append(Choice(id=sentence(reply, "id", MOST_BUTTON_ID, of="Button"), label=title))
    for what in ("id", "label"):
        if len({getattr(choice, what) for choice in choices}) < len(choices):
            raise GraphRefusal(131009, f"Duplicated button {'title' if what == 'label' else 'id'}")
    return choices


def _rows(action: dict[str, Any]) -> list[Choice]:
    sections = _list(action, "sections")
    if not 1 <= len(sections) <= MOST_SECTIONS:
        raise GraphRefusal(131009, f"Invalid sections count. Min: 1, Max: {MOST_SECTIONS}")
    choices = []
    for section in sections:
        sentence(section, "title", MOST_SECTION_TITLE, of="Section", needed=len(sections) > 1)
        rows = _list(section, "rows")
        if not rows:
            raise GraphRefusal(131009, "A section has no rows")
        for row in rows:
            description = sentence(row, "description", MOST_ROW_DESCRIPTION, of="Row", needed=False)
            title = sentence(row, "title", MOST_ROW_TITLE, of="Row")
            id_ = sentence(row, "id", MOST_ROW_ID, of="Row")
            choices.append(Choice(id=id_, label=title, description=description))
    if len(choices) > MOST_ROWS:
        raise GraphRefusal(131009, f"Total row count exceed max allowed count: {MOST_ROWS}")
    if len({choice.id for choice in choices}) < len(choices):
        raise GraphRefusal(131009, "Duplicated row id")
    return choices


def read_file(content: dict[str, Any]) -> File:
    id_, link = str(content.get("id", "")), str(content.get("link", ""))
    if bool(id_) == bool(link):
        raise GraphRefusal(131009, "exactly one of document.id and document.link is needed")
    return File(id_, link, str(content.get("filename", "")))


def part(found: dict[str, Any], name: str) -> dict[str, Any]:
    """An object within; 131008 without it."""
    inner = found.get(name)
    if not isinstance(inner, dict):
        raise GraphRefusal(131008, f"{name} is required")
    return inner


def sentence(
    found: dict[str, Any], name: str, most: int, *, of: str, needed: bool = True, code: int = 131009
) -> str:
    """A text within, of 1 to `most` characters."""
    text = found.get(name)
    if not needed and text in (None, ""):
        return ""
    if text is None:
        raise GraphRefusal(131008, f"{of} {name} is required")
    if not isinstance(text, str) or not text.strip() or len(text) > most:
        raise GraphRefusal(code, f"{of} {name} length invalid. Min length: 1, Max length: {most}")
    return text


def _list(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = found.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise GraphRefusal(131008, f"{name} is required")
    return rows
