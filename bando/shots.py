"""`make shots`: pictures of every page, wide and on a phone, by day and by night, into BANDO_HOME/shots."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from bando import phone_shots, staff_shots

START_SECONDS = 120
PORTS_APART = 20
FIRST_PORT, LAST_PORT = 12_000, 19_000
"""Below the ports that the embedded servers draw."""
USED_BY_A_DEMO = (0, 2, 13, 14, 15, 16)
"""The web, the sandbox two above it, its routers just above that, and its mail server."""

# As a plain user of a container Chromium has no sandbox of its own; it sees nothing but this machine.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUMS = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
WIDTHS = {"wide": (1280, 800), "phone": (360, 740)}
LOOKS = ("light", "dark")
PATIENCE_MS = 20_000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the demo of the pictures answers."""

    web: str
    sandbox: str


Actions = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Shot:
    """One page. name: of the file. url: from the addresses. actions: what is done before the picture.

    staff: whether only staff may see it.
    """

    name: str
    url: Callable[[Addresses], str]
    actions: Actions
    language: str = "en-GB"
    staff: bool = False


def find_chromium(environ: Mapping[str, str], which: Callable[[str], str | None]) -> str | None:
    """The browser to use: BANDO_CHROMIUM, else the first that is installed. None without any."""
    named = environ.get("BANDO_CHROMIUM")
    return which(named) if named else next(filter(None, map(which, CHROMIUMS)), None)


def untouched(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def _phone_page(addresses: Addresses) -> str:
    return f"{addresses.sandbox}/"


def _staff_page(path: str) -> Callable[[Addresses], str]:
    return lambda at: f"{at.web}/admin{path}"


SHOTS: list[Shot] = [
    Shot("phone-1-talk", _phone_page, phone_shots.talk),
    Shot("phone-2-pin", _phone_page, phone_shots.prompt),
    Shot("phone-3-voucher", _phone_page, phone_shots.voucher),
    Shot("phone-4-online", _phone_page, phone_shots.online),
    Shot("phone-5-swahili", _phone_page, phone_shots.online, language="sw-KE"),
    Shot("chats-1-one-person", _phone_page, phone_shots.chats),
    Shot("chats-2-list", _phone_page, phone_shots.whatsapp_list, language="sw-KE"),
    Shot("chats-3-number", _phone_page, phone_shots.telegram_number),
    Shot("sandbox-doors", lambda at: f"{at.sandbox}/docs", untouched),
    Shot("staff-0-login", _staff_page("/login"), untouched),
    *(Shot(f"staff-{name}", _staff_page(path), untouched, staff=True) for name, path in staff_shots.places()),
    Shot("staff-purchase", _staff_page("/purchases"), staff_shots.follow("/purchases/"), staff=True),
    Shot("staff-subscriber", _staff_page("/purchases"), staff_shots.follow("/subscribers/"), staff=True),
]
"""Every page that has a picture; other areas add theirs."""


def take(shots: Sequence[Shot], at: Addresses, folder: Path, browser: Browser) -> list[Path]:
    """Takes each picture in both widths and looks, as the window shows it. The files."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    staff = staff_shots.logged_in(browser, at.web, at.sandbox) if any(shot.staff for shot in shots) else None
    for shot in shots:
        for width, (across, down) in WIDTHS.items():
            for look in LOOKS:
                context = browser.new_context(
                    viewport={"width": across, "height": down},
                    color_scheme="dark" if look == "dark" else "light",
                    locale=shot.language,
                    reduced_motion="reduce",
                    storage_state=staff if shot.staff else None,
                )
                context.set_default_timeout(PATIENCE_MS)
                page = context.new_page()
                page.goto(shot.url(at))
                shot.actions(page)
                page.evaluate("scrollTo(0, 0)")
                taken.append(folder / f"{shot.name}-{width}-{look}.png")
                page.screenshot(path=taken[-1])
                context.close()
    return taken


@contextmanager
def running_demo() -> Iterator[Addresses]:
    """A demo of its own in a passing home, with a small past, gone afterwards."""
    port = next(
        port
        for port in range(FIRST_PORT, LAST_PORT, PORTS_APART)
        if all(_is_free(port + o) for o in USED_BY_A_DEMO)
    )
    at = Addresses(web=f"http://127.0.0.1:{port}", sandbox=f"http://127.0.0.1:{port + 2}")
    with tempfile.TemporaryDirectory(prefix="bando-shots-") as home:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("BANDO_")}
        environ |= {
            "BANDO_HOME": f"{home}/home",
            "BANDO_PORT": str(port),
            "BANDO_SANDBOX_PORT": str(port + 2),
        }
        environ |= {"BANDO_SEED_PEOPLE": "40", "BANDO_SEED_DAYS": "35", "BANDO_USSD_PUSH_AFTER_SECONDS": "1"}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bando", "demo"], env=environ, stdout=subprocess.DEVNULL
        )
        try:
            _wait_until_ready(at, process)
            yield at
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_ready(at: Addresses, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while not (_answers(f"{at.web}/health/ready") and _answers(f"{at.sandbox}/about")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("the demo for the pictures did not start")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def main(names: Sequence[str] = ()) -> int:
    """names: only pictures whose name begins so."""
    chromium = find_chromium(os.environ, shutil.which)
    if chromium is None:
        print("shots: no Chromium found: install one, or name it by BANDO_CHROMIUM", file=sys.stderr)
        return 1
    folder = Path(os.environ.get("BANDO_HOME", ".bando")) / "shots"
    with running_demo() as at, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        wanted = [shot for shot in SHOTS if shot.name.startswith(tuple(names) or "")]
        for path in take(wanted, at, folder, browser):
            print(path)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
