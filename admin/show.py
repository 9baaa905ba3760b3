"""What pages are made of: cells, tables and facts as plain values, put into words by the templates.

A text is a Sentence of ours (translated) or a string out of the database (shown as it is, escaped and isolated).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from core.base.clock import NAIROBI
from core.base.money import Money, show_money
from core.base.words import Sentence, say

Text = Sentence | str
Tone = Literal["", "green", "yellow", "red", "blue", "secondary"]

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Act:
    """A button that changes something: posts to `path`. asks: with a line for the reason, which says this."""

    path: str
    label: Sentence
    asks: Sentence | None = None


Way = tuple[Sentence, str]
"""A button that leads to a form: what it says, and its path below /admin."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. path: where it leads, below /admin. tone: shown as a badge. number: set to the right. ways: buttons
    in its place."""

    text: Text
    path: str | None = None
    tone: Tone | None = None
    number: bool = False
    quiet: bool = False
    act: Act | None = None
    ways: Sequence[Way] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. newer, older: paths of the neighbouring pages of the list, where there are any. ways: what
    can be done about it."""

    columns: Sequence[Sentence]
    rows: Sequence[Sequence[Cell]]
    empty: Sentence
    newer: str | None = None
    older: str | None = None
    title: Sentence | None = None
    ways: Sequence[Way] = ()


@dataclass(frozen=True, slots=True)
class Tab:
    """One of several views of a page."""

    label: Sentence
    path: str
    here: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What a page function returns. done: what was just done, said in a green line. ways: what can be done here."""

    title: Text
    template: str = "list.html"
    tables: Sequence[Table] = ()
    tabs: Sequence[Tab] = ()
    facts: Sequence[tuple[Sentence, Cell]] = ()
    lead: Sentence | None = None
    place: str = ""
    values: dict[str, object] = field(default_factory=dict)
    done: Sentence | None = None
    ways: Sequence[Way] = ()
    status: int = 200


@dataclass(frozen=True, slots=True)
class File:
    """What a page function returns where the answer is a file to be kept."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The answer of a page function that leads on: a path below /admin."""

    path: str


STATES: dict[str, tuple[Sentence, Tone]] = {
    "open": (say("open"), "blue"),
    "paid": (say("paid"), "green"),
    "served": (say("begun"), "green"),
    "unpaid": (say("not paid"), "secondary"),
    "requested": (say("asked for"), "blue"),
    "asking": (say("being sent to M-PESA"), "blue"),
    "prompted": (say("waits for the PIN"), "blue"),
    "unknown": (say("outcome not known"), "yellow"),
    "failed": (say("failed"), "red"),
    "lapsed": (say("no answer"), "secondary"),
    "awaiting_network": (say("waits for the network"), "yellow"),
    "active": (say("active"), "green"),
    "grace": (say("in grace"), "yellow"),
    "suspended": (say("suspended"), "red"),
    "paused": (say("paused"), "secondary"),
    "ended": (say("ended"), "secondary"),
    "closed": (say("closed"), "secondary"),
    "sold": (say("sold, not used"), "blue"),
    "used": (say("used up"), "secondary"),
    "void": (say("withdrawn"), "red"),
    "queued": (say("waiting"), "blue"),
    "sending": (say("being sent"), "blue"),
    "sent": (say("sent"), "green"),
    "delivered": (say("delivered"), "green"),
    "read": (say("read"), "green"),
    "waiting": (say("not delivered"), "yellow"),
}
"""Every state of every list in words, with its colour."""


def state(name: str) -> Cell:
    """A state as a badge; one that we have no words for is shown as it stands in the database."""
    if name not in STATES:
        return Cell(name, tone="secondary")
    words, tone = STATES[name]
    return Cell(words, tone=tone)


def money(cents: int) -> Cell:
    return Cell(show_money(Money(cents)), number=True)


def number(count: int) -> Cell:
    return Cell(f"{count:,}", number=True)


def instant(at: datetime | None) -> Cell:
    """An instant as people in Nairobi read it: 22/11/2026 10:00."""
    return Cell(at.astimezone(NAIROBI).strftime("%d/%m/%Y %H:%M") if at else NOTHING)


def day(on: date | None) -> Cell:
    return Cell(on.strftime("%d/%m/%Y") if on else NOTHING)


def plain(text: str | None) -> Cell:
    """A text out of the database."""
    return Cell(text or NOTHING)


def account(account_no: str | None, subscriber_id: int | None, *, linked: bool) -> Cell:
    """A subscriber by account number, leading to the person's page for those who may see people."""
    if account_no is None:
        return Cell(NOTHING)
    return Cell(account_no, path=f"/subscribers/{subscriber_id}" if linked else None)
