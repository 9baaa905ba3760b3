"""The windows of the smartphone beyond their use: narrow enough, named throughout, in both languages, and read only
when somebody sees them."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.handset import Handset
from tests.browser.smartphone import Smartphone, known_in_telegram
from tests.journeys.demo import Demo

WIDE = {"width": 1280, "height": 800}
NewHandset = Callable[..., Handset]
WORDS = {
    "en-GB": {"language": "English", "share": "Share my number", "unknown": "number not shared yet"},
    "sw-KE": {"language": "Kiswahili", "share": "Tuma nambari yangu", "unknown": "bado haijui nambari"},
}


@pytest.mark.parametrize("locale", ["en-GB", "sw-KE"])
def test_full_windows_are_never_wider_than_the_screen(handset: NewHandset, locale: str) -> None:
    asha = handset(locale, viewport=WIDE).take()
    for name in ("whatsapp", "telegram", "sms"):
        window = Smartphone(asha, name)
        window.begin()
        expect(window.answers).to_have_count(1)
        window.write("neno" * 60) if name != "telegram" else window.tap(WORDS[locale]["language"])
    expect(asha.page.locator("#telegram .keys")).to_contain_text(WORDS[locale]["share"])
    for width in (320, 360, 759, 760, 1079, 1080, 1280):
        asha.page.set_viewport_size({"width": width, "height": 740})
        for name in ("ussd", "whatsapp", "telegram", "sms"):
            asha.page.click(f"[data-window={name}]")
            assert asha.page.evaluate("document.documentElement.scrollWidth") <= width, (width, name)


def test_every_control_of_the_windows_has_a_name_of_its_own(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    known_in_telegram(asha)
    nameless = asha.page.evaluate(
        """() => [...document.querySelectorAll('.chats :is(button, input, summary, a), .person button')].filter(e =>
            !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)"""
    )
    assert nameless == []
    for name in ("whatsapp", "telegram", "sms"):
        assert asha.page.locator(f"#{name}-bubbles").get_attribute("role") == "log"


def test_the_words_of_the_windows_follow_the_language(handset: NewHandset) -> None:
    asha = handset(viewport=WIDE).take()
    for language, locale in (("sw", "sw-KE"), ("en", "en-GB")):
        asha.page.click(f"[data-lang={language}]")
        expect(asha.page.locator("#telegram-knows")).to_have_text(WORDS[locale]["unknown"])
    expect(asha.page.locator("#whatsapp-text")).to_have_attribute("placeholder", "Message")


def test_whatsapp_is_read_only_when_it_can_be_seen(open_page: Callable[..., Page], demo: Demo) -> None:
    page = open_page()
    looked: list[str] = []
    page.on("request", lambda request: looked.append(request.url) if request.method == "GET" else None)
    page.fill("#number", "0712000771")
    page.keyboard.press("Enter")
    expect(page.locator("#person-name")).to_contain_text("0712 000 771")
    httpx.post(f"{demo.sandbox}/phones/0712000771/whatsapp", json={"text": "hi"}).raise_for_status()
    expect(page.locator("[data-window=whatsapp] .unread")).to_have_text("1")
    assert not any(url.endswith("/whatsapp") for url in looked)
    with page.expect_request(re.compile("/phones/0712000771/whatsapp$")):
        page.click("[data-window=whatsapp]")
    expect(page.locator("[data-window=whatsapp] .unread")).to_be_hidden()
