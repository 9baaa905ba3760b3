"""A real demo, and a real browser that looks at it. Without Chromium the tests say so and are skipped."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bando.shots import CHROMIUM_ARGUMENTS, find_chromium
from tests.browser.handset import Handset
from tests.journeys.demo import Demo

HERE = Path(__file__).parent
running: list[Demo] = []
PATIENCE_MS = 15_000
NARROW = {"width": 360, "height": 740}


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Nobody looks at the demo any more: it leaves the machine to the other tests."""
    if nextitem is None or HERE not in nextitem.path.parents:
        for demo in running:
            demo.stop()
        running.clear()


def chromium() -> str:
    """Where the browser is. Skips the test where there is none, and says so."""
    found = find_chromium(os.environ, shutil.which)
    if found is None:
        pytest.skip("no Chromium found: install one, or name it by BANDO_CHROMIUM")
    return str(found)


# Closed with each module: while Playwright runs, its event loop stands in the way of every other test's.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Started only when there is a browser to look at it."""
    chromium()
    running.append(Demo(tmp_path_factory.mktemp("browser") / "home"))
    yield running[-1]
    for one in running:  # where the run was broken off
        one.stop()


@pytest.fixture
def open_page(browser: Browser, demo: Demo) -> Iterator[Callable[..., Page]]:
    """Opens the page in a fresh profile: language, width and look of one's own. Whatever it complains of or
    asks elsewhere fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))

        def asked(request: Any) -> None:
            if urlsplit(request.url).netloc != urlsplit(demo.sandbox).netloc:
                complaints.append(f"asked elsewhere: {request.url}")

        page.on("request", asked)

    def make(locale: str = "en-GB", **context: Any) -> Page:
        contexts.append(browser.new_context(locale=locale, **({"viewport": NARROW} | context)))
        contexts[-1].set_default_timeout(PATIENCE_MS)
        page = contexts[-1].new_page()
        watch(page)
        page.goto(f"{demo.sandbox}/")
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def handset(open_page: Callable[..., Page], demo: Demo) -> Iterator[Callable[..., Handset]]:
    """A phone that nobody has used, on a page of its own; afterwards nothing is wrong any more."""
    made: list[Handset] = []

    def make(locale: str = "en-GB", **context: Any) -> Handset:
        made.append(Handset(open_page(locale, **context), f"07{secrets.randbelow(10**8):08d}"))
        return made[-1]

    yield make
    if made:
        made[0].page.click("#reset")
        for router in made[0].page.query_selector_all("[role=switch][aria-checked=false]"):
            router.click()
