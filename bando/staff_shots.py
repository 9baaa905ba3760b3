"""The pictures of the staff web: the door, every place of the menu, a person and a purchase."""

from collections.abc import Callable
from typing import Any

import httpx
import pyotp
from playwright.sync_api import Browser, Page

from admin.places import MENU


def log_in(page: Page, web: str, sandbox: str) -> None:
    """As the trial's owner, whom the sandbox names."""
    owner = httpx.get(f"{sandbox}/about").raise_for_status().json()["staff"]
    page.goto(f"{web}/admin/login")
    page.fill("#email", owner["email"])
    page.fill("#password", owner["password"])
    page.fill("#code", pyotp.TOTP(owner["totp_secret"]).now())
    page.click("button[type=submit]")
    page.wait_for_url(f"{web}/admin/")


def logged_in(browser: Browser, web: str, sandbox: str) -> Any:
    """What a browser keeps of one login: an authenticator's code opens the door only once."""
    context = browser.new_context()
    log_in(context.new_page(), web, sandbox)
    kept = context.storage_state()
    context.close()
    return kept


def places() -> list[tuple[str, str]]:
    """(name, path) of every place of the menu."""
    return [(place.name, place.path) for _, group in MENU for place in group]


def follow(link: str) -> Callable[[Page], None]:
    """Goes on by the first link of the page whose address begins so."""

    def go(page: Page) -> None:
        page.click(f"main a[href*='{link}'] >> nth=0")
        page.wait_for_load_state("networkidle")

    return go
