"""The page of a billing run: what a person sees before the yes, and what the yes does."""

import pytest
from sqlalchemy import select

from core.billing.cycle_model import CycleRun
from core.staff.model import AuditEntry
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.pages import Read
from tests.admin.provider import Met, open_shop


@pytest.fixture
def met(house: House) -> Met:
    with house.work() as work:
        return open_shop(work)


def test_a_run_is_looked_at_and_approved(house: House, owner: Browser, met: Met) -> None:
    assert f"/admin/billing/{met.run}" in Read(owner.get("/billing").text).links
    shown = Read(owner.get(f"/billing/{met.run}").text).text
    for words in (
        "waits for a yes",
        "Ksh 2,000",
        "Ksh 1,500",
        "Another price than last time",
        met.account_no,
    ):
        assert words in shown
    answer = owner.post(f"/billing/{met.run}/approve")
    assert answer.headers["location"] == f"/admin/billing/{met.run}?done=approved"
    with house.work() as work:
        assert work.session.get_one(CycleRun, met.run).state == "running"
        assert "cycle_approved" in work.session.scalars(select(AuditEntry.what)).all()


def test_a_no_needs_its_reason(house: House, owner: Browser, met: Met) -> None:
    assert owner.post(f"/billing/{met.run}/refuse", reason="").status_code == 409
    assert owner.post(f"/billing/{met.run}/refuse", reason="the price list is wrong").status_code == 303
    assert "the price list is wrong" in Read(owner.get(f"/billing/{met.run}").text).text
    assert owner.post(f"/billing/{met.run}/approve").status_code == 409


def test_support_sees_and_does_not_decide(house: House, browser: Browser, met: Met) -> None:
    page = logged_in(house, browser, "support").get(f"/billing/{met.run}").text
    assert "waits for a yes" in Read(page).text
    assert f"/admin/billing/{met.run}/approve" not in Read(page).links
