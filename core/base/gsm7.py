"""What a text costs on a phone network: the GSM 7-bit alphabet, its counting, and the way into it.

Source: GSM 03.38 (3GPP TS 23.038), default alphabet and its extension table. One character outside turns the
whole message into UCS-2, which holds 70 instead of 160.
"""

import unicodedata
from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")  # each costs an escape septet besides its own

GSM7_ALONE, GSM7_JOINED = 160, 153  # septets of a single text, and of each part of a longer one
UCS2_ALONE, UCS2_JOINED = 70, 67  # UTF-16 units, likewise

# Before NFKC, which would take some of these apart into a space and an accent.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´ʼʻˈ", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‹", "<"),
        **dict.fromkeys("›", ">"),
        **dict.fromkeys("‐‑‒–—―−•‣", "-"),
        **dict.fromkeys("⁄∕", "/"),
        "·": ".",
        "×": "x",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "Đ": "D",
        "œ": "oe",
        "Œ": "OE",
        "ı": "i",
        "ŋ": "ng'",  # Swahili ng', written with one letter in some languages of Kenya
        "Ŋ": "Ng'",
    }
)


class NotGsm7(ValueError):
    """The text holds a character outside the GSM 7-bit alphabet."""


@dataclass(frozen=True, slots=True)
class Segments:
    """How a text travels: `units` are septets (GSM-7) or UTF-16 units (UCS-2); each of `parts` is billed."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def is_gsm7(text: str) -> bool:
    return all(ch in BASIC or ch in EXTENSION for ch in text)


def septets(text: str) -> int:
    """The length of `text` in septets. Raises NotGsm7."""
    if not is_gsm7(text):
        raise NotGsm7("the text needs UCS-2")
    return sum(_septets_of(ch) for ch in text)


def segments(text: str) -> Segments:
    """How `text` is cut and billed as an SMS; an empty text is still one message."""
    if is_gsm7(text):
        costs = [_septets_of(ch) for ch in text]
        return Segments("GSM-7", sum(costs), _parts(costs, GSM7_ALONE, GSM7_JOINED))
    costs = [2 if ch > "\uffff" else 1 for ch in text]
    return Segments("UCS-2", sum(costs), _parts(costs, UCS2_ALONE, UCS2_JOINED))


def plain(text: str) -> str:
    """`text` brought into GSM-7: typographic signs as ASCII, accents dropped where the letter has none in
    GSM-7, digits of any script as 0-9, control and invisible characters dropped (a newline stays, a tab is a
    space), and "?" for what is left. Done already, it changes nothing.
    """
    folded = unicodedata.normalize("NFKC", text.translate(_PLAIN)).translate(_PLAIN)
    return "".join(_plain_character(ch) for ch in folded)


def _plain_character(ch: str) -> str:
    category = unicodedata.category(ch)
    if ch == "\n" or category in ("Zl", "Zp"):
        return "\n"
    if ch == "\t" or category == "Zs":
        return " "
    if category in ("Cc", "Cf", "Mn", "Me"):
        return ""
    if ch in BASIC or ch in EXTENSION:
        return ch
    if ch.isdecimal():
        return str(unicodedata.decimal(ch))
    base = unicodedata.normalize("NFKD", ch)[0]
    return base if base in BASIC else "?"


def _septets_of(ch: str) -> int:
    return 2 if ch in EXTENSION else 1


def _parts(costs: list[int], alone: int, joined: int) -> int:
    """Parts needed; a character of two units is never cut in half, so a part may end one unit early."""
    if sum(costs) <= alone:
        return 1
    parts, room = 1, joined
    for cost in costs:
        if cost > room:
            parts, room = parts + 1, joined
        room -= cost
    return parts
