"""Cash and bank money by page: shown before, booked once, found again, taken out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import SetClock, nairobi_day
from core.ledger.queries import account_balance
from core.payments.model import Receipt
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.deeds import do, look
from tests.admin.pages import Read
from tests.factories import a_home_line, a_home_plan, a_subscriber


@pytest.fixture
def amina(house: House) -> int:
    with house.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work))
        return owner.id


def asked(house: House, **changes: str) -> dict[str, str]:
    with house.work() as work:
        today = nairobi_day(work.now)
    return {"amount": "1500", "way": "cash", "reference": "0123", "day": f"{today}", "reason": "", **changes}


def booked(house: House) -> list[tuple[str, str, bool]]:
    """(way, number, whether it was taken out)"""
    with house.work() as work:
        found = work.session.scalars(select(Receipt).order_by(Receipt.id))
        return [(receipt.provider, receipt.number, receipt.reversed_at is not None) for receipt in found]


def lies(house: House, code: str) -> int:
    with house.work() as work:
        return account_balance(work, code).minor


def test_what_it_does_is_shown_and_then_done_once(house: House, owner: Browser, amina: int) -> None:
    path = f"/subscribers/{amina}/take-money"
    assert f"/admin{path}" in Read(owner.get(f"/subscribers/{amina}/journal").text).links
    looked = look(owner, path, **asked(house))
    for words in ("Payment received", "Cash", "Ksh 1,500", "Paid up to", "22/01/2027"):
        assert words in looked.text
    assert booked(house) == []
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: looked.send(), range(2)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert (booked(house), lies(house, "cash")) == ([("cash", "123", False)], 150_000)
    receipt = f"/receipts/{only(house)}"
    shown = Read(owner.get(receipt).text)
    for words in ("Cash", "Booked by", "owner@pwani.example", "Home"):
        assert words in shown.text
    assert f"/admin{receipt}/take-out" in shown.links
    assert f"/admin{receipt}/taken-back" not in shown.links
    assert f"/admin{receipt}" in Read(owner.get("/receipts?show=cash").text).links
    assert f"/admin{receipt}" not in Read(owner.get("/receipts?show=bank").text).links


def only(house: House) -> int:
    """The one receipt that stands; numbers of rows that were only looked at are gone."""
    with house.work() as work:
        found: int = work.session.scalars(select(Receipt.id)).one()
        return found


def test_a_number_that_is_booked_and_a_day_to_come_are_refused(
    house: House, owner: Browser, amina: int
) -> None:
    path = f"/subscribers/{amina}/take-money"
    first, second = (look(owner, path, **asked(house, way="bank", reference="FT26327ABC")) for _ in range(2))
    assert first.send().status_code == 303
    answer = second.send()
    assert answer.status_code == 200
    assert "FT26327ABC is booked already: Ksh 1,500 on account" in Read(answer.text).text
    with house.work() as work:
        tomorrow = nairobi_day(work.now) + timedelta(days=1)
    for wrong in ({"day": f"{tomorrow}"}, {"day": ""}, {"reference": ""}, {"way": "mpesa"}, {"amount": "0"}):
        assert look(owner, path, **asked(house, **wrong)).hidden == {}
    assert booked(house) == [("bank", "FT26327ABC", False)]


def test_what_did_not_clear_is_taken_out_and_m_pesas_is_not(house: House, owner: Browser, amina: int) -> None:
    do(owner, f"/subscribers/{amina}/take-money", **asked(house, way="bank", reference="CHQ 000777"))
    receipt = f"/receipts/{only(house)}"
    assert "did not come by M-PESA" in refused(owner, f"{receipt}/taken-back")
    do(owner, f"{receipt}/take-out", reason="the cheque bounced")
    assert (booked(house), lies(house, "clearing.bank")) == ([("bank", "CHQ000777", True)], 0)
    assert "out of the books already" in look(owner, f"{receipt}/take-out").text


def refused(browser: Browser, path: str) -> str:
    return Read(browser.post(path, on="/own", reason="asked by phone").text).text


def test_money_that_comes_in_needs_no_second_person_and_money_that_goes_out_does(
    house: House, web: object, machine: SetClock, owner: Browser, amina: int
) -> None:
    clerk = logged_in(house, Browser(web, machine), "finance")
    do(clerk, f"/subscribers/{amina}/take-money", **asked(house, amount="9000"))
    assert lies(house, "cash") == 900_000
    receipt = f"/receipts/{only(house)}"
    looked = look(clerk, f"{receipt}/take-out")
    assert "until a second person agrees" in looked.text
    order = do(clerk, f"{receipt}/refund", amount="1000")
    assert "Give Ksh 1,000 back to whoever paid 123, in cash" in Read(clerk.get(order).text).text
    support = logged_in(house, Browser(web, machine), "support")
    assert support.get(f"/subscribers/{amina}/take-money").status_code in (403, 404)
