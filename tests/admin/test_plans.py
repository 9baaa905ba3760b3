"""The plans' pages: who may change a price, what is noted, and what a form that is wrong comes back with."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import nairobi_day
from core.catalogue.model import Plan
from core.catalogue.price_model import PlanFee, PlanOffer, PlanPrice
from core.catalogue.prices import price_on
from core.staff.model import AuditEntry
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.pages import Read
from tests.conftest import START
from tests.factories import a_home_plan, a_hotspot_plan, a_site

TODAY = nairobi_day(START)
PRICE = {"price": "1,800", "from_day": f"{TODAY + timedelta(days=9)}", "reason": "more expensive uplink"}


@pytest.fixture
def plan(house: House) -> int:
    with house.work() as work:
        return a_home_plan(work, 1_500).id


def text(browser: Browser, path: str) -> str:
    return Read(browser.get(path).text).text


def test_a_price_from_a_day_on(house: House, browser: Browser, plan: int) -> None:
    logged_in(house, browser, "finance")
    assert browser.post(f"/plans/{plan}/price", **PRICE).status_code == 303
    with house.work() as work:
        noted = work.session.scalars(select(PlanPrice).order_by(PlanPrice.id.desc()).limit(1)).one()
        assert (noted.price_cents, noted.reason) == (180_000, "more expensive uplink")
        assert noted.by_staff_id is not None
        assert price_on(work, plan, TODAY).minor == 150_000
        assert (
            work.session.scalar(select(AuditEntry.what).where(AuditEntry.whom == "plan"))
            == "plan_price_changed"
        )
    shown = text(browser, f"/plans/{plan}?done=price")
    assert "Ksh 1,800" in shown
    assert "more expensive uplink" in shown
    assert "Ksh 1,500" in text(browser, "/plans")


def test_a_price_without_taxes_is_kept_with_them(house: House, browser: Browser, plan: int) -> None:
    logged_in(house, browser, "finance")
    assert (
        browser.post(f"/plans/{plan}/price", **{**PRICE, "price": "2000", "taxes": "on_top"}).status_code
        == 303
    )
    with house.work() as work:
        noted = work.session.scalars(select(PlanPrice).order_by(PlanPrice.id.desc()).limit(1)).one()
        assert noted.price_cents == 266_800  # 2,000 x 1.15 x 1.16


@pytest.mark.parametrize(
    "wrong",
    [
        {"price": "12.50"},
        {"price": "-5"},
        {"price": "9" * 30},
        {"price": "١٨٠٠"},
        {"from_day": f"{TODAY - timedelta(days=1)}"},
        {"from_day": "tomorrow"},
        {"reason": "x"},
    ],
)
def test_a_wrong_price_comes_back_with_what_was_typed(
    house: House, browser: Browser, plan: int, wrong: dict[str, str]
) -> None:
    logged_in(house, browser, "owner")
    answer = browser.post(f"/plans/{plan}/price", **{**PRICE, **wrong})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    assert 'value="tomorrow"' in answer.text or "tomorrow" not in wrong.values()
    with house.work() as work:
        assert work.session.get_one(Plan, plan).price_cents == 150_000
        assert work.session.scalars(select(AuditEntry).where(AuditEntry.whom == "plan")).all() == []


def test_offer_fee_sale_and_retreat(house: House, browser: Browser, plan: int) -> None:
    logged_in(house, browser, "owner")
    why = {"reason": "Jamhuri Day"}
    day = {"from_day": f"{TODAY}", "last_day": f"{TODAY}"}
    assert browser.post(f"/plans/{plan}/offer", price="1000", site="", **day, **why).status_code == 303
    assert browser.post(f"/plans/{plan}/fee", price="2000", kind="installation", **why).status_code == 303
    assert browser.post(f"/plans/{plan}/retire", **why).status_code == 303
    assert "retired" in text(browser, f"/plans/{plan}")
    assert browser.post(f"/plans/{plan}/sell", **why).status_code == 303
    with house.work() as work:
        offer = work.session.scalars(select(PlanOffer)).one()
        assert (offer.price_cents, (offer.until_at - offer.from_at).days) == (100_000, 1)
        assert work.session.scalars(select(PlanFee.cents)).one() == 200_000
    assert browser.post(f"/offers/{offer.id}/end").status_code == 303
    with house.work() as work:
        assert work.session.scalars(select(PlanOffer.until_at)).one() == work.now


def test_it_is_sold_at_one_more_site(house: House, browser: Browser, plan: int) -> None:
    logged_in(house, browser, "owner")
    with house.work() as work:
        site = a_site(work, "Malindi").id
    assert "Malindi" in browser.get(f"/plans/{plan}").text
    assert browser.post(f"/plans/{plan}/at", site=str(site), reason="a new mast").status_code == 303
    with house.work() as work:
        assert site in [at.id for at in work.session.get_one(Plan, plan).sites]
    for wrong in (str(site), "9999", "x"):
        assert 'role="alert"' in browser.post(f"/plans/{plan}/at", site=wrong, reason="again").text


def test_what_is_offered_at_one_site_is_sold_at_no_other(house: House, browser: Browser) -> None:
    logged_in(house, browser, "owner")
    with house.work() as work:
        first, other = a_site(work, "Kilifi"), a_site(work, "Malindi")
        sold = a_hotspot_plan(work, 50, sites=[first])
        plan, here, there = sold.id, str(first.id), str(other.id)
    day = {"from_day": f"{TODAY}", "last_day": f"{TODAY}", "reason": "market day"}
    assert browser.post(f"/plans/{plan}/offer", price="40", site=here, **day).status_code == 303
    assert 'role="alert"' in browser.post(f"/plans/{plan}/at", site=there, reason="a new mast").text


def test_who_may_not_sees_no_form(house: House, browser: Browser, plan: int) -> None:
    logged_in(house, browser, "support")
    page = Read(browser.get(f"/plans/{plan}").text)
    assert not [link for link in page.links if link.endswith(("/price", "/retire"))]
    assert browser.post(f"/plans/{plan}/price", **PRICE).status_code == 403
