"""The pager: numbers a screen's choices and cuts it into pages that the network can carry.

Nothing is lost, no page is over budget, numbers run on across pages. 98 turns the page, 0 goes back, 00 home.
Africa's Talking wants `CON ` (go on) or `END ` (close) as the first bytes; both count as part of the budget.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from core.base.gsm7 import BASIC, plain, septets
from core.base.i18n import render
from core.base.words import say
from core.conversation.screen import Line, Screen

BUDGET = 160
"""Septets a screen with its prefix: Safaricom's limit; the others carry a little more."""
CHOICES_A_PAGE = 5
"""More than five items on a small phone are below the fold."""
MORE_KEY, BACK_KEY, HOME_KEY = "98", "0", "00"
NEVER_A_NUMBER = (98, 99)
"""98 turns the page; 99 leaves the menu in other countries, so it is given no meaning here."""
PREFIX_SEPTETS = 4

_MORE, _BACK, _HOME = say("98. More"), say("0. Back"), say("00. Home")


class Shown(NamedTuple):
    """A screen in one language, numbered. It is kept (as JSON, an array) so that the next key is read against it.

    choices: (number, id, label). kept: what a reserved number answers, empty for the usual words.
    """

    id: str
    language: str
    lines: tuple[str, ...]
    choices: tuple[tuple[int, str, str], ...] = ()
    kept: tuple[tuple[int, str], ...] = ()
    ends: bool = False
    back: bool = True
    home: bool = False

    @classmethod
    def from_json(cls, value: list[Any]) -> Shown:
        name, language, lines, choices, kept, *ways = value
        return cls(name, language, tuple(lines), tuple(map(tuple, choices)), tuple(map(tuple, kept)), *ways)

    @property
    def asks(self) -> bool:
        return not self.choices and not self.ends

    def because(self, reason: str) -> Shown:
        """The same screen with the reason on its first line."""
        return self._replace(lines=(*plain(reason).split("\n"), *self.lines))


def number(screen: Screen, language: str) -> Shown:
    """The screen in `language`, without its reason; choices promised no number take the next free."""
    promised = {choice.number for choice in screen.choices}
    numbered = []
    last = 0
    for choice in screen.choices:
        last = choice.number or _next_free(last, promised)
        numbered.append((last, choice.id, _text(choice.label, language)))
    return Shown(
        id=screen.id,
        language=language,
        lines=tuple(part for line in screen.lines for part in _text(line, language).split("\n")),
        choices=tuple(numbered),
        kept=tuple((key, _text(why, language) if why else "") for key, why in screen.kept.items()),
        ends=screen.ends,
        back=screen.back,
        home=screen.home,
    )


def pages(shown: Shown, budget: int = BUDGET) -> list[str]:
    """The pages as they are sent, each at most `budget` septets."""
    items = [(line, False) for line in shown.lines]
    items += [(f"{key}. {label}", True) for key, _, label in shown.choices]
    made: list[str] = []
    while True:
        last = _page("END" if shown.ends else "CON", items, _footer(shown, more=False, first=not made))
        if _fits(last, items, budget):
            return [*made, last]
        footer = _footer(shown, more=True, first=not made)
        made.append(_page("CON", _take(items, footer, budget), footer))


Item = tuple[str, bool]
"""A line, and whether it begins a choice."""


def _take(items: list[Item], footer: str, budget: int) -> list[Item]:
    """Move as many items as fit from `items` to a page; one that is longer than a page is cut."""
    taken: list[Item] = []
    while items and _fits(_page("CON", [*taken, items[0]], footer), [*taken, items[0]], budget):
        taken.append(items.pop(0))
    if not taken:
        text, is_choice = items.pop(0)
        head, tail = _cut(text, budget - PREFIX_SEPTETS - 1 - septets(footer))
        taken.append((head, is_choice))
        items.insert(0, (tail, False))
    return taken


def _fits(page: str, items: list[Item], budget: int) -> bool:
    return sum(is_choice for _, is_choice in items) <= CHOICES_A_PAGE and _septets(page) <= budget


def _cut(text: str, room: int) -> tuple[str, str]:
    """Cut before the last word that does not fit; a single word longer than the room is cut through."""
    ends = list(_ends_within(text, room))
    at = next((end for end in reversed(ends) if text[end : end + 1] == " " and text[:end].strip()), None)
    if at is None:
        return text[: ends[-1]], text[ends[-1] :]
    return text[:at], text[at + 1 :]


def _ends_within(text: str, room: int) -> Iterator[int]:
    """Every length of a beginning of `text` that costs at most `room` septets."""
    cost = 0
    for end, character in enumerate(text, 1):
        cost += septets(character)
        if cost > room:
            return
        yield end


def _page(prefix: str, items: list[Item], footer: str) -> str:
    return f"{prefix} " + "\n".join([text for text, _ in items] + ([footer] if footer else []))


def _footer(shown: Shown, *, more: bool, first: bool) -> str:
    """The ways out, on one line. A last page that ends the session has none."""
    if shown.ends and not more:
        return ""
    ways = []
    if more:
        ways.append(_MORE)
    if (shown.back and not shown.ends) or not first:
        ways.append(_BACK)
    if shown.home:
        ways.append(_HOME)
    return "  ".join(render(way, shown.language) for way in ways)


def _next_free(last: int, promised: set[int | None]) -> int:
    following = last + 1
    while following in NEVER_A_NUMBER or following in promised:
        following += 1
    return following


def _text(line: Line, language: str) -> str:
    text = line if isinstance(line, str) else render(line, language)
    return text if BASIC.issuperset(text) else plain(text)


def _septets(text: str) -> int:
    return len(text) if BASIC.issuperset(text) else septets(text)
