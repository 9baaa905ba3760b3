"""What the page is beyond its use: remembered, narrow enough, silent when unseen, strict, and named throughout."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.handset import Handset
from tests.journeys.demo import Demo

NewHandset = Callable[..., Handset]


def test_language_look_and_number_are_remembered(handset: NewHandset) -> None:
    asha = handset(color_scheme="light").take()
    root = asha.page.locator("html")
    light = asha.page.evaluate("getComputedStyle(document.body).backgroundColor")
    asha.tab_to("sw")
    asha.page.keyboard.press("Enter")
    expect(root).to_have_attribute("lang", "sw")
    expect(asha.page.locator("#strip-title")).to_have_text("Safari ya malipo")
    asha.tab_to("theme")
    asha.page.keyboard.press("Enter")
    expect(root).to_have_attribute("data-theme", "dark")
    asha.page.reload()
    expect(root).to_have_attribute("lang", "sw")
    expect(asha.page.locator("#strip-title")).to_have_text("Safari ya malipo")
    assert asha.page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    expect(asha.page.locator("#number")).to_have_value(re.compile(rf"^{asha.number[:4]} "))


def test_the_system_decides_the_look_until_somebody_does(open_page: Callable[..., Page]) -> None:
    looks = {
        scheme: open_page(color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert looks["light"] != looks["dark"]


@pytest.mark.parametrize("locale", ["en-GB", "sw-KE"])
def test_nothing_is_wider_than_the_window(handset: NewHandset, locale: str) -> None:
    page = handset(locale).page
    expect(page.locator("[data-router]")).to_have_count(3)
    for width in (320, 360, 759, 760, 1079, 1080, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_that_nobody_sees_asks_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.clock.install()
    page.reload()
    expect(page.locator("[data-router]")).to_have_count(3)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.clock.run_for(100)
    asked.clear()
    page.clock.run_for(10_000)
    assert asked == []

    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    with page.expect_request("**/scene"):
        page.clock.run_for(1_000)


def test_the_policy_is_strict_and_obeyed(browser: Browser, demo: Demo) -> None:
    policy = httpx.get(f"{demo.sandbox}/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    page = browser.new_page()
    page.goto(f"{demo.sandbox}/")
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.head.append(s)"
    )
    assert page.evaluate("window.ran ?? false") is False
    page.close()


def test_every_control_has_a_name(handset: NewHandset) -> None:
    page = handset().page
    expect(page.locator("[data-router]")).to_have_count(3)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, select, input, a')].filter(e =>
            !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length)).map(e => e.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("#words").get_attribute("aria-live") == "polite"
