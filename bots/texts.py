"""Texts made to fit: how long a chat may count a text, and where it may be cut."""

import unicodedata

ELLIPSIS = "…"
ZERO_WIDTH_JOINER = "\u200d"


def units(text: str) -> int:
    """The length in UTF-16 units: an emoji counts two, a combining mark one. No chat counts more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """`text` on one line, in at most `most` units, with an ellipsis where something is missing."""
    line = " ".join(text.split())
    if units(line) <= most:
        return line
    return _beginning(line, most - 1).rstrip() + ELLIPSIS


def pieces(text: str, most: int) -> list[str]:
    """`text` in pieces of at most `most` units, cut between lines, or between words where a line is too long."""
    made: list[str] = []
    rest = text.strip()
    while units(rest) > most:
        piece = _beginning(rest, most)
        for border in ("\n", " "):
            if border in piece.strip():
                piece = piece[: piece.rindex(border)]
                break
        made.append(piece.strip())
        rest = rest[len(piece) :].strip()
    return [*made, rest] if rest or not made else made


def sane(text: str) -> str:
    """What a person typed, without what no database and no encoder takes: NUL and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _beginning(text: str, most: int) -> str:
    """As much of `text` as fits, no sign parted from its marks."""
    end = size = 0
    for sign in text:
        size += units(sign)
        if size > most:
            break
        end += 1
    while 0 < end < len(text) and _clings(text[end - 1], text[end]):
        end -= 1
    return text[:end] or text[:1]


def _clings(before: str, sign: str) -> bool:
    joined = ZERO_WIDTH_JOINER in (before, sign) or sign == "\ufe0f" or "\U0001f3fb" <= sign <= "\U0001f3ff"
    return joined or bool(unicodedata.combining(sign))
