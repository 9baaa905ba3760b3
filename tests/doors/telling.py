"""Somebody who lives through a story, by USSD or in a chat's window."""

from __future__ import annotations

import time
from collections.abc import Callable

from core.base.i18n import LANGUAGES
from tests.core.conversation.retold import MORE, Told
from tests.core.conversation.test_transcripts import always_alike
from tests.doors.hands import GREETING, MENU, ChatHand, Hand, Seen
from tests.doors.stories import Given, Story, choices_of, difference
from tests.doors.town import Town
from tests.journeys.phone import Phone

PATIENCE_SECONDS = 45.0
AGAIN = "(again)"
LIVE = ("open_payment",)
"""Scenes that the running program must hear of."""


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
            self.digits = _digits(step.number)
            self._set_scene(step)
            self.meet(step)

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
        getattr(provider, given.how)(given.number, self.story.language)
        if given.how in LIVE:
            self.town.phone(self.digits).prompt()


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
        shown = self.phone.dial(told.typed) if told.typed.startswith("*") else self.phone.press(told.typed)
        kind = "CON " if self.phone.is_open else "END "
        shown, wanted = always_alike(kind + shown), always_alike(told.reply)
        assert shown == wanted, shown


class Chatting(Teller):
    """In a window: the same flow, the same words, and choices that are tapped where they can be."""

    def __init__(self, town: Town, story: Story, channel: str) -> None:
        super().__init__(town, story)
        self.channel = channel
        self.page = 0
        self.seen = Seen()
        self.choices: dict[str, str] = {}
        self.ended = True

    def meet(self, given: Given) -> None:
        self.hand: Hand = self.town.hand(self.channel, self.digits)
        if given.how is not None and isinstance(self.hand, ChatHand) and not self.hand.vouched:
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
        problem = difference(told, self.seen)
        assert not problem, f"after {told.typed}: {problem}"
        known = self.choices if told.page or self.page else {}
        self.choices = {**known, **choices_of(told)}
        self.page, self.ended = told.page, told.reply.startswith("END ")

    def _turned_a_page(self, told: Told) -> bool:
        """A chat has all choices on one."""
        return (told.typed == MORE and told.page > self.page) or (told.typed == "0" and self.page > 0)

    def _dial(self, told: Told) -> None:
        """A session is a talk that begins anew; dialled keys are taken until they have led there."""
        if self.waited and not self.ended:
            self.town.forget_talk(self.hand)
        word = GREETING if self.waited or self.ended else MENU
        *keys, last = [word, *(key for key in told.typed.strip("*#").split("*")[2:] if key != MORE)]
        for key in keys:
            self._answer(lambda key=key: self.hand.say(key), lambda _: True)  # type: ignore[misc]
            if not difference(told, self.seen):
                return
        self._answer(lambda: self.hand.say(last), lambda seen: self._is(told, seen))

    def _press(self, key: str, told: Told) -> None:
        self._answer(lambda: self.hand.choose(key, self._label(key)), lambda seen: self._is(told, seen))

    def answers(self, key: str) -> None:
        """Whatever is shown for it."""
        ids = self.seen.ids or {}
        self._answer(lambda: self.hand.choose(key, key if key in ids else None), lambda seen: bool(seen.said))

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
        return not difference(told, seen)

    def _answer(self, act: Callable[[], None], enough: Callable[[Seen], bool]) -> None:
        """Do it, and look until the answer stands there."""
        before = self.hand.look()
        act()
        changes, deadline = before.changes, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self.seen = self.hand.look(after=changes)
            changes = self.seen.changes
            if self.seen.mark != before.mark and enough(self.seen):
                return


def _digits(number: str) -> str:
    return f"254{number[-9:]}"
