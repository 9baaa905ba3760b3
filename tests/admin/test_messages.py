"""The page of messages: what found no way, what each day cost, what is said and how long it is."""

from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.database import Work
from core.base.i18n import LANGUAGES
from core.messaging.model import Notice, NoticeTry
from core.messaging.templates import TEMPLATES
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.pages import Read
from tests.admin.provider import Met, open_shop


@pytest.fixture
def met(house: House) -> Met:
    with house.work() as work:
        return open_shop(work)


def a_notice(work: Work, person: int, key: str, state: str, *tries: tuple[str, str, int]) -> int:
    """A notice with its tries: (channel, state, cents)."""
    notice_id = work.next_id("notices")
    notice = Notice(
        id=notice_id, subscriber_id=person, channel="sms", address="254712345678", template="money_kept",
        language="en", values_sealed=b"", dedupe_key=key, state=state, attempts=len(tries),
        created_at=work.now, last_error="403 InvalidPhoneNumber 254712345678",
    )  # fmt: skip
    work.session.add(notice)
    work.session.flush()
    for number, (channel, outcome, cents) in enumerate(tries, 1):
        work.session.add(
            NoticeTry(
                notice_id=notice_id, number=number, channel=channel, address="x", state=outcome,
                again=number > 1, cost_cents=cents, begun_at=work.now,
                sent_at=work.now if outcome in ("sent", "delivered") else None,
            )
        )  # fmt: skip
    return notice_id


def test_what_found_no_way_is_listed_with_the_ways_that_were_tried(
    house: House, owner: Browser, met: Met
) -> None:
    with house.work() as work:
        a_notice(work, met.subscriber, "a", "waiting", ("telegram", "failed", 0), ("sms", "failed", 0))
        a_notice(work, met.subscriber, "b", "delivered", ("sms", "delivered", 80))
        a_notice(work, met.subscriber, "c", "unknown", ("sms", "unknown", 0))
    page = Read(owner.get("/messages").text)
    assert page.text.count("money kept") == 2
    assert "telegram failed, sms failed" in page.text
    assert "not delivered" in page.text
    assert f"/admin/subscribers/{met.subscriber}" in page.links
    assert "254712345678" not in page.text


def test_costs_are_summed_by_day_and_channel(house: House, owner: Browser, met: Met, clock: SetClock) -> None:
    with house.work() as work:
        a_notice(work, met.subscriber, "old", "sent", ("sms", "sent", 999_00))
    clock.advance(timedelta(days=40))
    with house.work() as work:
        a_notice(work, met.subscriber, "a", "sent", ("whatsapp", "sent", 60), ("sms", "sent", 80))
        a_notice(work, met.subscriber, "b", "delivered", ("sms", "delivered", 81))
    text = Read(owner.get("/messages/costs").text).text
    assert "Cost in 30 days Ksh 2.21" in text
    assert "Messages in 30 days 3" in text
    assert "01/01/2027 sms 2 2 1 Ksh 1.61 Ksh 0.80" in text
    assert "01/01/2027 whatsapp 1 1 0 Ksh 0.60 Ksh 0.60" in text
    assert "999" not in text


def test_every_wording_is_shown_with_its_length_in_every_language(owner: Browser) -> None:
    text = Read(owner.get("/messages/wording").text).text
    assert text.count(" / 160") == len(TEMPLATES) * len(LANGUAGES)
    assert "Kiswahili" in text
    assert "Pwani Net voucher: K7WM2-XWD4F." in text


@pytest.mark.parametrize(("role", "seen"), [("owner", True), ("technician", False)])
def test_a_view_that_is_closed_is_not_offered(
    house: House, browser: Browser, met: Met, role: str, seen: bool
) -> None:
    logged_in(house, browser, role)
    assert ("/admin/messages/costs" in Read(browser.get("/messages").text).links) is seen
