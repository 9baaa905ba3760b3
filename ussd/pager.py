"""The pager: numbers a screen's choices and cuts it into pages that the network can carry.

Nothing is lost, no page is over budget, numbers run on across pages. 98 turns the page, 0 goes back, 00 home.
Africa's Talking wants `CON ` (go on) or `END ` (close) as the first bytes; both count as part of the budget.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.base.gsm7 import BASIC, plain, septets
from core.base.i18n import render
from core.base.words import say
from core.conversation import numbered
from core.conversation.numbered import Numbered, spelt
from core.conversation.screen import Line, Screen

BUDGET = 160
"""Septets a screen with its prefix: Safaricom's limit; the others carry a little more."""
CHOICES_A_PAGE = 5
"""More than five items on a small phone are below the fold."""
MORE_KEY, BACK_KEY, HOME_KEY = "98", "0", "00"
PREFIX_SEPTETS = 4

_MORE, _BACK, _HOME = say("98. More"), say("0. Back"), say("00. Home")


def number(screen: Screen, language: str) -> Numbered:
    """The screen in `language`, without its reason, in letters that the network carries."""
    return numbered.number(screen, language, home=screen.home, spell=_text)


def because(shown: Numbered, reason: str) -> Numbered:
    """The same screen with the reason on its first line."""
    return shown._replace(lines=(*plain(reason).split("\n"), *shown.lines))


def pages(shown: Numbered, budget: int = BUDGET) -> list[str]:
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
    room = budget - PREFIX_SEPTETS - _septets(footer)  # between two lines stands a sign that costs one more
    choices = count = 0
    for text, is_choice in items:
        room, choices = room - _septets(text) - 1, choices + is_choice
        if room < 0 or choices > CHOICES_A_PAGE:
            break
        count += 1
    taken, items[:count] = items[:count], []
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


def _footer(shown: Numbered, *, more: bool, first: bool) -> str:
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


def _text(line: Line, language: str) -> str:
    text = spelt(line, language)
    return text if BASIC.issuperset(text) else plain(text)


def _septets(text: str) -> int:
    return len(text) if BASIC.issuperset(text) else septets(text)
