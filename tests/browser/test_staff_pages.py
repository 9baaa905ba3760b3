"""The staff web in a real browser: its policy holds, nothing is fetched from elsewhere, it fits a phone."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bando import staff_shots
from tests.browser.conftest import NARROW, PATIENCE_MS
from tests.journeys.demo import Demo

PLACES = staff_shots.places()
REFUSED = "401 (Unauthorized)"
"""What the browser says of a page that rightly comes with this status: a login that failed."""


@pytest.fixture(scope="module")
def kept(browser: Browser, demo: Demo) -> Any:
    """What the browser keeps of the owner's login."""
    return staff_shots.logged_in(browser, demo.web, demo.sandbox)


@pytest.fixture
def staff_page(browser: Browser, demo: Demo, kept: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page of the staff web, logged in unless `stranger`. Whatever the browser complains of fails the
    test: a script or style that the policy forbids, a request to another address."""
    contexts = []
    complaints: list[str] = []

    def asked(request: Any) -> None:
        if urlsplit(request.url).netloc != urlsplit(demo.web).netloc:
            complaints.append(f"asked elsewhere: {request.url}")

    def make(path: str, *, stranger: bool = False, **context: Any) -> Page:
        state = None if stranger else kept
        contexts.append(browser.new_context(storage_state=state, **({"viewport": NARROW} | context)))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("request", asked)
        page.goto(f"{demo.web}/admin{path}")
        return page

    yield make
    for context in contexts:
        context.close()
    assert [one for one in complaints if REFUSED not in one] == []


@pytest.mark.parametrize("path", [path for _, path in PLACES])
def test_every_place_opens_and_fits_a_phone_and_a_desk(staff_page: Callable[..., Page], path: str) -> None:
    page = staff_page(path)
    expect(page.locator("main h1")).to_be_visible()
    for width in (320, 360, 768, 1280):
        page.set_viewport_size({"width": width, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_menu_leads_everywhere_by_touch(staff_page: Callable[..., Page], demo: Demo) -> None:
    page = staff_page("/")
    for _, path in PLACES:
        link = page.locator(f"nav a[href$='/admin{path}']").first
        if not link.is_visible():
            page.get_by_text("Menu", exact=True).click()
        link.click()
        page.wait_for_url(f"{demo.web}/admin{path}")


def test_a_person_is_found_by_the_number_as_people_write_it(
    staff_page: Callable[..., Page], demo: Demo
) -> None:
    whole = httpx.get(f"{demo.sandbox}/payers").json()[0]["msisdn"]
    page = staff_page("/")
    page.get_by_role("searchbox").fill(f"0{whole[3:6]} {whole[6:]}")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text(f"0{whole[3:6]} {whole[6:9]} {whole[9:]}")


def test_figures_stand_beside_the_chart(staff_page: Callable[..., Page]) -> None:
    """A chart says nothing to a reader's software: the same figures can be unfolded as a table."""
    page = staff_page("/")
    expect(page.locator("main svg").first).to_be_visible()
    page.locator("main summary").first.click()
    expect(page.locator("main details[open] table").first).to_be_visible()


def test_swahili_by_day_and_by_night(staff_page: Callable[..., Page], demo: Demo) -> None:
    looks = {}
    for look in ("light", "dark"):
        page = staff_page("/login?lang=sw", stranger=True, color_scheme=look)
        expect(page.locator("html")).to_have_attribute("lang", "sw")
        looks[look] = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert looks["light"] != looks["dark"]


def test_a_stranger_sees_the_login_alone_and_a_wrong_password_is_told_kindly(
    staff_page: Callable[..., Page], demo: Demo
) -> None:
    page = staff_page("/purchases", stranger=True)
    expect(page.locator("#password")).to_be_visible()
    page.fill("#email", "nobody@pwani.example")
    page.fill("#password", "not the password")
    page.fill("#code", "000000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("#password")).to_be_visible()
