"""Every page: closed without a login, closed to the wrong role, closed to a form that is not ours; and what every
answer carries."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from admin.app import DOORS
from admin.desk import Door
from admin.forms import MAX_BYTES, MAX_FIELDS
from admin.polite import POLICY
from admin.statics import FILES
from core.base.clock import SetClock
from core.base.settings import Settings
from core.billing.model import AWAITING_NETWORK, Subscription
from core.billing.serve import start_paid_time
from core.staff.model import AuditEntry
from core.staff.roles import MAY
from tests.admin.conftest import Browser, House, logged_in, mounted
from tests.admin.pages import Read
from tests.admin.provider import Met, open_shop

PAGES = [door for door in DOORS if door.method == "GET"]
FORMS = [door for door in DOORS if door.method == "POST"]


def name(door: Door) -> str:
    return f"{door.method} {door.path}"


def path(door: Door, met: Met | None = None) -> str:
    ids = {
        "subscriber": met.subscriber if met else 1,
        "purchase": met.purchase if met else 1,
        "collection": met.collection if met else 1,
        "delivery": met.delivery if met else 1,
        "incident": met.incident if met else 1,
        "run": met.run if met else 1,
        "change": met.change if met else 1,
        "address": met.address if met else 1,
        "mailbox": met.mailbox if met else 1,
        "line": met.line if met else 1,
        "hold": met.hold if met else 1,
        "agreed": 1,
        "site": met.other_site if met else 1,
        "receipt": met.receipt if met else 1,
        "item": met.item if met else 1,
        "entry": met.entry if met else 1,
        "standstill": met.standstill if met else 1,
        "order": met.order if met else 1,
        "plan": met.plan if met else 1,
        "offer": met.offer if met else 1,
        "policy": 1,
        "rest": 2,
        "coupon": met.coupon if met else 1,
        "invoice": met.invoice if met else 1,
        "credit_note": met.credit_note if met else 1,
    }
    return re.sub(r"\{(\w+):int\}", lambda found: str(ids[found[1]]), door.path)


def inner_routes(web: Any) -> list[Any]:
    return [route for route in web.routes[0].app._app.app.routes if hasattr(route, "methods")]


@pytest.fixture
def met(house: House) -> Met:
    with house.work() as work:
        return open_shop(work)


def test_every_route_but_the_login_is_a_door(web: Any) -> None:
    """A page that somebody adds without a permission is seen here."""
    found = {(method, route.path) for route in inner_routes(web) for method in route.methods - {"HEAD"}}
    doors = {(door.method, door.path) for door in DOORS}
    assert found - doors == {("GET", "/login"), ("POST", "/login"), ("POST", "/logout")}
    assert doors <= found
    assert len(doors) > 15


def test_without_a_login_there_is_nothing_to_see(browser: Browser) -> None:
    browser.get("/login")
    token = browser.token("/login")
    for door in DOORS:
        answer = browser.ask(door.method, path(door), {"token": token} if door.method == "POST" else None)
        assert answer.status_code == 303, name(door)
        assert answer.headers["location"].startswith("/admin/login"), name(door)


def _line_is_on(house: House, met: Met) -> None:
    """A line that a form before has brought back waits for its router's yes."""
    with house.work() as work:
        if work.session.get_one(Subscription, met.line).state == AWAITING_NETWORK:
            start_paid_time(work, subscription_id=met.line, at=work.now)


@pytest.mark.parametrize("role", MAY)
def test_a_role_sees_what_it_may_and_no_more(house: House, browser: Browser, met: Met, role: str) -> None:
    logged_in(house, browser, role)
    for door in DOORS:
        _line_is_on(house, met)
        form = {"token": browser.token(), "reason": "looked into"} if door.method == "POST" else None
        answer = browser.ask(door.method, path(door, met), form)
        allowed = answer.status_code in (200, 303)
        assert allowed == door.opens_to(role), (name(door), answer.status_code)
        assert allowed or answer.status_code == 403


@pytest.mark.parametrize("role", MAY)
def test_no_page_shows_a_way_that_is_closed(house: House, browser: Browser, met: Met, role: str) -> None:
    logged_in(house, browser, role)
    links = {
        link.removeprefix("/admin").split("?")[0]
        for door in PAGES
        if door.opens_to(role)
        for link in Read(browser.get(path(door, met)).text).links
        if link.startswith("/admin")
    }
    assert {"/own", "/logout", "/routers"} <= links
    for link in links:
        assert browser.get(link).status_code in (200, 303, 405), link


def test_nobody_else_learns_a_name(house: House, browser: Browser, met: Met) -> None:
    logged_in(house, browser, "viewer")
    for door in PAGES:
        text = browser.get(path(door, met)).text
        assert "Odhiambo" not in text
        assert "712 345" not in text
        assert "254712345678" not in text


def test_a_form_without_our_token_changes_nothing(house: House, owner: Browser, met: Met) -> None:
    with house.work() as work:
        before = work.session.scalar(select(func.count()).select_from(AuditEntry))
    other = "0" * 32
    for door in FORMS:
        for form in ({}, {"token": ""}, {"token": other}, {"token": "é"}):
            answer = owner.ask("POST", path(door, met), {"reason": "because", **form})
            assert answer.status_code in (400, 403), name(door)
    with house.work() as work:
        assert work.session.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_another_s_token_is_no_token(house: House, web: Any, machine: SetClock, owner: Browser) -> None:
    other = logged_in(house, Browser(web, machine), "finance")
    assert other.ask("POST", "/own", {"token": owner.token()}).status_code == 403
    assert owner.ask("POST", "/logout", {"token": other.token()}).status_code == 403
    assert owner.get("/").status_code == 200


def test_a_login_form_of_another_site_is_refused(browser: Browser) -> None:
    form = {"email": "owner@pwani.example", "password": "x", "code": "1"}
    assert browser.ask("POST", "/login", form).status_code == 403


def test_a_page_is_strict_about_itself(owner: Browser, met: Met) -> None:
    for door in PAGES:
        answer = owner.get(path(door, met))
        assert answer.headers["content-security-policy"] == POLICY, name(door)
        assert answer.headers["cache-control"] == "no-store", name(door)
        assert answer.headers["x-frame-options"] == "DENY", name(door)
        if answer.status_code == 303 or answer.headers["content-type"] == "application/pdf":
            continue
        assert answer.status_code == 200, name(door)
        page = Read(answer.text)
        assert page.inline == [], name(door)
        assert page.unlabelled == [], name(door)
        assert page.tags.count("h1") == 1, name(door)
        assert all(where.startswith(("/admin/static/", "data:,")) for where in page.loaded), name(door)
        assert "Trial" in page.text, name(door)


def test_the_policy_has_no_hole() -> None:
    assert "unsafe" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize("at", ["/login", "/nothing", "/subscribers/0", "/subscribers/99999999999999999999"])
def test_other_answers_are_pages_too(owner: Browser, at: str) -> None:
    answer = owner.get(at)
    assert answer.status_code == (200 if at == "/login" else 404)
    assert answer.headers["content-security-policy"] == POLICY
    assert Read(answer.text).inline == []


@pytest.mark.parametrize("file", FILES)
def test_every_file_that_pages_load_is_there(browser: Browser, file: str) -> None:
    answer = browser.get(f"/static/{file}")
    assert answer.status_code == 200
    assert "max-age" in answer.headers["cache-control"]
    assert len(answer.content) > 100
    loaded = Read(browser.get("/login").text).loaded
    if file.endswith((".css", ".js")):
        assert any(where.startswith(f"/admin/static/{file}?v=") for where in loaded)


def test_only_those_files_are_served(browser: Browser) -> None:
    for guess in ("own/../app.py", "own/%2e%2e/app.py", "tabler/../../js/vendor/tabler.min.js", "own/"):
        assert browser.get(f"/static/{guess}").status_code == 404


def test_the_style_sheet_asks_nobody_else(browser: Browser) -> None:
    for file in FILES:
        words = browser.get(f"/static/{file}").text
        fetched = re.findall(r"url\(\s*['\"]?(?!data:|#)([^)'\"]+)|@import", words)
        assert fetched == [], file


class BrokenHouse(House):
    def work(self, request_id: str | None = None) -> Any:
        raise RuntimeError("the database is away")


def test_a_crash_is_a_polite_page(house: House, machine: SetClock, owner: Browser) -> None:
    broken = BrokenHouse(house.database, house.keyring)
    there = Browser(mounted(broken, machine, Settings(_env_file=None)), machine, cookies=owner.cookies)
    answer = there.get("/")
    assert answer.status_code == 500
    assert "Nothing was changed" in Read(answer.text).text
    assert answer.headers["content-security-policy"] == POLICY
    assert "database is away" not in answer.text


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"token=x&" + b"a" * MAX_BYTES, "application/x-www-form-urlencoded", 413),
        (b'{"token": "x"}', "application/json", 400),
        (b"a=1&" * (MAX_FIELDS + 1), "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"", "multipart/form-data; boundary=x", 400),
    ],
)
def test_a_body_that_is_no_form_is_refused(owner: Browser, content: bytes, kind: str, status: int) -> None:
    answer = owner.ask("POST", "/search", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == POLICY


def test_a_live_house_has_no_banner(house: House, machine: SetClock) -> None:
    settings = Settings(mode="live", public_url="https://bando.example", _env_file=None)
    live = Browser(mounted(house, machine, settings), machine, host="https://house")
    assert "Trial" not in live.get("/login").text
    logged_in(house, live, "owner")
    assert "Trial" not in live.get("/").text
