"""Text with parse_mode HTML, read as the Bot API reads it: the plain text, its entities, or why it cannot be."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from sandbox.telegram.errors import bad_request

_KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "a": "text_link", "tg-spoiler": "spoiler", "span": "spoiler", "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([^\s>/]*)([^>]*)>?")
# The four named entities that are known, and numbers; anything else stays as it was written.
_ESCAPE = re.compile(r"&(?:lt|gt|amp|quot|#\d{1,7}|#x[0-9a-fA-F]{1,6});")
_HREF = re.compile(r"""href\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""", re.IGNORECASE)


@dataclass
class _Open:
    name: str
    start: int
    attributes: str


def read_text(text: str, parse_mode: str) -> tuple[str, list[dict[str, Any]]]:
    """The text as shown, and its entities counted in UTF-16 units. Raises TelegramRefusal.

    HTML alone is played: the product writes no other.
    """
    if not parse_mode:
        return text.strip(), []
    if parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    return _read_html(text)


def _read_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    shown, entities, standing, at = "", [], list[_Open](), 0
    while at < len(text):
        tag = text.find("<", at)
        plain = text[at:] if tag < 0 else text[at:tag]
        shown += _ESCAPE.sub(lambda found: unescape(found[0]), plain)
        if tag < 0:
            break
        match = _TAG.match(text, tag)
        assert match is not None  # it begins with the sign that was found
        closing, name, attributes = match[1], match[2].lower(), match[3]
        place = len(text[:tag].encode())
        if closing:
            entities += _closed(standing, name, place, shown)
        elif name not in _KINDS:
            raise _unparsable(f'Unsupported start tag "{name}" at byte offset {place}')
        else:
            standing.append(_Open(name, len(shown), attributes))
        at = match.end()
    if standing:
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{standing[-1].name}"')
    return _stripped(shown, entities)


def _closed(standing: list[_Open], name: str, place: int, shown: str) -> list[dict[str, Any]]:
    if not standing:
        raise _unparsable(f"Unexpected end tag at byte offset {place}")
    opened = standing.pop()
    if name and name != opened.name:
        raise _unparsable(
            f'Unmatched end tag at byte offset {place}, expected "</{opened.name}>", found "</{name}>"'
        )
    if opened.start == len(shown):
        return []
    entity: dict[str, Any] = {"type": _KINDS[opened.name], "offset": opened.start, "length": len(shown)}
    if opened.name == "a":
        href = _HREF.search(opened.attributes)
        if href is None:
            return []
        entity["url"] = unescape(next(part for part in href.groups() if part is not None))
    return [entity]


def _stripped(shown: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    """Without the white space around it; `length` still holds the end, counted in signs, until here."""
    text = shown.strip()
    cut = len(shown) - len(shown.lstrip())
    for entity in entities:
        start = min(max(0, entity["offset"] - cut), len(text))
        end = min(max(0, entity["length"] - cut), len(text))
        entity["offset"], entity["length"] = _units(text[:start]), _units(text[start:end])
    return text, sorted((e for e in entities if e["length"]), key=lambda e: (e["offset"], -e["length"]))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _unparsable(why: str) -> Exception:
    return bad_request(f"can't parse entities: {why}")
