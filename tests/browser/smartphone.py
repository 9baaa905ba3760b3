"""The three windows of the smartphone beside the handset, used as a person uses them."""

from playwright.sync_api import Locator, expect

from tests.browser.handset import Handset


class Smartphone:
    """One window of a handset's page: `whatsapp`, `telegram` or `sms`."""

    def __init__(self, handset: Handset, name: str) -> None:
        self.handset, self.page, self.name = handset, handset.page, name
        self.window = self.page.locator(f"#{name}")

    @property
    def bubbles(self) -> Locator:
        """What can be read, oldest first."""
        return self.window.locator(".bubbles li:visible")

    @property
    def answers(self) -> Locator:
        """What the provider has written."""
        return self.window.locator(".bubbles li.theirs:visible")

    def in_front(self) -> "Smartphone":
        self.page.click(f"[data-window={self.name}]")
        expect(self.window).to_be_visible()
        return self

    def says(self, *parts: str) -> None:
        """The newest message of the provider."""
        for part in parts:
            expect(self.answers.last).to_contain_text(part)

    def write(self, text: str) -> None:
        self.page.fill(f"#{self.name}-text", text)
        self.page.keyboard.press("Enter")

    def begin(self) -> None:
        """The button of an empty chat."""
        self.window.locator(".gate button").click()

    def tap(self, label: str) -> None:
        """A button of the newest message that has any, or a row of its list."""
        self.answers.locator(".choices").last.get_by_role("button", name=label, exact=True).click()

    def pick(self, label: str) -> None:
        """Opens the newest list and chooses the row."""
        self.answers.locator(".opens").last.click()
        expect(self.sheet).to_be_visible()
        self.sheet.get_by_role("button", name=label, exact=True).click()
        expect(self.sheet).to_be_hidden()

    @property
    def sheet(self) -> Locator:
        return self.window.locator(".sheet")


def known_in_telegram(asha: Handset) -> Smartphone:
    """Its chat, in English, at the main menu."""
    telegram = Smartphone(asha, "telegram").in_front()
    telegram.begin()
    telegram.says("language")
    telegram.tap("English")
    telegram.says("Which phone number is yours?")
    telegram.window.locator(".keys").get_by_role("button", name="Share my number").click()
    expect(telegram.answers.last.locator(".choices")).to_contain_text("Buy WiFi bundle")
    return telegram
