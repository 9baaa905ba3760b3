"""What a message means, read against the screen that the person has: pure functions.

A button counts on its own screen alone. Old, late and overtaken messages mean nothing, but an opt-out is heard
whenever it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from core.base.words import Sentence
from core.conversation import menu, phrases
from core.conversation.channel import Act, Said
from core.conversation.face import ASKS_NUMBER, BACK_ID, BACK_KEY, CHANNELS_OWN, HOME_ID, HOME_KEY
from core.conversation.kept_talk import KeptTalk
from core.conversation.keywords import Action, Wish, read
from core.conversation.numbered import Numbered
from core.conversation.plan_words import fold

MOST_AGE = timedelta(minutes=10)
"""A message that was this long on its way has no effect: the person has gone on without us."""
LONGEST_TYPED = 500
"""Characters that a screen may be answered with."""


class Kind(Enum):
    CHOICE = "choice"
    """`text` is the id of a choice of the present screen."""
    TEXT = "text"
    """`text` answers a screen that asks for it."""
    BACK = "back"
    HOME = "home"
    WISH = "wish"
    BEGIN = "begin"
    OLD = "old"
    """A button of a screen that is gone."""
    REPEAT = "repeat"
    """Nothing happens; the present screen is shown again, after the reason where there is one."""
    MISS = "miss"
    """Not understood: as REPEAT, and counted."""


@dataclass(frozen=True, slots=True)
class Meaning:
    kind: Kind
    text: str = ""
    wish: Wish | None = None
    reason: Sentence | None = None


BEGIN = Meaning(Kind.BEGIN)


def understand(talk: KeptTalk, said: Said, now: datetime) -> Meaning:
    """What `said` means where the talk stands now."""
    wish = read(said.text) if said.act is Act.TYPED else None
    if wish is not None and wish.action is Action.OPT_OUT:
        return Meaning(Kind.WISH, wish=wish)
    if now - said.at > MOST_AGE:
        return Meaning(Kind.REPEAT, reason=phrases.TOO_LATE)
    if int(said.at.timestamp()) < talk.heard_at:
        return Meaning(Kind.REPEAT)
    if said.act is Act.OTHER:
        return Meaning(Kind.REPEAT, reason=phrases.ONLY_TEXT)
    if said.act is Act.TAPPED:
        return _tapped(talk, said.text)
    if talk.shown is None:
        return Meaning(Kind.WISH, wish=wish) if wish else BEGIN
    if said.act is Act.SHARED:
        if talk.shown.id == ASKS_NUMBER:
            return Meaning(Kind.TEXT, said.text)
        return Meaning(Kind.REPEAT, reason=phrases.ONLY_TEXT)
    return _typed(talk.shown, said.text, wish)


def is_in_flow(talk: KeptTalk) -> bool:
    """Whether there is something to leave: the first screen and an end are outside of all flows."""
    top = talk.dialogue.top
    return top is not None and top.step != menu.FIRST


def _tapped(talk: KeptTalk, data: str) -> Meaning:
    tag, _, choice = data.partition(".")
    shown = talk.shown
    if shown is None or tag != talk.tag:
        # The same button twice in a row: the first tap did it.
        return Meaning(Kind.REPEAT) if shown is not None and data == talk.led_here else Meaning(Kind.OLD)
    if choice.startswith(CHANNELS_OWN):
        return Meaning(Kind.REPEAT)
    if choice == BACK_ID:
        return Meaning(Kind.BACK)
    if choice == HOME_ID:
        return BEGIN if shown.ends else Meaning(Kind.HOME)
    if any(choice == known for _, known, _ in shown.choices):
        return Meaning(Kind.CHOICE, choice)
    return Meaning(Kind.OLD)


def _typed(shown: Numbered, text: str, wish: Wish | None) -> Meaning:
    key = fold(text)
    if len(text) > LONGEST_TYPED:
        return Meaning(Kind.MISS, reason=phrases.TOO_LONG)
    if shown.ends:
        return Meaning(Kind.WISH, wish=wish) if wish else BEGIN
    if key == HOME_KEY:
        return Meaning(Kind.HOME)
    if key == BACK_KEY:
        return Meaning(Kind.BACK)
    if shown.asks:
        if wish is not None and wish.bare and wish.action is not Action.GREETING:
            return Meaning(Kind.WISH, wish=wish)
        if not text.strip():
            return Meaning(Kind.MISS, reason=phrases.NOTHING_TYPED)
        return Meaning(Kind.TEXT, text.strip())
    chosen = _chosen(shown, key)
    if chosen is not None:
        return Meaning(Kind.CHOICE, chosen)
    if wish is not None:
        return Meaning(Kind.WISH, wish=wish)
    return Meaning(Kind.MISS, reason=_why_not(shown, key))


def _chosen(shown: Numbered, key: str) -> str | None:
    """The choice of that number, or of exactly that label."""
    numbered = [choice for number, choice, _ in shown.choices if str(number) == key]
    labelled = [choice for _, choice, label in shown.choices if key and fold(label) == key]
    found = numbered or labelled
    return found[0] if len(found) == 1 else None


def _why_not(shown: Numbered, key: str) -> Sentence:
    for number, reason in shown.kept:
        if str(number) == key:
            return Sentence("{text}", {"text": reason}) if reason else phrases.not_available(number)
    return phrases.no_such_choice([number for number, _, _ in shown.choices])
