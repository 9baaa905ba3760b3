"""The page of offer codes: who may make one, what it says of its uses, and what a wrong form comes back with."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import nairobi_day, start_of_day
from core.catalogue.coupon_model import Coupon
from core.staff.model import AuditEntry
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.pages import Read
from tests.conftest import START
from tests.factories import a_collection, a_hotspot_plan

TODAY = nairobi_day(START)
FORM = {
    "code": "save-20",
    "off": "20",
    "unit": "percent",
    "plan": "",
    "site": "",
    "from_day": f"{TODAY}",
    "last_day": f"{TODAY + timedelta(days=6)}",
    "uses": "100",
    "uses_a_person": "1",
    "reason": "Jamhuri Day",
}


def test_made_used_and_taken_back(house: House, browser: Browser) -> None:
    logged_in(house, browser, "finance")
    assert browser.post("/coupons", **FORM).status_code == 303
    with house.work() as work:
        made = work.session.scalars(select(Coupon)).one()
        assert (made.code, made.percent_bp, made.reason) == ("SAVE20", 2_000, "Jamhuri Day")
        assert made.until_at == start_of_day(TODAY + timedelta(days=7))
        assert made.by_staff_id is not None
        a_collection(work, a_hotspot_plan(work), coupon="SAVE20")
    shown = Read(browser.get("/coupons?done=made").text).text
    for said in ("SAVE20", "20 %", "1 / 100", "Ksh 10", "every plan", "holds"):
        assert said in shown, said
    assert browser.post(f"/coupons/{made.id}/retire").status_code == 303
    assert "taken back" in Read(browser.get("/coupons").text).text
    with house.work() as work:
        told = work.session.scalars(select(AuditEntry.what).where(AuditEntry.whom == "coupon")).all()
        assert sorted(told) == ["coupon_made", "coupon_retired"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"off": "0"},
        {"off": "12.5"},
        {"off": "9" * 30},
        {"plan": "99999"},
        {"plan": "x"},
        {"last_day": f"{TODAY - timedelta(days=1)}"},
        {"uses": "0"},
        {"reason": "x"},
        {"code": "STOP"},
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(
    house: House, browser: Browser, wrong: dict[str, str]
) -> None:
    logged_in(house, browser, "owner")
    answer = browser.post("/coupons", **{**FORM, **wrong})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
    with house.work() as work:
        assert work.session.scalars(select(Coupon)).all() == []


def test_who_may_not_sees_no_form(house: House, browser: Browser) -> None:
    logged_in(house, browser, "support")
    page = Read(browser.get("/coupons").text)
    assert not [link for link in page.links if link.endswith("/retire")]
    assert browser.post("/coupons", **FORM).status_code == 403
