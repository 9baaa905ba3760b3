"""A person at the page: looks, types, presses; knows nothing but what stands there."""

import re

from playwright.sync_api import Locator, Page, expect

PATIENCE_MS = 15_000
expect.set_options(timeout=PATIENCE_MS)
CODE = re.compile(r"[2-9A-Z]{5}-[2-9A-Z]{5}")
MOST_TABS = 150


class Handset:
    def __init__(self, page: Page, number: str) -> None:
        self.page, self.number = page, number

    # -- seeing

    @property
    def screen(self) -> Locator:
        return self.page.locator("#words")

    @property
    def texts(self) -> Locator:
        """Texts of the house, oldest first."""
        return self.page.locator("#sms-bubbles li.house")

    @property
    def sentence(self) -> Locator:
        """The line above the stations."""
        return self.page.locator("#headline")

    def router(self, name: str) -> Locator:
        return self.page.locator(f"[data-router={name}]")

    def shows(self, *parts: str) -> None:
        for part in parts:
            expect(self.screen).to_contain_text(part)

    def stations(self, *states: str) -> None:
        """What has become of Asked, PIN, Paid, Journal, Router, Text, Online."""
        expect(self.page.locator("#stations li")).to_have_class(
            [re.compile(rf"\b{state}\b") for state in states]
        )

    def code(self) -> str:
        """The newest voucher's."""
        return self.texts.locator("mark").last.inner_text()

    @property
    def has_focus(self) -> str:
        """id, data-stay or data-lang of the element that the keyboard is at."""
        return str(
            self.page.evaluate(
                "(e => e.id || e.dataset.stay || e.dataset.lang || e.tagName)(document.activeElement)"
            )
        )

    # -- by keyboard alone

    def tab_to(self, name: str, *, back: bool = False) -> None:
        """Goes there as somebody without a mouse does, and sees where the focus is."""
        for _ in range(MOST_TABS):
            if self.has_focus == name:
                outline = self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"nobody sees that {name} has the focus"
                return
            self.page.keyboard.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"no way by Tab to {name}")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def take(self) -> "Handset":
        """Chooses the number by keyboard."""
        self.tab_to("number")
        self.page.keyboard.press("Control+a")
        self.type(self.number)
        spaced = f"{self.number[:4]} {self.number[4:7]} {self.number[7:]}"
        expect(self.page.locator("#number")).to_have_value(spaced)
        return self

    # -- with the phone's keys

    def press(self, *keys: str) -> None:
        """Each key is one answer, sent."""
        for key in keys:
            expect(self.page.locator("#phone")).to_have_attribute("data-mode", "talk")
            before = self.screen.inner_text()
            self.page.click(f"[data-key='{key}']")
            self.page.click("#call")
            expect(self.screen).not_to_have_text(before)
            expect(self.page.locator("#phone")).not_to_have_attribute("data-mode", "busy")

    def order(self) -> None:
        """Orders 24 hours for Ksh 50, up to the farewell."""
        self.take()
        self.page.click("#own-code")
        self.shows("1. English")
        self.press("1", "2", "3")
        self.shows("Ksh 50")
        self.page.click("[data-key='1']")
        self.page.click("#call")

    def is_asked_for_pin(self) -> None:
        self.shows("M-PESA", "Ksh 50")
        expect(self.page.locator("#pin")).to_be_visible()

    def answer_pin(self, action: str = "pin") -> None:
        self.is_asked_for_pin()
        self.page.click(f"[data-action={action}]")

    def choose(self, name: str, value: str) -> None:
        """A fault, and it is in force."""
        self.page.select_option(f"select[name={name}]", value)
        expect(self.page.locator(f"#faults label:has([name={name}])")).to_have_class("odd")

    def advance(self, time: str) -> None:
        """Moves the clock of the whole demo, until it stands there: whoever dials meanwhile is cut off."""
        self.page.click(f"[data-advance={time}]")
        expect(self.page.locator(f"[data-advance={time}]")).to_have_attribute("aria-disabled", "false")
