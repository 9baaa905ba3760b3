"""A face as WhatsApp's messages. Source: Cloud API v26.0, interactive messages; lengths are those of its tables,
counted on the safe side.

At most three short choices are reply buttons, at most ten a list; a longer list is shown in pages whose last row
but the ways is "More". Its data is the screen's tag and the offset, "k3.+7": whoever taps it is shown the same face
from there on, so nothing needs to be remembered.
"""

import re
from typing import Any

from bots.texts import ELLIPSIS, cut, pieces, units
from core.conversation.channel import Act, Button, Face, Said

MAX_BUTTONS, MAX_BUTTON_TITLE = 3, 20
MAX_ROWS, MAX_ROW_TITLE, MAX_ROW_WORDS = 10, 24, 72
MAX_LIST_TITLE = 20
MAX_TEXT, MAX_BUTTONS_TEXT, MAX_CAPTION = 4_096, 1_024, 1_024
CHOOSE, MORE = "choose", "more"
"""The channel's words on the button that opens a list, and on the row that turns its page."""

_OFFSET = re.compile(r"[^.]*\.\+([1-9][0-9]{0,3})")

Json = dict[str, Any]


def messages(said: Said, face: Face) -> list[Json]:
    """What is sent for a face, in order: the last one holds its choices. Documents are not among them."""
    text = "\n".join(face.lines).strip() or ELLIPSIS
    options = (*face.buttons, *face.ways)
    if face.asks_number:
        return _request(text, options)
    if not options:
        return [plain_text(piece) for piece in pieces(text, MAX_TEXT)]
    short = all(units(button.label) <= MAX_BUTTON_TITLE for button in options)
    if len(options) <= MAX_BUTTONS and short and units(text) <= MAX_BUTTONS_TEXT:
        return [_interactive("button", text, {"buttons": [_reply(one) for one in _titled(options)]})]
    *first, last = pieces(text, MAX_TEXT)
    rows = _page(face, offset(said))
    action = {"button": cut(face.words[CHOOSE], MAX_LIST_TITLE), "sections": [{"rows": rows}]}
    return [*(plain_text(piece) for piece in first), _interactive("list", last, action)]


def plain_text(text: str) -> Json:
    """A text without choices; no page is fetched for a preview."""
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def offset(said: Said) -> int:
    """From which choice on a list is wanted: 0 but for a tap on "More"."""
    found = _OFFSET.fullmatch(said.text) if said.act is Act.TAPPED else None
    return int(found[1]) if found else 0


def _request(text: str, options: tuple[Button, ...]) -> list[Json]:
    """Meta's own button for sharing the number bears no other choices: they are named to be typed."""
    named = "\n".join(f"{button.number}. {button.label}" for button in options if button.number)
    *first, last = pieces(f"{text}\n\n{named}".strip(), MAX_BUTTONS_TEXT)
    ask = _interactive("request_contact_info", last, {"name": "request_contact_info"})
    return [*(plain_text(piece) for piece in first), ask]


def _page(face: Face, start: int) -> list[Json]:
    """The rows of one page: choices, "More" where there are more, and the ways on each page."""
    ways, room = face.ways[: MAX_ROWS - 2], MAX_ROWS - len(face.ways[: MAX_ROWS - 2])
    buttons = face.buttons[start:] if start < len(face.buttons) else face.buttons
    start = len(face.buttons) - len(buttons)
    if len(buttons) <= room:
        return [_row(one) for one in _titled((*buttons, *ways))]
    shown = buttons[: room - 1]
    tag = shown[0].data.partition(".")[0]
    more = Button(f"{tag}.+{start + len(shown)}", face.words[MORE], "")
    return [_row(one) for one in _titled((*shown, more, *ways))]


def _titled(buttons: tuple[Button, ...]) -> list[Button]:
    """The same with labels that differ within the length of any title: those that do not are numbered."""
    seen: set[str] = set()
    made = []
    for place, button in enumerate(buttons, start=1):
        label = button.label.strip() or button.number or ELLIPSIS
        if cut(label, MAX_BUTTON_TITLE).casefold() in seen:
            label = f"{button.number or place}. {label}"
        seen.add(cut(label, MAX_BUTTON_TITLE).casefold())
        made.append(Button(button.data, label, button.number))
    return made


def _reply(button: Button) -> Json:
    return {"type": "reply", "reply": {"id": button.data, "title": cut(button.label, MAX_BUTTON_TITLE)}}


def _row(button: Button) -> Json:
    """A label that is too long for a title stands whole in the words below it."""
    row = {"id": button.data, "title": cut(button.label, MAX_ROW_TITLE)}
    if row["title"] != button.label:
        row["description"] = cut(button.label, MAX_ROW_WORDS)
    return row


def _interactive(kind: str, text: str, action: Json) -> Json:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}
