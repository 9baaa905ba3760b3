"""A deed as a person does it: the form filled in, looked at, and sent."""

import re
from dataclasses import dataclass
from html import unescape

import httpx

from tests.admin.conftest import Browser
from tests.admin.pages import Read

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass
class Looked:
    """The page before the second yes. hidden: what its form would send."""

    browser: Browser
    path: str
    text: str
    hidden: dict[str, str]

    def send(self) -> httpx.Response:
        return self.browser.ask("POST", f"{self.path}/do", self.hidden)


def look(browser: Browser, path: str, **typed: str) -> Looked:
    """The form of `path`, filled in. An unreadable one comes back without anything to send."""
    answer = browser.post(path, on=path, **{"reason": "asked by phone", **typed})
    assert answer.status_code == 200
    _, _, rest = answer.text.partition(f'action="/admin{path}/do"')
    found = {name: unescape(value) for name, value in _HIDDEN.findall(rest.partition("</form>")[0])}
    return Looked(browser, path, Read(answer.text).text, found)


def do(browser: Browser, path: str, **typed: str) -> str:
    """All three steps; the path of the order below /admin."""
    looked = look(browser, path, **typed)
    assert looked.hidden, looked.text
    answer = looked.send()
    assert answer.status_code == 303, Read(answer.text).text
    return str(answer.headers["location"]).removeprefix("/admin")
