"""Drafting a plan: from the form to what a subscriber may buy, and what a wrong form comes back with."""

from typing import Any

import pytest
from sqlalchemy import select

from core.catalogue.model import Plan
from core.catalogue.queries import offers
from tests.admin.conftest import Browser, House, logged_in
from tests.factories import a_site

FORM = {
    "kind": "pppoe",
    "name": "Home 15Mbps",
    "code": "home15",
    "price": "2,500",
    "length": "1",
    "unit": "months",
    "down": "15",
    "up": "10",
    "devices": "1",
    "data": "",
    "after": "stop",
    "billing": "prepaid",
    "reason": "asked for at the market",
}


@pytest.fixture
def site(house: House) -> int:
    with house.work() as work:
        return a_site(work, "Kilifi").id


def test_from_the_form_to_the_menu(house: House, browser: Browser, site: int) -> None:
    logged_in(house, browser, "finance")
    answer = browser.post("/plans/new", **FORM, **{f"site-{site}": "1"})
    assert answer.status_code == 303
    with house.work() as work:
        made = work.session.scalars(select(Plan)).one()
        assert (made.state, made.price_cents, made.download_kbps) == ("draft", 250_000, 15_000)
        assert (made.starts, [at.id for at in made.sites]) == ("grant", [site])
        assert offers(work, "pppoe") == []
    assert browser.post(f"/plans/{made.id}/sell", reason="all of it is right").status_code == 303
    with house.work() as work:
        assert [offer.name for offer in offers(work, "pppoe")] == ["Home 15Mbps"]


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ({"kind": "hotspot", "unit": "hours", "length": "24"}, ("hotspot", "seconds", 86_400, "first_login")),
        ({"kind": "hotspot", "unit": "days", "length": "7"}, ("hotspot", "seconds", 604_800, "first_login")),
        ({"kind": "pppoe", "unit": "days", "length": "30"}, ("pppoe", "days", 30, "grant")),
        ({"kind": "topup", "data": "10"}, ("pppoe", "months", 1, "grant")),
    ],
)
def test_each_kind(house: House, browser: Browser, site: int, typed: dict[str, str], made: Any) -> None:
    logged_in(house, browser, "owner")
    assert browser.post("/plans/new", **{**FORM, **typed, f"site-{site}": "1"}).status_code == 303
    with house.work() as work:
        plan = work.session.scalars(select(Plan)).one()
        assert (plan.kind, plan.term_unit, plan.term_count, plan.starts) == made
        assert plan.role == ("topup" if typed["kind"] == "topup" else "access")
        assert plan.data_cap_bytes == (10 * 10**9 if "data" in typed else None)


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ({"payday": "31"}, (31, False, False)),
        ({"payday": "31", "billing": "postpaid"}, (31, False, False)),
        ({"kind": "hotspot", "unit": "days", "midnight": "1"}, (None, True, False)),
        ({"kind": "topup", "data": "10", "carries": "1"}, (None, False, True)),
        ({"midnight": "1", "carries": "1"}, (None, False, False)),
    ],
)
def test_how_its_time_and_its_data_end(
    house: House, browser: Browser, site: int, typed: dict[str, str], made: Any
) -> None:
    logged_in(house, browser, "owner")
    assert browser.post("/plans/new", **{**FORM, **typed, f"site-{site}": "1"}).status_code == 303
    with house.work() as work:
        plan = work.session.scalars(select(Plan)).one()
        assert (plan.fixed_anchor, plan.until_midnight, plan.carries_over) == made


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "longer than a screen"},
        {"code": "code\n2"},
        {"price": "0"},
        {"price": "250001"},
        {"price": "12.5"},
        {"length": "0"},
        {"unit": "hours"},
        {"unit": "years"},
        {"kind": "other"},
        {"kind": "topup"},
        {"down": "-1"},
        {"devices": "9" * 40},
        {"billing": "never"},
        {"payday": "32"},
        {"payday": "31", "unit": "days"},
        {"payday": "31", "length": "3"},
        {"payday": "31", "kind": "hotspot"},
        {"reason": "x"},
        {"site": "none"},
    ],
)
def test_a_wrong_form_comes_back(house: House, browser: Browser, site: int, wrong: dict[str, str]) -> None:
    logged_in(house, browser, "owner")
    sites = {} if "site" in wrong else {f"site-{site}": "1"}
    answer = browser.post("/plans/new", **{**FORM, **wrong, **sites})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    with house.work() as work:
        assert work.session.scalars(select(Plan)).all() == []
