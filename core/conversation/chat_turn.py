"""What a message in a chat does: it is understood, done by the engine, and becomes the talk's next screen."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from redis import Redis

from core.base.clock import Clock
from core.base.database import OpensWork, Work
from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES, render
from core.base.msisdn import Msisdn
from core.base.secrets import Keyring
from core.base.settings import Brand
from core.base.words import Sentence
from core.conversation import engine, menu, opting, phrases, wishes
from core.conversation.answers import BEGIN, Kind, Meaning, is_in_flow, understand
from core.conversation.channel import Act, Said
from core.conversation.chat_store import Talks
from core.conversation.dialogue import Dialogue, Frame
from core.conversation.face import ASKS_NUMBER
from core.conversation.kept_talk import KeptTalk
from core.conversation.keywords import Action, Wish
from core.conversation.numbered import number
from core.conversation.offer_book import OfferBook
from core.conversation.screen import farewell
from core.conversation.step import Context
from core.subscribers.chats import Known, recognise
from core.subscribers.lately import Met, met_lately
from core.subscribers.meet import find
from core.subscribers.tokens import take_token

MOST_MISSES = 3
"""Answers in a row that we did not understand; then the menu, and how to get help."""
STOPPED, STARTED, LEFT, TOO_OFTEN = "chat.stopped", "chat.started", "chat.left", "chat.too_often"
"""Screens that are of no flow."""
LEAD_ON = (Kind.CHOICE, Kind.BACK, Kind.HOME, Kind.BEGIN)
"""What the button of a present screen may do."""


class TurnDeps(OpensWork, Protocol):
    """What a turn needs of the assembled program."""

    @property
    def redis(self) -> Redis: ...
    @property
    def brand(self) -> Brand: ...
    @property
    def sends_mail(self) -> bool: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def book(self) -> OfferBook: ...


class Turn:
    """One message. `take` runs inside a Work, which is undone where it raises; then `declined` or `refused` says
    what is shown, and needs no Work."""

    def __init__(self, deps: TurnDeps, talks: Talks, before: KeptTalk | None, said: Said) -> None:
        self._deps = deps
        self._talks = talks
        self._said = said
        self.talk = before or _new_talk()
        self.meaning = ""
        self._led_on = False

    def take(self, work: Work) -> KeptTalk | None:
        """The talk after the message; None where nothing is said to it."""
        known = self._recognised(work)
        linked = known is None and (known := self._linked_by_word(work)) is not None
        self.talk = talk = _of_the_same(self.talk, known)
        self._context = self._context_of(work, known)
        meaning = BEGIN if linked else understand(talk, self._said, work.now)
        self.meaning = meaning.kind.value
        self._led_on = self._said.act is Act.TAPPED and meaning.kind in LEAD_ON
        after = self._do(meaning)
        return after and self._held_with(work, after, known)

    def _recognised(self, work: Work) -> Known | Met | None:
        """Whose chat this is. A talk that goes on asks one statement that writes nothing."""
        person = self._said.person
        who = {"channel": person.channel, "external_id": person.id, "also": person.also}
        return met_lately(work, **who, vouched=person.number) or recognise(work, **who, vouched=person.number)

    def _linked_by_word(self, work: Work) -> Known | None:
        """A chat may begin with the word that the person was shown elsewhere, by hand or behind a link's /start."""
        shown, said = self.talk.shown, self._said
        if said.act is not Act.TYPED or (shown is not None and shown.id == ASKS_NUMBER):
            return None
        word = said.text.strip().removeprefix("/start").strip()
        return take_token(
            work,
            channel=said.person.channel,
            external_id=said.person.id,
            typed=word,
            language=self.talk.dialogue.language,
        )

    def declined(self, turn: engine.Turn) -> KeptTalk:
        return self._next(turn)

    def refused(self, sentence: Sentence) -> KeptTalk:
        return self._last_word(self.talk.shown.id if self.talk.shown else "chat.refused", sentence)

    def too_often(self) -> KeptTalk:
        """Only to be shown; the talk stays as it was."""
        return self._last_word(TOO_OFTEN, phrases.TOO_OFTEN)

    def _context_of(self, work: Work, known: Known | Met | None) -> Context:
        caller = known.number if known else None
        context = Context(
            caller=caller,
            caller_has_mpesa=caller is not None and caller.looks_mpesa_capable,
            channel=self._said.person.channel,
            session=self.talk.session,
            now=work.now,
            brand=self._deps.brand,
            sends_mail=self._deps.sends_mail,
            book=self._deps.book,
            push_after=timedelta(),  # no session holds the phone
            work=work,
            chat=self._said.person,
            said=self._said,
        )
        context.language = self.talk.dialogue.language
        return context

    def _do(self, meaning: Meaning) -> KeptTalk | None:
        context, dialogue = self._context, self.talk.dialogue
        match meaning.kind:
            case Kind.CHOICE | Kind.TEXT:
                return self._next(engine.answer(context, dialogue, meaning.text))
            case Kind.BACK:
                return self._next(engine.back(context, dialogue))
            case Kind.HOME:
                return self._home()
            case Kind.BEGIN:
                return self._begin(with_unfinished=True)
            case Kind.OLD:
                return self._begin(phrases.OLD_MENU)
            case Kind.WISH:
                assert meaning.wish is not None, "a wish is what this kind means"
                return self._wish(meaning.wish)
            case Kind.REPEAT:
                return self._again(meaning.reason)
            case Kind.MISS:
                return self._missed(replace(self._again(meaning.reason), misses=self.talk.misses + 1))

    def _wish(self, wish: Wish) -> KeptTalk | None:
        """Words that mean something on every screen."""
        in_flow = is_in_flow(self.talk)
        match wish.action:
            case Action.OPT_OUT:
                return self._opt_out()
            case Action.OPT_IN:
                return self._opt_in()
            case Action.START:
                return self._opt_in() if opting.has_opted_out(self._context) else self._home()
            case Action.CANCEL:
                return self._home() if in_flow else self._opt_out()
            case Action.LEAVE:
                return self._last_word(LEFT, phrases.GOODBYE)
            case Action.MENU:
                return self._home()
            case Action.BACK:
                return self._next(engine.back(self._context, self.talk.dialogue))
            case Action.GREETING:
                return self._again(None) if in_flow else self._begin(with_unfinished=True)
            case Action.HELP:
                return self._again(phrases.ALWAYS_WORK)
        here = self._context
        return self._next(engine.leap(here, self.talk.dialogue, lambda: wishes.follow(here, wish)))

    def _begin(self, reason: Sentence | None = None, *, with_unfinished: bool = False) -> KeptTalk:
        left = self._left() if with_unfinished else ()
        return self._next(engine.begin(self._context, self.talk.dialogue, left), reason)

    def _home(self, reason: Sentence | None = None) -> KeptTalk:
        """Afresh: the menu that was shown may be of yesterday."""
        return self._next(engine.to_first_screen(self._context, self.talk.dialogue, afresh=True), reason)

    def _left(self) -> tuple[Frame, ...]:
        """What the newest talk of this number, here or by USSD, has left unfinished."""
        here = self._context
        left = self._talks.left(here.caller, here.now) if here.has_number else None
        return engine.unfinished(here, left.dialogue) if left else ()

    def _opt_out(self) -> KeptTalk | None:
        """Said once; after that there is silence until the person writes something else."""
        opting.opt_out(self._context, self._said.text)
        if self.talk.shown is not None and self.talk.shown.id == STOPPED:
            return None
        return self._known_word(STOPPED, phrases.stopped(self._deps.brand.provider_name))

    def _opt_in(self) -> KeptTalk:
        """Who has no number yet gives it first: there is nobody to note the word of."""
        if not self._context.has_number:
            return self._begin()
        opting.opt_in(self._context, self._said.text)
        return self._known_word(STARTED, phrases.started(self._deps.brand.provider_name))

    def _next(self, turn: engine.Turn, reason: Sentence | None = None) -> KeptTalk:
        """The talk with the screen that the engine gave."""
        dialogue, screen = turn
        here, talk = self._context, self.talk
        speaks = dialogue.language
        leads_home = screen.ends or bool(speaks and here.has_number and screen.id != menu.FIRST)
        told = reason or screen.reason
        stuck = screen.reason is not None and dialogue.frames == talk.dialogue.frames
        after = replace(
            talk,
            dialogue=dialogue,
            shown=number(screen, speaks or self._guessed, home=leads_home),
            reason=_told(told, speaks) if told else (),
            tag=_draw_tag(),
            led_here=self._said.text if self._led_on else "",
            misses=talk.misses + 1 if stuck else 0,
            left=bool(here.has_number and engine.unfinished(here, dialogue)),
        )
        return self._missed(after) if stuck else after

    def _again(self, reason: Sentence | None) -> KeptTalk:
        """The present screen, its buttons as they were; where there is none, the first one."""
        talk = self.talk
        if talk.shown is None:
            return self._begin(reason)
        return replace(talk, reason=_told(reason, talk.dialogue.language) if reason else ())

    def _missed(self, after: KeptTalk) -> KeptTalk:
        """A kind way out for somebody who is not understood."""
        if after.misses < MOST_MISSES or not (self._context.has_number and after.dialogue.language):
            return after
        return self._home(phrases.NO_SENSE)

    def _known_word(self, screen: str, sentence: Sentence) -> KeptTalk:
        """A last word, which may be the first of this talk: in the language that the person chose elsewhere."""
        dialogue = self.talk.dialogue
        if not dialogue.language:
            language = opting.language_of(self._context)
            self.talk = replace(self.talk, dialogue=dialogue._replace(language=language))
        return self._last_word(screen, sentence)

    def _last_word(self, screen: str, sentence: Sentence) -> KeptTalk:
        """A word after which the talk stands nowhere."""
        dialogue = self.talk.dialogue
        speaks = dialogue.language
        shown = number(replace(farewell(), id=screen), speaks or self._guessed, home=True)
        return replace(
            self.talk,
            dialogue=Dialogue(speaks, dialogue.turn + 1),
            shown=shown._replace(lines=_told(sentence, speaks)),
            reason=(),
            tag=_draw_tag(),
            led_here="",
            misses=0,
            left=False,
        )

    @property
    def _guessed(self) -> str:
        """The language of a screen before one was chosen; it is in both anyway."""
        guess = self._said.person.language
        return guess if guess in LANGUAGES else DEFAULT_LANGUAGE

    def _held_with(self, work: Work, after: KeptTalk, known: Known | Met | None) -> KeptTalk:
        """Note whose talk it is now: the number may have become known, or another, in this turn."""
        if not self._context.has_number:
            return replace(after, number="", subscriber=0)
        caller: Msisdn = self._context.caller
        if known is not None and known.number == caller:
            return replace(after, number=caller.digits, subscriber=known.subscriber_id)
        person = find(work, msisdn=caller)
        return replace(after, number=caller.digits, subscriber=person.id if person else 0)


def _of_the_same(talk: KeptTalk, known: Known | Met | None) -> KeptTalk:
    """The talk, unless it was held with somebody else, or nobody known: then nothing of it may be seen or done."""
    holder = (known.number.digits, known.subscriber_id) if known else ("", 0)
    if talk.shown is None or (talk.number, talk.subscriber) == holder:
        return talk
    return replace(_new_talk(), heard=talk.heard, heard_at=talk.heard_at, message=talk.message)


def _new_talk() -> KeptTalk:
    return KeptTalk(session=secrets.token_hex(8))


def _draw_tag() -> str:
    return secrets.token_hex(4)


def _told(sentence: Sentence, language: str) -> tuple[str, ...]:
    return (render(sentence, language),) if language else phrases.in_both(sentence)
