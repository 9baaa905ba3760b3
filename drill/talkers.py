"""People who talk at random: they tap and type what is offered, mistype, tap what is gone, send stickers, stop.

What a person does is drawn from the person's own seed; what is offered is up to the product.
"""

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from random import Random
from typing import Any

from core.base.i18n import LANGUAGES, render
from core.base.words import say
from drill.buyers import Buyer
from drill.line import NoAnswer
from drill.outside import Outside

PATIENCE_SECONDS = 4.0
"""How long a person looks at the phone for the answer; then the next thing is done all the same."""
MENU_SECONDS = 20.0
ASK_AGAIN = 6
WAITS, PAYS = 0.9, 0.15
"""How probable it is that the answer is waited for, and that an open prompt is answered before going on."""
ANSWERS = ("pin", "pin", "pin", "cancel", "wrong_pin", "ignore")
SLIPS = (
    "99", "11", "1 1", "o", "l", "abc", "?", "🙂", "-1", "2.", "1,", "menyuu", "buuy", "nunuwa", "07123", "0" * 600,
)  # fmt: skip
WORDS = (
    "menu", "buy", "nunua", "balance", "salio", "voucher", "vocha", "help", "msaada", "back", "rudi", "habari", "00",
    "naomba kununua bundle", "nunua bundle ya 50", "nimelipa", "cancel", "ghairi", "bye", "pay", "lipa",
)  # fmt: skip
LANGUAGES_BY_WORD = ("kiswahili", "english", "lugha", "language")
STOPS = ("STOP", "acha", "stop sms")
VOUCHERS = tuple(render(say("My vouchers"), language) for language in LANGUAGES)
"""Stands in every menu, in each language."""
NUMBERED = re.compile(r"^(\d{1,2})\. ", re.MULTILINE)


@dataclass
class Talker:
    """One person on one channel. turns: so many things are done. sent: messages that have left the phone; unsure:
    those of which the sandbox did not say whether they have. fresh: data of buttons that stood on the newest screen
    when they were tapped."""

    outside: Outside
    number: str
    friend: str
    draw: Random
    language: str = "en"
    sent: int = 0
    unsure: int = 0
    fresh: set[str] = field(default_factory=set)

    channel = ""

    @property
    def digits(self) -> str:
        return f"254{self.number[1:]}"

    def talk(self, turns: int) -> None:
        for _ in range(turns):
            with suppress(NoAnswer):
                if self.draw.random() < PAYS:
                    Buyer(self.outside, self.number, answer=self.draw.choice(ANSWERS)).pay()  # type: ignore[arg-type]
                self.turn()

    def turn(self) -> None:
        raise NotImplementedError

    def finds_menu(self) -> bool:
        """Asks for the menu, and goes through whatever comes before it."""
        raise NotImplementedError

    def typed(self, offered: list[str], *, asked: bool) -> str:
        """Something to type, mostly what fits: a number that is offered, or where a number is asked for a phone's."""
        kind = self.draw.choices(("fit", "way", "word", "language", "stop", "slip"), (60, 10, 12, 3, 2, 13))[
            0
        ]
        match kind:
            case "fit" if asked:
                return self.draw.choice((self.friend, self.number, "123456", "0712 345 678"))
            case "fit":
                return self.draw.choice(offered or ["1", "2", "3"])
            case "way":
                return self.draw.choice(("0", "00"))
            case "word":
                return self.draw.choice(WORDS)
            case "language":
                return self.draw.choice(LANGUAGES_BY_WORD)
            case "stop":
                return self.draw.choice(STOPS)
        return self.draw.choice(SLIPS)


class Dialler(Talker):
    """On USSD. A turn is a dial or a key."""

    channel = "ussd"
    _screen: Mapping[str, Any] | None = None

    def turn(self) -> None:
        screen = self._screen
        if screen is None or not screen["open"]:
            way = self.draw.choice(("", "", "", "*2", "*3", "*2*1", "*4", "*7"))
            self._screen = self._ask("/dial", {"code": f"*384*123{way}#"})
            return
        if self.draw.random() < 0.05:
            self._ask(f"/ussd/{screen['session']}/drop", {})
            self._screen = None
            return
        offered = NUMBERED.findall(screen["screen"])
        key = self.typed(offered, asked=not offered)
        if len(key) > 100:
            key = key[:100]
        self._screen = self._ask(f"/ussd/{screen['session']}", {"input": key})

    def _ask(self, door: str, body: Mapping[str, str]) -> Mapping[str, Any] | None:
        answer = self.outside.sandbox.post(f"/phones/{self.number}{door}", json=body)
        if answer.status_code == 409:
            return None
        shown: dict[str, Any] = answer.raise_for_status().json()
        return shown

    def finds_menu(self) -> bool:
        for _ in range(ASK_AGAIN):
            screen = self._ask("/dial", {"code": "*384*123#"})
            for _ in range(20):
                if screen is None or any(word in screen["screen"] for word in VOUCHERS):
                    break
                key = "2" if "*384" not in screen["screen"] and _is_resume(screen["screen"]) else "1"
                screen = self._ask(f"/ussd/{screen['session']}", {"input": key})
            if screen is not None and any(word in screen["screen"] for word in VOUCHERS):
                return True
        return False


class Texter(Talker):
    """By SMS to the short code. The answer is the newest text from there."""

    channel = "sms"

    @cached_property
    def short_code(self) -> str:
        return self.outside.house.world["africastalking"]["short_code"]  # type: ignore[no-any-return]

    def turn(self) -> None:
        before = self._look()
        newest = before[-1] if before else ""
        offered = NUMBERED.findall(newest)
        text = self.typed(offered, asked=bool(newest) and not offered) if before else "menu"
        if self._say(text) and self.draw.random() < WAITS:
            self._wait(len(before), PATIENCE_SECONDS)

    _arrived = 0
    """Texts on the phone, whoever sent them."""

    def _look(self, wait: float = 0) -> list[str]:
        """The talk's texts. With wait: once there is one text more than at the last look, or nothing comes."""
        texts = self.outside.get(f"/phones/{self.number}", texts=self._arrived, wait=wait)["texts"]
        self._arrived = len(texts)
        return [text["text"] for text in texts if text["from"] == self.short_code]

    def _wait(self, known: int, seconds: float) -> list[str]:
        """The talk's texts, once there are more than known, or the seconds are over."""
        deadline = time.monotonic() + seconds
        texts = self._look()
        while len(texts) <= known and (left := deadline - time.monotonic()) > 0:
            texts = self._look(left)
        return texts

    def _say(self, text: str) -> bool:
        try:
            self.outside.post(f"/phones/{self.number}/sms", {"to": self.short_code, "text": text})
        except NoAnswer:
            self.unsure += 1
            return False
        self.sent += 1
        return True

    def finds_menu(self) -> bool:
        word = "menu"
        for _ in range(ASK_AGAIN):
            count = len(self._look())
            self._say(word)
            texts = self._wait(count, MENU_SECONDS)
            if len(texts) <= count:
                return False
            if any(word in texts[-1] for word in VOUCHERS):
                return True
            word = "1" if word == "menu" else "menu"
        return False


def _is_resume(screen: str) -> bool:
    return any(words in screen for words in RESUMES)


RESUMES = tuple(render(say("Start over"), language) for language in LANGUAGES)
