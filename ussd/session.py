"""A session of one phone: where its talk stands, what was shown and heard. Plain values, JSON between."""

from __future__ import annotations

from typing import NamedTuple

from pydantic_core import from_json, to_json

from core.base.i18n import DEFAULT_LANGUAGE, render
from core.base.words import Sentence
from core.conversation import engine
from core.conversation.dialogue import Dialogue, Frame
from core.conversation.numbered import Numbered
from core.conversation.step import Context
from ussd import pager, phrases
from ussd.keypresses import NOTHING_YET, Heard, cleaned, is_absurd


class Session(NamedTuple):
    """pages: as they were sent; page: the one on the phone. at: epoch seconds of the last answer.

    input: of which kind the last answer was, for the log.
    """

    dialogue: Dialogue
    shown: Numbered
    pages: tuple[str, ...]
    page: int = 0
    heard: Heard = NOTHING_YET
    at: int = 0
    input: str = "first"

    @property
    def reply(self) -> str:
        return self.pages[self.page]

    @property
    def ends(self) -> bool:
        return self.shown.ends and self.page == len(self.pages) - 1

    def as_json(self) -> str:
        """The session as it is kept, `input` left out. Chats read the first value, the dialogue, and the last."""
        return to_json(
            [
                self.dialogue.as_json(), self.shown, self.pages, self.page,
                self.heard.length, self.heard.mark, self.at,
            ]
        ).decode()  # fmt: skip

    @classmethod
    def from_json(cls, kept: str) -> Session:
        dialogue, shown, pages, page, length, mark, at = from_json(kept)
        return cls(
            Dialogue.from_json(dialogue),
            Numbered.from_json(shown),
            tuple(pages),
            page,
            Heard(length, mark),
            at,
        )


def begin(context: Context, keys: tuple[str, ...], unfinished: tuple[Frame, ...], budget: int) -> Session:
    """The first screen, or the one that the dialled-through keys lead to.

    A screen put in between, or a key that leads nowhere, swallows the rest of them.
    """
    session = show(engine.begin(context, Dialogue(), unfinished), budget, "first")
    for key in keys:
        if engine.is_in_between(session.dialogue) or not key:
            break
        session = press(context, session, key, budget)
        if session.input == "invalid":
            break
    return session


def press(context: Context, session: Session, typed: str, budget: int) -> Session:
    """What follows one answer."""
    key, shown = cleaned(typed), session.shown
    if is_absurd(typed):
        return _because(session, phrases.TOO_LONG, budget)
    if key == pager.MORE_KEY and session.page + 1 < len(session.pages):
        return session._replace(page=session.page + 1, input="nav")
    if key == pager.BACK_KEY and session.page > 0:
        return session._replace(page=session.page - 1, input="nav")
    if session.dialogue.top is None:  # it was over, and somebody types on
        return show(engine.begin(context, session.dialogue), budget, "first")
    if key == pager.HOME_KEY:
        return show(engine.to_first_screen(context, session.dialogue), budget, "nav")
    if key == pager.BACK_KEY:
        return show(engine.back(context, session.dialogue), budget, "nav")
    if shown.asks:
        if not key:
            return _because(session, phrases.NOTHING_TYPED, budget)
        return show(engine.answer(context, session.dialogue, key), budget, "typed")
    chosen = next((choice for number, choice, _ in shown.choices if str(number) == key), None)
    if chosen is None:
        return _no_choice(session, key, budget)
    return show(engine.answer(context, session.dialogue, chosen), budget, "option")


def show(turn: engine.Turn, budget: int, kind: str) -> Session:
    """What the engine answered, numbered and cut to pages."""
    dialogue, screen = turn
    shown = pager.number(screen, dialogue.language or DEFAULT_LANGUAGE)
    if screen.reason is not None:
        return _because(Session(dialogue, shown, ()), screen.reason, budget)
    return Session(dialogue, shown, tuple(pager.pages(shown, budget)), input=kind)


def _because(session: Session, reason: Sentence, budget: int) -> Session:
    """The same screen, the reason on its first line, until the next answer."""
    shown = session.shown
    told = render(reason, shown.language) if session.dialogue.language else phrases.in_both(reason)
    pages = pager.pages(pager.because(shown, told), budget)
    return session._replace(pages=tuple(pages), page=0, input="invalid")


def _no_choice(session: Session, key: str, budget: int) -> Session:
    """The same screen after a key that chose nothing. One that is full is shown as it was, for with the reason above
    it not a single choice would be seen."""
    shown = session.shown
    told, bare = _because(session, _why_not(shown, key), budget), pager.pages(shown, budget)
    sees_one = f"\n{shown.choices[0][0]}. " in told.pages[0]
    is_reserved = any(str(number) == key for number, _ in shown.kept)
    return told if sees_one or is_reserved or len(bare) > 1 else told._replace(pages=tuple(bare))


def _why_not(shown: Numbered, key: str) -> Sentence:
    for number, reason in shown.kept:
        if str(number) == key:
            return phrases.told(reason) if reason else phrases.not_available(number)
    return phrases.no_such_choice([number for number, _, _ in shown.choices])
