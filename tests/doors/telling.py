"""Somebody who lives through a story, by USSD or in a chat's window."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace

from core.base.gsm7 import plain
from core.base.i18n import LANGUAGES, render
from core.base.msisdn import Msisdn
from core.base.words import Sentence, say
from tests.core.conversation.retold import MORE, Told
from tests.core.conversation.test_transcripts import always_alike
from tests.doors import goods
from tests.doors.hands import GREETING, MENU, ChatHand, Hand, Seen
from tests.doors.stories import CHOICE, LAST, Given, Story, choices_of, difference, keys_of
from tests.doors.town import PATIENCE_SECONDS, Town
from tests.journeys.phone import Phone
from ussd.phrases import DIAL_AGAIN

AGAIN = "(again)"
NEXT_PAGE = re.compile(r"[^.]*\.\+\d+")
TRIES = 3
LIVE = ("open_payment",)
"""Scenes that the running program must hear of."""
UNFINISHED = say("{provider}: you were not finished.", provider="Pwani Net")
CODE_SENT = "We sent a code by SMS to {number}. Type it."


class Teller:
    """One person with a story. A wait is the whole town's: the driver of all tellers makes it."""

    channel = "ussd"

    def __init__(self, town: Town, story: Story) -> None:
        self.town, self.story = town, story
        self.waited = False
        self.digits = ""

    def take(self, step: Given | Told) -> None:
        if isinstance(step, Told):
            self.turn(step)
            self.waited = False
        else:
            digits = _digits(step.number)
            if digits != self.digits:
                self.pay()  # whoever was asked for the PIN gives it before another person's story begins
            self.digits = digits
            self._set_scene(step)
            if step.how not in LAST:
                self.meet(step)

    def pay(self) -> None:
        """Every prompt that the story led this number to is answered with the PIN."""
        for payer in goods.payers(self.town, self.digits):
            phone = self.town.phone(payer)
            phone.prompt(within=PATIENCE_SECONDS)
            phone.answer_prompt()

    def meet(self, given: Given) -> None:
        """Begin to speak as this number."""
        raise NotImplementedError

    def turn(self, told: Told) -> None:
        raise NotImplementedError

    def _set_scene(self, given: Given) -> None:
        if given.network is not None:
            self.town.phone(self.digits).set_up(network_code=given.network)
        if given.how is None:
            return
        provider = self.town.live_provider if given.how in LIVE else self.town.provider
        with self.town.setting:
            getattr(provider, given.how)(given.number, self.story.language)
        if given.how in LIVE:
            self.town.phone(self.digits).prompt(within=PATIENCE_SECONDS)


class Dialling(Teller):
    """On USSD, where every word of the transcript must stand on the screen."""

    phone: Phone

    def meet(self, given: Given) -> None:
        self.phone = self.town.phone(self.digits)

    def turn(self, told: Told) -> None:
        if told.typed == AGAIN:
            (again,) = self.town.world.replay(self.town.last_key(self.digits))
            assert again["answer"] == f"CON {self.phone.screen}"
            return
        shown = self._dials(told.typed) if told.typed.startswith("*") else self.phone.press(told.typed)
        kind = "CON " if self.phone.is_open else "END "
        shown, wanted = always_alike(kind + shown), always_alike(told.reply)
        assert shown == wanted, shown

    def _dials(self, code: str) -> str:
        """Whoever is asked to dial again does: a machine with much else to do may not answer within a turn's time."""
        for _ in range(TRIES):
            if (shown := self.phone.dial(code)).split("\n")[0] != DIAL_AGAIN.msgid:
                break
        return shown


class Chatting(Teller):
    """In a window: the same flow, the same words, and choices that are tapped where they can be."""

    def __init__(self, town: Town, story: Story, channel: str) -> None:
        super().__init__(town, story)
        self.channel = channel
        self.page = 0
        self.seen = Seen()
        self.choices: dict[str, str] = {}
        self.ended = True
        self.codes: dict[tuple[object, ...], str] = {}
        """Screen → the code that was typed there."""

    def meet(self, given: Given) -> None:
        self.hand: Hand = self.town.hand(self.channel, self.digits)
        if given.known and given.how is not None:
            self.town.link_long_ago(self.hand)
        elif given.how is not None and isinstance(self.hand, ChatHand) and not self.hand.vouched:
            self._introduce(self.hand)

    def _introduce(self, hand: ChatHand) -> None:
        """Who is known to the provider, but not in this chat, says whose number speaks here."""
        self._answer(lambda: hand.say(GREETING), lambda seen: bool(seen.ids))
        language = LANGUAGES[self.story.language]
        self._answer(lambda: hand.choose("", language), lambda seen: seen.asks_contact)
        self._answer(hand.share, lambda seen: bool(seen.ids) and not seen.asks_contact)

    def turn(self, told: Told) -> None:
        if told.typed == AGAIN:
            return
        if told.typed.startswith("*"):
            self._dial(told)
        elif not self._turned_a_page(told):
            self._press(told.typed, told)
        elif told.typed == MORE:
            self._look_further(told)
        problem = difference(told, self.seen)
        assert not problem, f"after {told.typed}: {problem}"
        known = self.choices if told.page or self.page else {}
        self.choices = {**known, **choices_of(told)}
        self.page, self.ended = told.page, told.reply.startswith("END ")

    def _turned_a_page(self, told: Told) -> bool:
        """A chat has all choices on one."""
        return (told.typed == MORE and told.page > self.page) or (told.typed == "0" and self.page > 0)

    def _look_further(self, told: Told) -> None:
        """A long list in WhatsApp has pages too, cut elsewhere: what stood on the first is remembered."""
        first, known = self.seen.said, self.seen.ids or {}
        more = next((label for label, id_ in known.items() if NEXT_PAGE.fullmatch(id_)), None)
        if more is None:
            return

        def both(seen: Seen) -> Seen:
            return replace(seen, said=(*first, *seen.said), ids={**known, **(seen.ids or {})})

        self._answer(lambda: self.hand.choose(MORE, more), lambda seen: not difference(told, both(seen)))
        self.seen = both(self.seen)

    def _dial(self, told: Told) -> None:
        """A session is a talk that begins anew; dialled keys are taken until they have led there."""
        anew = self.waited or self._in_her_language(UNFINISHED) in told.lines
        if anew and not self.ended:
            self.town.forget_talk(self.hand)
        *keys, last = [GREETING if anew or self.ended else MENU, *keys_of(told)]
        for key in keys:
            self._answer(lambda key=key: self.hand.say(key), lambda _: True)  # type: ignore[misc]
            if not difference(told, self.seen):
                return
        self._answer(lambda: self.hand.say(last), lambda seen: self._is(told, seen))

    def _press(self, key: str, told: Told) -> None:
        self._answer(lambda: self.hand.choose(key, self._label(key)), lambda seen: self._is(told, seen))

    def answers(self, key: str, *shows: Sentence) -> None:
        """Write it, or tap it, and look until all of this stands on one screen: in a line, as a choice or a way."""
        ids, wanted = self.seen.ids or {}, {self._in_her_language(sentence) for sentence in shows}
        self._answer(
            lambda: self.hand.choose(key, key if key in ids else None),
            lambda seen: wanted <= {_bare(line) for line in (*seen.said, *seen.ways)},
        )
        assert wanted <= {_bare(line) for line in (*self.seen.said, *self.seen.ways)}, (
            key,
            wanted,
            self.seen,
        )

    def _in_her_language(self, sentence: Sentence) -> str:
        return plain(render(sentence, self.story.language))

    def _label(self, key: str) -> str | None:
        if key == "0":
            return self.seen.ways[0] if self.seen.ways else None
        if key == "00":
            return self.seen.ways[-1] if self.seen.ways else None
        return self.choices.get(key)

    def _is(self, told: Told, seen: Seen) -> bool:
        if seen.asks_contact and isinstance(self.hand, ChatHand):
            self.hand.share()
            return False
        sent = self._in_her_language(say(CODE_SENT, number=Msisdn(self.digits).masked))
        if sent in seen.said and sent not in told.lines:
            self._type_the_code(seen)
            return False
        return not difference(told, seen)

    def _type_the_code(self, seen: Seen) -> None:
        """Once for each screen that asks for one: a chat's number is proved where that of a phone that dials is."""
        if seen.mark[:2] not in self.codes:
            self.codes[seen.mark[:2]] = code = self.town.code(self.digits, known=self.codes.values())
            self.hand.say(code)

    def _answer(self, act: Callable[[], None], enough: Callable[[Seen], bool]) -> None:
        """Do it, and look until the answer stands there."""
        before = self.hand.look()
        act()
        changes, known = before[0].changes, set().union(*map(_marks, before))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            window = self.hand.look(after=changes)
            changes = window[0].changes
            for seen in (seen for seen in window if seen.mark not in known):
                known |= _marks(seen)
                self.seen = seen
                if enough(seen):
                    return


def _marks(seen: Seen) -> set[tuple[object, ...]]:
    """Those of a message as it is, and once its buttons are taken away."""
    return {seen.mark, seen.mark[:2]}


def _bare(line: str) -> str:
    """A choice without the number before it."""
    found = CHOICE.fullmatch(line)
    return found[2] if found else line


def _digits(number: str) -> str:
    return f"254{number[-9:]}"
