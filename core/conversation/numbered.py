"""A screen in one language with its numbers: what is shown, and what the next answer is read against."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from core.base.i18n import render
from core.conversation.screen import Line, Screen

NEVER_A_NUMBER = (98, 99)
"""98 turns pages and 99 leaves the menu in the habits of the country, so no choice has them."""
Spell = Callable[[Line, str], str]
"""A line and a language → the words as the door can carry them."""


class Numbered(NamedTuple):
    """Kept as JSON, an array. choices: (number, id, label). kept: what a reserved number answers, empty for the
    usual words. back, home: whether those ways lead anywhere.
    """

    id: str
    language: str
    lines: tuple[str, ...]
    choices: tuple[tuple[int, str, str], ...] = ()
    kept: tuple[tuple[int, str], ...] = ()
    ends: bool = False
    back: bool = False
    home: bool = False

    @property
    def asks(self) -> bool:
        return not self.choices and not self.ends

    @classmethod
    def from_json(cls, value: list[Any]) -> Numbered:
        name, language, lines, choices, kept, *ways = value
        return cls(name, language, tuple(lines), tuple(map(tuple, choices)), tuple(map(tuple, kept)), *ways)


def spelt(line: Line, language: str) -> str:
    """The words as they are."""
    return line if isinstance(line, str) else render(line, language)


def number(screen: Screen, language: str, *, home: bool, spell: Spell = spelt) -> Numbered:
    """The screen without its reason; choices promised no number take the next free one."""
    promised = {choice.number for choice in screen.choices}
    numbered: list[tuple[int, str, str]] = []
    last = 0
    for choice in screen.choices:
        if choice.number:
            last = choice.number
        else:
            last += 1
            while last in NEVER_A_NUMBER or last in promised:
                last += 1
        numbered.append((last, choice.id, spell(choice.label, language)))
    return Numbered(
        id=screen.id,
        language=language,
        lines=tuple(part for line in screen.lines for part in spell(line, language).split("\n")),
        choices=tuple(numbered),
        kept=tuple((key, spell(why, language) if why else "") for key, why in screen.kept.items()),
        ends=screen.ends,
        back=screen.back and not screen.ends,
        home=home,
    )
