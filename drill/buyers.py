"""People who buy: they dial until the house has understood, answer their prompt, and dial again where need be."""

import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from core.base.i18n import LANGUAGES, render
from core.base.words import say
from drill.line import NoAnswer
from drill.outside import Outside

BUNDLES = {10: "1", 20: "2", 50: "3", 250: "4", 800: "5"}
"""Shillings → the key on the list of bundles."""
FIRST_NUMBER = 711_000_000
NUMBER_STEP = 1_013
DIALS = 40
PAUSE_SECONDS = 0.4
MESSAGE_TITLES = tuple(render(say("You have a message:"), language) for language in LANGUAGES)
CODE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")

What = Literal["self", "gift", "home"]
Answer = Literal["pin", "wrong_pin", "cancel", "ignore"]


def is_in_between(screen: str) -> bool:
    """Whether it asks for the language, or shows a message: 1 leads on."""
    return any(words in screen for words in ("language / lugha", *MESSAGE_TITLES))


class HungUp(Exception):
    """The network said that the service does not answer, or the talk took a turn that is no sale."""


class Phones:
    """Numbers that nobody has used before."""

    def __init__(self) -> None:
        self._last = FIRST_NUMBER

    def next(self) -> str:
        self._last += NUMBER_STEP
        return f"0{self._last}"


@dataclass
class Buyer:
    """One person and what is wanted: a bundle for oneself, for `friend`, or a home line."""

    outside: Outside
    number: str
    what: What = "self"
    friend: str = ""
    shillings: int = 50
    answer: Answer = "pin"
    sites: int = 1
    gives_up: bool = False
    screens: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What the network itself had to say, because we did not."""

    # -- dialling

    def order(self) -> bool:
        """Dial until M-PESA is said to ask next. False after many tries."""
        for _ in range(DIALS):
            if self.gives_up:
                return False
            try:
                if self._talk():
                    return True
            except (HungUp, NoAnswer):
                pass
            time.sleep(PAUSE_SECONDS)
        return False

    def try_once(self) -> str:
        """One dial while the house is ill: the screen that it ends with."""
        with suppress(HungUp):
            self._talk()
        return self.screens[-1]

    def code_on_screen(self) -> str:
        """The newest unused voucher's code, dialled for. Empty where it is not shown."""
        for _ in range(DIALS):
            try:
                if is_in_between(self.dial("*384*123*3*1#")):
                    self.press("1")
                    continue
                found = CODE.search(self.screens[-1])
                if found:
                    return found[0].replace("-", "")
            except (HungUp, NoAnswer):
                pass
            time.sleep(PAUSE_SECONDS)
        return ""

    def code_in_texts(self, seconds: float) -> str:
        """The voucher's code, once its text has come. Empty where it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for text in self.outside.get(f"/phones/{self.number}")["texts"]:
                if text["from"] != "MPESA" and (found := CODE.search(text["text"])):
                    return found[0].replace("-", "")
            time.sleep(0.1)
        return ""

    def _talk(self) -> bool:
        screen = self.dial()
        while is_in_between(screen):
            screen = self.press("1")
        if "you were not finished" in screen:
            screen = self.press("2")
        if "We are checking" in screen:
            return True  # an earlier dial was understood
        screen = self.press("2")
        for key in self._keys():
            screen = self.press(key)
        if not self._open and "M-PESA" in screen:
            return True
        raise HungUp(screen)

    def _keys(self) -> list[str]:
        if self.what == "home":
            return ["6", "1", str(self.sites), "1"]
        key = BUNDLES[self.shillings]
        return [key, "2", self.friend, "1"] if self.what == "gift" else [key, "1"]

    def dial(self, code: str = "*384*123#") -> str:
        return self._show(self.outside.post(f"/phones/{self.number}/dial", {"code": code}))

    def press(self, key: str) -> str:
        if not self._open:
            raise HungUp(self.screens[-1])
        answer = self.outside.sandbox.post(f"/phones/{self.number}/ussd/{self._session}", json={"input": key})
        if answer.status_code == 409:
            raise HungUp("the session is over")
        return self._show(answer.raise_for_status().json())

    def _show(self, shown: dict[str, Any]) -> str:
        self._session, self._open = shown["session"], shown["open"]
        self.screens.append(shown["screen"])
        if shown["warnings"]:
            self.warnings += shown["warnings"]
            raise HungUp(shown["warnings"][0])
        return str(shown["screen"])

    _session = ""
    _open = False

    # -- paying

    def pay(self) -> bool:
        """Answer the prompt if one is open on the phone now."""
        try:
            prompts = self.outside.get(f"/phones/{self.number}")["prompts"]
            for prompt in prompts:
                if prompt["state"] == "open":
                    touched = self.outside.sandbox.post(
                        f"/phones/{self.number}/prompts/{prompt['id']}", json={"action": self.answer}
                    )
                    self.answer = "pin"  # who is asked again means it
                    return touched.status_code == 200
        except NoAnswer:
            pass
        return False

    def pay_when_asked(self, seconds: float) -> bool:
        """Wait for the prompt and answer it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.gives_up:
            if self.pay():
                return True
            time.sleep(0.1)
        return False

    def pay_bill(self, shillings: int, account: str) -> None:
        """Pay by hand from the M-PESA menu."""
        paybill = self.outside.get("/about")["paybill"]
        self.outside.post(
            f"/phones/{self.number}/paybill", {"shortcode": paybill, "account": account, "amount": shillings}
        )
