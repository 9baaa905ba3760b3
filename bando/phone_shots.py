"""What is done on the page with the phones before its pictures are taken."""

from collections.abc import Sequence

from playwright.sync_api import Page

_last_number = 711_800_000


def unused() -> str:
    """A number that no other picture has used."""
    global _last_number
    _last_number += 1_013
    return f"0{_last_number}"


def _take_number(page: Page, number: str) -> None:
    page.fill("#number", number)
    page.keyboard.press("Enter")
    page.wait_for_selector("#phone[data-mode=idle]")


def _order(page: Page, number: str, keys: Sequence[str]) -> None:
    """Chooses the number, dials, and presses the keys, each an answer."""
    _take_number(page, number)
    page.click("#own-code")
    page.wait_for_selector("#phone[data-mode=talk]")
    for key in keys:
        before = page.inner_text("#words")
        page.click(f"[data-key='{key}']")
        page.click("#call")
        page.wait_for_function(
            "before => words.innerText !== before && phone.dataset.mode !== 'busy'", arg=before
        )


def talk(page: Page) -> None:
    _order(page, unused(), ["1", "2"])


def prompt(page: Page) -> None:
    _order(page, unused(), ["1", "2", "3", "1"])
    page.wait_for_selector("#pin:not([hidden])")
    page.wait_for_selector(".station.done ~ .station.done")


def voucher(page: Page) -> None:
    prompt(page)
    page.click("[data-action=pin]")
    page.wait_for_selector("#phone[data-mode=text]")
    page.wait_for_selector(".station:nth-child(6).done")
    page.wait_for_selector("[data-router=mtwapa] .held")


def online(page: Page) -> None:
    voucher(page)
    page.click("[data-router=baraka-hotspot] .held button")
    page.wait_for_selector(".station:nth-child(7).done")


def _say(page: Page, window: str, *taps: str) -> None:
    """Begins the talk in a window of the smartphone and taps the labels, also where they stand in a list."""
    page.click(f"[data-window={window}]")
    page.click(f"#{window} .gate button")
    _answered(page, window, "")
    for label in taps:
        before = page.inner_html(f"#{window}-bubbles")
        newest = page.locator(f"#{window} :is(.theirs:last-child .choices, .keys:not([hidden]))")
        opener = newest.locator(".opens")
        choice = newest.get_by_role("button", name=label, exact=True).or_(opener)
        choice.wait_for()
        if opener.count():
            opener.click()
            choice = page.locator(f"#{window} .sheet").get_by_role("button", name=label, exact=True)
        choice.click()
        _answered(page, window, before)


def _answered(page: Page, window: str, before: str) -> None:
    """The provider has the last word in the window, and it is a new one."""
    page.wait_for_function(
        """([list, before]) => {
            const bubbles = document.getElementById(list);
            const last = [...bubbles.children].findLast(bubble => !bubble.hidden);
            return last?.matches(".theirs") && !bubbles.querySelector(".waiting") && bubbles.innerHTML !== before;
        }""",
        arg=[f"{window}-bubbles", before],
    )


def chats(page: Page) -> None:
    """One person in four windows: bought in WhatsApp, seen in Telegram and by SMS."""
    _take_number(page, unused())
    _say(page, "whatsapp", "English", "Buy WiFi bundle", "Ksh 50: 24 hours", "For me: pay now")
    page.click("[data-window=ussd]")
    page.click("[data-action=pin]")
    page.wait_for_selector(".station:nth-child(6).done")
    _say(page, "telegram", "English", "Share my number", "My vouchers")
    _say(page, "sms")
    page.click("[data-window=whatsapp]")
    page.wait_for_selector("[data-window=whatsapp] .unread", state="hidden")
    page.evaluate("document.activeElement.blur()")


def whatsapp_list(page: Page) -> None:
    _take_number(page, unused())
    _say(page, "whatsapp", "Kiswahili", "Nunua kifurushi")
    page.click("#whatsapp .theirs:last-child .opens")


def telegram_number(page: Page) -> None:
    _take_number(page, unused())
    _say(page, "telegram", "English")
    page.wait_for_selector("#telegram .keys button")
    page.evaluate("document.activeElement.blur()")
