"""What was typed: the newest answer out of the cumulative text, and the keys of a dialled-through string.

Africa's Talking sends everything typed so far, joined by `*`, with no mark of the turn. What was heard before
is remembered as its length and a keyed hash, never as text: it may hold what nobody should read.
"""

from collections.abc import Callable
from typing import NamedTuple

from core.base.settings import Brand

Tag = Callable[[str], str]
"""Text → keyed hash."""

MOST_DIALLED_KEYS = 8
"""The longest way to a confirmation has six keys; whatever follows a longer string is typed by hand."""
LONGEST_ANSWER = 80
"""Safaricom carries no more in one answer."""


class Heard(NamedTuple):
    """Everything typed in a session until now: how long it is, and its keyed hash."""

    length: int
    mark: str

    @classmethod
    def of(cls, text: str, tag: Tag) -> "Heard":
        return cls(len(text), tag(text))


NOTHING_YET = Heard(0, "")


def newest(text: str, heard: Heard, tag: Tag) -> str | None:
    """The answer that `text` adds to what was heard, or None where it adds nothing (a repeated request).

    A text that does not go on from what was heard is an old request come late: nothing new either.
    """
    if heard.length == 0:
        return text or None
    if tag(text[: heard.length]) != heard.mark or text[heard.length : heard.length + 1] != "*":
        return None
    return text[heard.length + 1 :]


def cleaned(answer: str) -> str:
    """An answer as a person meant it: no spaces around it, no `#` that ends a dialled string."""
    return answer.strip().rstrip("#").strip()


def is_absurd(answer: str) -> bool:
    """Whether this is nothing that a person types on a screen of ours."""
    return len(answer) > LONGEST_ANSWER or not answer.isprintable()


def dialled_keys(service_code: str, text: str, brand: Brand) -> tuple[str, ...] | None:
    """The keys that the first request brings along: `*384*123*1*2#` or a text that is not empty.

    None: the code is not one of ours. Which of the two ways an operator uses is not documented, so both
    count; where both are used the text is the longer story.
    """
    code = cleaned(service_code)
    for ours in (brand.service_code, *brand.service_code_aliases):
        known = cleaned(ours)
        if code == known or code.startswith(known + "*"):
            behind = code[len(known) + 1 :]
            keys = cleaned(text) or behind
            return tuple(keys.split("*"))[:MOST_DIALLED_KEYS] if keys else ()
    return None
