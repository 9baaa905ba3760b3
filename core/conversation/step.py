"""A step of a flow, what may come next, and what a step is given to work with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any, Literal, Protocol

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.base.settings import Brand
from core.base.words import Sentence
from core.billing.purchase import StepId
from core.catalogue.queries import Offer, offers
from core.conversation.channel import Person, Said
from core.conversation.dialogue import Frame
from core.conversation.offer_book import OfferBook
from core.conversation.screen import Line, Screen, farewell
from core.messaging.carrier import CHATS


class NeedsWork(Exception):
    """The step needs the database, and the turn was begun without it: begin the turn again with a Work."""


class OffersUnknown(NeedsWork):
    """What is on sale is to be read again. Whoever reads it reads it for all turns that wait for it."""


class NumberUnknown(Exception):
    """The step needs the caller's phone number, and this chat has none yet: it is asked for first."""


class Context:
    """What a step may use. Reading `work` is the only way to SQL; a step is pure until it does.

    caller_has_mpesa: whether the caller's own number can pay, as far as the channel can tell.
    chat, said: who writes there and what they just did, where this is a chat; None on USSD.
    sends_mail: whether this house has a mail server.
    language: of the person; a step that changes it assigns it. data: the facts of the frame that is shown.
    """

    def __init__(
        self,
        *,
        caller: Msisdn | None,
        caller_has_mpesa: bool,
        channel: str,
        session: str,
        now: datetime,
        brand: Brand,
        book: OfferBook,
        push_after: timedelta,
        work: Work | None = None,
        chat: Person | None = None,
        said: Said | None = None,
        sends_mail: bool = True,
    ) -> None:
        self._caller = caller
        self.caller_has_mpesa = caller_has_mpesa
        self.channel = channel
        self.session = session
        self.now = now
        self.brand = brand
        self.push_after = push_after
        self.chat = chat
        self.said = said
        self.sends_mail = sends_mail
        self.language = ""
        self.turn = 0
        self.frame = Frame("", {})
        self._book = book
        self._work = work

    @property
    def has_number(self) -> bool:
        return self._caller is not None

    @property
    def caller(self) -> Msisdn:
        """The number of whoever talks. Raises NumberUnknown."""
        if self._caller is None:
            raise NumberUnknown
        return self._caller

    @property
    def news_comes_here(self) -> bool:
        """Whether what this talk leads to is told in it, as in a chat; who dials or texts is told by SMS."""
        return self.channel in CHATS

    def know(self, number: Msisdn) -> None:
        """From here on this is the caller's number."""
        self._caller = number
        self.caller_has_mpesa = number.looks_mpesa_capable

    @property
    def data(self) -> Mapping[str, Any]:
        return self.frame.data

    @property
    def work(self) -> Work:
        if self._work is None:
            raise NeedsWork
        return self._work

    @property
    def step(self) -> StepId:
        """Which answer of which talk this is: the same key pressed twice is one purchase."""
        return StepId(self.channel, self.session, f"{self.turn}.{self.frame.step}")

    def offers(self, kind: str) -> Sequence[Offer]:
        """The plans of `kind` on sale, cheapest first, at most a few seconds old."""
        known = self._book.known(kind, self.now)
        if known is None:
            if self._work is None:
                raise OffersUnknown
            known = self._book.learn(kind, offers(self._work, kind), self.now)
        return known


@dataclass(frozen=True, slots=True)
class Next:
    """What follows an answer. Made by the functions below, done by the engine."""

    kind: Literal["go", "swap", "restart", "back", "again", "end"]
    frames: tuple[Frame, ...] = ()
    reason: Sentence | None = None
    screen: Screen | None = None


class Step(Protocol):
    """in_between: a screen that swallows the rest of a dialled-through string.

    worth_resuming: after a dropped session this screen is offered again, with the way that led to it.
    """

    in_between: bool
    worth_resuming: bool

    def show(self, context: Context) -> Screen: ...

    def answer(self, context: Context, text: str) -> Next:
        """text: the id of the choice, or what was typed where the screen asks."""
        ...

    def unfinished(self, context: Context) -> tuple[Frame, ...]:
        """What to offer again instead of this screen: one in between keeps what it was told of."""
        ...


class Plain:
    """The usual step: it lets a dialled-through string pass and is not worth resuming."""

    in_between = False
    worth_resuming = False

    def unfinished(self, context: Context) -> tuple[Frame, ...]:
        return ()


def go(step: str, **data: Any) -> Next:
    """On to a further screen; Back returns to this one."""
    return Next("go", (Frame(step, data),))


def swap(step: str, reason: Sentence | None = None, **data: Any) -> Next:
    """On to a screen that takes the place of this one."""
    return Next("swap", (Frame(step, data),), reason)


def restart(step: str, **data: Any) -> Next:
    """To a first screen: there is no way back from it."""
    return Next("restart", (Frame(step, data),))


def back() -> Next:
    return Next("back")


def again(reason: Sentence) -> Next:
    """The same screen, the reason on its first line."""
    return Next("again", reason=reason)


def end(*lines: Line) -> Next:
    return Next("end", screen=farewell(*lines))


@cache
def step_named(name: str) -> Step:
    """The step `buy.bundle` stands in flows/buy.py under STEPS["bundle"]. LookupError: no such step."""
    found = re.fullmatch(r"([a-z_]+)\.([a-z_]+)", name)
    if found is None:
        raise LookupError(f"{name!r} names no step")
    try:
        steps: Mapping[str, Step] = import_module(f"core.conversation.flows.{found[1]}").STEPS
    except ModuleNotFoundError:
        raise LookupError(f"there is no flow {found[1]!r}") from None
    return steps[found[2]]


def enter(flow: str, context: Context) -> Next:
    """The way into a flow of the menu: its `enter` gathers the facts that its first screen shows."""
    entered: Next = import_module(f"core.conversation.flows.{flow}").enter(context)
    return entered
