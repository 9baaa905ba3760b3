"""A person's phone in the sandbox: dials, presses keys, reads texts, answers PIN prompts."""

import re
from typing import Any

import httpx

from tests.journeys.demo import eventually

HOUSE = "PWANINET"
CODE = re.compile(r"\b[2-9A-Z]{5}-[2-9A-Z]{5}\b")
BUNDLES = {10: "1", 20: "2", 50: "3", 250: "4", 800: "5"}
"""Shillings → the key on the list of bundles."""


class Phone:
    """One SIM. Everything that passes over its screen is printed, so that a failing journey can be read."""

    def __init__(self, sandbox: httpx.Client, number: str, *, language: str = "1") -> None:
        self._sandbox, self.number, self.language = sandbox, number, language
        self.session = ""
        self.is_open = False
        self.screen = ""

    @property
    def digits(self) -> str:
        """The number as Safaricom writes it."""
        return f"254{self.number[1:]}"

    @property
    def spaced(self) -> str:
        return f"{self.number[:4]} {self.number[4:7]} {self.number[7:]}"

    def set_up(self, **change: Any) -> None:
        """Sets wallet (shillings), line (free, busy, ...) or network_code."""
        self._post("", change)

    # -- USSD

    def dial(self, code: str = "*384*123#") -> str:
        """Dial, and read the first screen."""
        return self._show(code, self._post("/dial", {"code": code}))

    def press(self, *keys: str) -> str:
        """Answer the open screens one after the other, and read the last."""
        for key in keys:
            assert self.is_open, f"the session is over: {self.screen!r}"
            self._show(key, self._post(f"/ussd/{self.session}", {"input": key}))
        return self.screen

    def hang_up(self) -> None:
        self._post(f"/ussd/{self.session}/drop", {})
        self.is_open = False

    def talk(self, *keys: str) -> str:
        """Dial, choose a language where it is asked, and press the keys."""
        if "language / lugha" in self.dial():
            self.press(self.language)
        return self.press(*keys)

    def buy(self, shillings: int = 50, *, for_number: str | None = None) -> str:
        """Buy a bundle up to the farewell: M-PESA asks next."""
        said = self.talk("2", BUNDLES[shillings])
        assert f"Ksh {shillings}" in said, said
        self.press(*(["2", for_number, "1"] if for_number else ["1"]))
        assert not self.is_open, self.screen
        assert "M-PESA" in self.screen, self.screen
        return self.screen

    # -- M-PESA

    @property
    def prompts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._look()["prompts"]
        return found

    def prompt(self, *, within: float = 15.0) -> dict[str, Any]:
        """The open PIN prompt, once it has come."""
        return eventually(
            f"open prompt on {self.number}",
            lambda: next((prompt for prompt in self.prompts if prompt["state"] == "open"), None) or {},
            within=within,
        )

    def answer_prompt(self, action: str = "pin") -> dict[str, Any]:
        """Wait for the prompt and type the PIN, or wrong_pin, cancel, ignore."""
        prompt = self.prompt()
        print(f"{self.number} [PIN prompt: Ksh {prompt['amount']} to {prompt['business']}] {action}")
        found: dict[str, Any] = self._post(f"/prompts/{prompt['id']}", {"action": action})
        return found

    def pay_bill(self, amount: int, account: str, *, shortcode: str = "123456") -> dict[str, Any]:
        """Pay by hand from the M-PESA menu."""
        found: dict[str, Any] = self._post(
            "/paybill", {"shortcode": shortcode, "account": account, "amount": amount}
        )
        print(f"{self.number} pays Ksh {amount} by hand, account {account}: {found}")
        return found

    @property
    def wallet(self) -> int:
        return int(self._look()["wallet"])

    # -- SMS

    @property
    def texts(self) -> list[str]:
        """What the house has written to this phone, oldest first."""
        return [text["text"] for text in self._look()["texts"] if text["from"] == HOUSE]

    def text(self, *parts: str, within: float = 15.0) -> str:
        """The newest text of the house that holds all parts, once it has come."""

        def look() -> str:
            found = [text for text in self.texts if all(part in text for part in parts)]
            return found[-1] if found else ""

        try:
            said = eventually(f"text {parts} on {self.number}", look, within=within)
        except AssertionError as error:
            raise AssertionError(f"{error}; texts: {self.texts}") from None
        print(f"{self.number} [SMS] {said}")
        return said

    def has_texts(self, count: int) -> None:
        """Wait until the house has written `count` texts to this phone."""
        eventually(f"{count} texts on {self.number}", lambda: len(self.texts) == count)

    def code(self, *, within: float = 15.0) -> str:
        """The voucher's code out of its text, without the hyphen."""
        said = eventually(
            f"voucher on {self.number}",
            lambda: next((found for text in self.texts if (found := CODE.search(text))), None),
            within=within,
        )
        assert said is not None
        return said[0].replace("-", "")

    def opt_out(self) -> None:
        self._post("/optout", {})

    # --

    def _look(self) -> dict[str, Any]:
        found: dict[str, Any] = self._sandbox.get(f"/phones/{self.number}").raise_for_status().json()
        return found

    def _post(self, door: str, body: dict[str, Any]) -> Any:
        return self._sandbox.post(f"/phones/{self.number}{door}", json=body).raise_for_status().json()

    def _show(self, typed: str, shown: dict[str, Any]) -> str:
        assert not shown["warnings"], shown
        self.session, self.is_open, self.screen = shown["session"], shown["open"], shown["screen"]
        print(f"{self.number} > {typed}")
        print("".join(f"  | {line}\n" for line in self.screen.splitlines()), end="")
        return self.screen
