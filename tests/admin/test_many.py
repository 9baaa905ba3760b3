"""A text to everybody at a site: who may, who is told, what is shown first, and the second yes."""

import re

import pytest
from sqlalchemy import select

from core.base.dated import DatedSetting
from core.base.msisdn import Msisdn
from core.billing.model import ENDED, Subscription
from core.catalogue.model import Plan, Site
from core.messaging.consent import give
from core.messaging.model import Notice, NoticeBatch
from core.messaging.template import Purpose
from core.staff.model import AuditEntry
from core.subscribers.meet import meet
from core.subscribers.model import Subscriber
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.pages import Read
from tests.admin.provider import Met, open_shop
from tests.factories import a_home_line, a_home_plan

OUTAGE = {"kind": "outage", "since": "14:05"}
OFFER = {"kind": "offer", "last_day": "2026-12-14"}


@pytest.fixture
def met(house: House) -> Met:
    """A shop whose one home line has ended: nobody is served but whom a test lets in."""
    with house.work() as work:
        found = open_shop(work)
        work.session.get_one(Subscription, found.line).state = ENDED
    return found


def served(house: House, met: Met, count: int, *, language: str = "en", wants_offers: bool = False) -> None:
    """So many people with a home line that runs at the site."""
    with house.work() as work:
        plan = a_home_plan(work)
        for number in range(count):
            person = meet(work, msisdn=Msisdn(f"2547{'2' if language == 'sw' else '3'}000{number:04d}"))
            person.language = language
            a_home_line(work, person, plan).site_id = met.site
            if wants_offers:
                give(work, subscriber_id=person.id, purpose=Purpose.MARKETING, how="sms", wording="ANZA")


def look(browser: Browser, met: Met, **form: str) -> str:
    answer = browser.post("/tell/preview", site=str(met.site), **form)
    assert answer.status_code == 200
    return answer.text


def send(browser: Browser, page: str, people: str) -> tuple[int, str]:
    """The second form, as the first one filled it in: (status, where it leads or what it says)."""
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    hidden.pop("token")
    answer = browser.post("/tell", on="/own", **hidden, people=people)
    return answer.status_code, answer.headers.get("location") or Read(answer.text).text


def notices(house: House) -> list[tuple[str, str]]:
    with house.work() as work:
        rows = work.session.scalars(select(Notice).where(Notice.batch_id.is_not(None)).order_by(Notice.id))
        return sorted((row.template, row.language) for row in rows)


def test_it_is_shown_first_with_length_people_and_cost_in_both_languages(
    house: House, owner: Browser, met: Met
) -> None:
    served(house, met, 3)
    served(house, met, 2, language="sw")
    text = Read(look(owner, met, **OUTAGE)).text
    assert "Baraka: internet is down since 14:05." in text
    assert "Baraka: intaneti imekatika tangu 14:05." in text
    assert re.search(r"English .* \d+ / 160 1 3 SMS 3 Ksh 2.40", text)
    assert re.search(r"Kiswahili .* \d+ / 160 1 2 SMS 2 Ksh 1.60", text)
    assert "People 5 Cost at most Ksh 4" in text
    assert notices(house) == []


def test_the_second_yes_is_the_number_typed_and_counts_once(house: House, owner: Browser, met: Met) -> None:
    served(house, met, 3)
    page = look(owner, met, **OUTAGE)
    for wrong in ("", "2", "4", "three", "03"):
        status, said = send(owner, page, wrong)
        assert (status, "type the number of people: 3" in said) == (200, True)
    assert notices(house) == []
    assert send(owner, page, " 3 ") == (303, "/admin/tell?kind=outage&done=3")
    assert send(owner, page, "3") == (303, "/admin/tell?kind=outage&done=0")
    assert notices(house) == [("outage", "en")] * 3
    with house.work() as work:
        (entry,) = work.session.scalars(select(AuditEntry).where(AuditEntry.what == "many_told"))
        assert (entry.whom, entry.whom_id) == ("site", met.site)
        assert entry.detail == {"template": "outage", "people": 3}
    assert "It is on its way to 3 people." in owner.get("/tell?kind=outage&done=3").text


def test_an_offer_goes_only_to_who_wants_offers(house: House, owner: Browser, met: Met) -> None:
    served(house, met, 3)
    served(house, met, 2, language="sw", wants_offers=True)
    with house.work() as work:
        plan = work.session.query(Plan).filter_by(code="day").one()
        plan.sites = [work.session.get_one(Site, met.site)]
        offered = str(plan.id)
        work.session.get_one(Subscriber, met.subscriber).site_id = met.site
    page = look(owner, met, **OFFER, plan=offered)
    assert "Ofa ya Pwani Net Baraka: WiFi saa 24 kwa Ksh 50, hadi 14/12/2026." in Read(page).text
    assert send(owner, page, "2")[0] == 303
    assert notices(house) == [("offer", "sw")] * 2


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"kind": "voucher"}, "There is no such message."),
        ({"kind": "outage", "since": "25:00"}, "Write the time as 14:05."),
        ({"kind": "outage", "since": "<b>"}, "Write the time as 14:05."),
        ({"kind": "planned_work", "day": "2026-11-21", "since": "10:00", "until": "12:00"}, "not past"),
        ({"kind": "planned_work", "day": "tomorrow", "since": "10:00", "until": "12:00"}, "not past"),
        ({"kind": "offer", "last_day": "2026-12-14", "plan": "1"}, "a plan that is sold at this site"),
        ({"kind": "offer", "last_day": "2026-12-14", "plan": "x"}, "a plan that is sold at this site"),
        ({"kind": "outage", "since": "14:05", "site": "999"}, "There is no such message."),
    ],
)
def test_what_does_not_fit_is_said_and_the_form_stays(
    house: House, owner: Browser, met: Met, form: dict[str, str], why: str
) -> None:
    answer = owner.post("/tell/preview", **({"site": str(met.site)} | form))
    assert (answer.status_code, why in Read(answer.text).text) == (200, True)


def test_more_than_a_few_hundred_need_a_second_person(house: House, owner: Browser, met: Met) -> None:
    served(house, met, 3)
    with house.work() as work:
        work.session.add(
            DatedSetting(
                name="tell_many.alone_up_to", starts_at=work.now, value=2, set_at=work.now, set_by="test"
            )
        )
    status, said = send(owner, look(owner, met, **OUTAGE), "3")
    assert (status, "a second person must agree first" in said) == (200, True)
    assert notices(house) == []


def test_where_there_is_nobody_nothing_can_be_sent(house: House, owner: Browser, met: Met) -> None:
    page = look(owner, met, **OUTAGE)
    assert "There is nobody to tell." in Read(page).text
    assert 'name="once"' not in page


def test_a_form_that_we_did_not_make_tells_nobody(house: House, owner: Browser, met: Met) -> None:
    served(house, met, 1)
    answer = owner.post("/tell", on="/own", site=str(met.site), **OUTAGE, people="1", once="x")
    assert "This form is old." in Read(answer.text).text
    with house.work() as work:
        assert work.session.query(NoticeBatch).count() == 0


@pytest.mark.parametrize("role", ["finance", "support", "technician", "viewer"])
def test_nobody_but_an_owner_may(house: House, browser: Browser, met: Met, role: str) -> None:
    logged_in(house, browser, role)
    assert browser.get("/tell").status_code == 403
    assert browser.post("/tell/preview", **OUTAGE).status_code == 403
    assert browser.post("/tell", **OUTAGE, people="1").status_code == 403
    assert "/admin/tell" not in Read(browser.get("/own").text).links
