"""Corrections of time by page: days, payday, promise, emergency day, grace, payer, end; and our own standstills."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import NAIROBI, last_day, nairobi_day
from core.base.money import Money
from core.billing.dunning_model import Promise, Standstill
from core.billing.line_model import DaysGiven, LineEnding
from core.billing.model import Subscription
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import post
from core.staff.model import AuditEntry, StaffOrder
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.deeds import do, look
from tests.admin.pages import Read
from tests.conftest import START
from tests.factories import AMINA, JUMA, a_cashier, a_home_line, a_home_plan, a_site, a_subscriber

TODAY = nairobi_day(START)


@dataclass
class Home:
    """Amina's line at Kilifi, granted now, and 1,000 of her own; Juma is another account."""

    line: int
    amina: int
    juma: int
    juma_no: str
    site: int


@pytest.fixture
def home(house: House) -> Home:
    with house.work() as work:
        site = a_site(work, "Kilifi")
        amina, juma = a_subscriber(work, AMINA), a_subscriber(work, JUMA, name="Juma")
        line = a_home_line(work, amina, a_home_plan(work, sites=[site]))
        own = Money.shillings(1_000)
        post(
            work,
            kind="payment",
            source="test:own",
            sides=[(MPESA_CLEARING, own), (receivable(amina.id), -own)],
        )
        return Home(line.id, amina.id, juma.id, juma.account_no, site.id)


def now(house: House, home: Home) -> Subscription:
    with house.work() as work:
        return work.session.get_one(Subscription, home.line)


def until(house: House, home: Home) -> str:
    paid = now(house, home).paid_through
    assert paid is not None
    return f"{last_day(paid):%d/%m/%Y}"


def audited(house: House) -> list[str]:
    with house.work() as work:
        rows = work.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)).all()
        return [what for what in rows if not what.endswith(("_seen", "logged_in"))]


def test_days_are_shown_and_given_once(house: House, owner: Browser, home: Home) -> None:
    path = f"/lines/{home.line}/give"
    before = until(house, home)
    looked = look(owner, path, days="3", what="outage")
    assert before in looked.text
    assert until(house, home) == before
    orders = {looked.send().headers["location"] for _ in range(2)}
    assert len(orders) == 1
    assert until(house, home) != before
    assert until(house, home) in looked.text
    with house.work() as work:
        assert work.session.scalars(select(DaysGiven.kind)).one() == "outage"
    for days in ("0", "32", "", "-1", "1.5"):
        assert look(owner, path, days=days, what="goodwill").hidden == {}
    assert audited(house) == ["days_given"]


def test_many_days_wait_for_a_second_person(house: House, browser: Browser, home: Home) -> None:
    """A month and more for nothing is money by another name."""
    with house.work() as work:
        dear = a_home_line(
            work, a_subscriber(work, JUMA), a_home_plan(work, price=9_000, sites=[a_site(work)])
        )
        a_cashier(work)
        line_id = dear.id
    support = logged_in(house, browser, "support")
    order = do(support, f"/lines/{line_id}/give", days="20", what="goodwill")
    assert "waits for a second person" in Read(support.get(order).text).text
    assert support.post(f"{order}/agree", on=order, seen="").status_code == 403
    assert support.post(f"{order}/refuse", on=order, reason="typed the wrong line").status_code == 303
    with house.work() as work:
        assert work.session.scalars(select(StaffOrder.state)).one() == "refused"
        assert work.session.scalars(select(DaysGiven)).all() == []


def test_the_payday_is_moved_for_own_money(house: House, owner: Browser, home: Home) -> None:
    path = f"/lines/{home.line}/payday"
    looked = look(owner, path, day="28")
    for words in ("Invoice", "Sales", "Has with us Ksh 1,000", "Payday"):
        assert words in looked.text
    assert looked.send().status_code == 303
    assert now(house, home).anchor_day == 28
    assert until(house, home).startswith("28/")
    assert until(house, home) in looked.text
    assert look(owner, path, day="32").hidden == {}
    too_dear = look(owner, path, day="27")
    assert "of its own" in too_dear.text
    assert audited(house) == ["payday_moved"]


def test_promise_emergency_day_and_grace(house: House, owner: Browser, home: Home) -> None:
    far = TODAY + timedelta(days=60)
    assert look(owner, f"/lines/{home.line}/promise", until=f"{far}").hidden == {}
    day = TODAY + timedelta(days=9)
    assert (
        f"Dunning waits until – {day:%d/%m/%Y}"
        in look(owner, f"/lines/{home.line}/promise", until=f"{day}").text
    )
    do(owner, f"/lines/{home.line}/promise", until=f"{day}")
    assert "lately" in look(owner, f"/lines/{home.line}/promise", until=f"{day}").text
    do(owner, f"/lines/{home.line}/lend")
    assert "lately" in look(owner, f"/lines/{home.line}/lend").text
    do(owner, f"/lines/{home.line}/grace", days="10")
    assert now(house, home).grace_days == 10
    assert look(owner, f"/lines/{home.line}/grace", days="61").hidden == {}
    page = Read(owner.get(f"/subscribers/{home.amina}/dunning").text).text
    assert f"{day:%d/%m/%Y}" in page
    assert "Has agreed" in page
    do(owner, f"/lines/{home.line}/grace", days="")
    line = now(house, home)
    assert line.grace_days is None
    assert line.lent_through is not None
    with house.work() as work:
        assert work.session.scalars(select(Promise.by_staff_id)).one() is not None
    assert audited(house) == ["promise_noted", "day_lent", "grace_set", "grace_set"]


def test_another_account_pays(house: House, owner: Browser, home: Home) -> None:
    path = f"/lines/{home.line}/payer"
    assert home.juma_no in look(owner, path, account=home.juma_no).text
    do(owner, path, account=home.juma_no)
    assert now(house, home).payer_id == home.juma
    assert "already" in look(owner, path, account=home.juma_no).text
    do(owner, path, account="")
    assert now(house, home).payer_id is None


def test_an_end_shows_its_last_statement_before(house: House, owner: Browser, home: Home) -> None:
    looked = look(owner, f"/lines/{home.line}/end")
    assert "ended" in looked.text
    assert now(house, home).state == "active"
    assert looked.send().status_code == 303
    assert now(house, home).state == "ended"
    assert "ended already" in look(owner, f"/lines/{home.line}/end").text
    with house.work() as work:
        assert work.session.scalars(select(LineEnding)).one().reason == "asked by phone"


def test_our_side_stands_still_and_runs_again(house: House, owner: Browser, home: Home) -> None:
    since = f"{(START - timedelta(hours=2)).astimezone(NAIROBI):%Y-%m-%dT%H:%M}"
    looked = look(owner, "/standstills/new", site=str(home.site), since=since)
    assert "Home lines that wait 0 1" in looked.text
    assert looked.send().status_code == 303
    assert "stands still already" in look(owner, "/standstills/new", site=str(home.site), since=since).text
    for wrong in ("", "2020-01-01T00:00", "2099-01-01T00:00"):
        assert look(owner, "/standstills/new", site="0", since=wrong).hidden == {}
    links = Read(owner.get("/dunning").text).links
    (over,) = {link.removeprefix("/admin") for link in links if link.endswith("/over")}
    do(owner, over)
    assert "over already" in look(owner, over).text
    with house.work() as work:
        found = work.session.scalars(select(Standstill)).one()
        assert (found.site_id, found.to_at) == (home.site, work.now)
    assert audited(house) == ["standstill_opened", "standstill_closed"]


def test_support_eases_and_does_not_stop_the_world(house: House, browser: Browser, home: Home) -> None:
    support = logged_in(house, browser, "support")
    do(support, f"/lines/{home.line}/give", days="1", what="goodwill")
    page = Read(support.get(f"/subscribers/{home.amina}/lines").text)
    assert f"/admin/lines/{home.line}/give" in page.links
    assert f"/admin/lines/{home.line}/payer" not in page.links
    for path in ("/standstills/new", f"/lines/{home.line}/payer"):
        assert support.get(path).status_code == 403
