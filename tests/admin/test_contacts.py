"""A subscriber's numbers and chats: what is shown, and what staff take back, with a reason and an audit entry."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import SetClock
from core.staff.model import AuditEntry
from core.subscribers.meet import find, prove_number
from core.subscribers.model import MAIL, Address, ContactChange
from core.subscribers.proof import standing_of
from core.subscribers.queries import mailboxes_of, numbers_of
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.deeds import do, look
from tests.admin.pages import Read
from tests.admin.provider import AMINA, LOST, SECOND, Met, open_shop


@pytest.fixture
def met(house: House) -> Met:
    with house.work() as work:
        found = open_shop(work)
        prove_number(work, subscriber_id=found.subscriber, msisdn=AMINA)
        return found


def undo(browser: Browser, met: Met, reason: str = "the holder did not ask") -> int:
    path = f"/subscribers/{met.subscriber}/changes/{met.change}/undo"
    return browser.post(path, reason=reason).status_code


def give_back(browser: Browser, met: Met, reason: str = "came with her ID card") -> int:
    path = f"/subscribers/{met.subscriber}/numbers/{met.address}/give-back"
    return browser.post(path, reason=reason).status_code


def audited(house: House, what: str) -> list[AuditEntry]:
    with house.work() as work:
        return list(work.session.scalars(select(AuditEntry).where(AuditEntry.what == what)))


def reasons(house: House) -> list[str | None]:
    with house.work() as work:
        rows = work.session.scalars(select(ContactChange).order_by(ContactChange.id))
        return [row.reason for row in rows if row.reason != "none"]


def test_every_number_and_chat_is_shown_with_its_proof(house: House, owner: Browser, met: Met) -> None:
    text = Read(owner.get(f"/subscribers/{met.subscriber}/contacts").text).text
    assert "0712 345 678 in use proved until 21/05/2027" in text
    assert "0722 000 111 in use proved until 21/05/2027" in text
    assert "0733 000 222 paid under another M-PESA name" in text
    assert "Telegram 0712 345 678 in use seen shared by the person" in text
    assert "Number added 0722 000 111 the person done" in text
    (seen,) = audited(house, "contacts_seen")
    assert seen.whom_id == met.subscriber


def test_a_change_is_undone_once_with_a_reason(house: House, owner: Browser, met: Met) -> None:
    assert undo(owner, met, " ") == 409
    assert undo(owner, met) == 303
    assert undo(owner, met) == 409
    with house.work() as work:
        assert [own.number for own in numbers_of(work, met.subscriber)] == [AMINA]
    assert "the holder did not ask" in reasons(house)
    (entry,) = audited(house, "contact_change_undone")
    assert (entry.whom_id, entry.detail) == (met.subscriber, {"change": met.change})
    text = Read(owner.get(f"/subscribers/{met.subscriber}/contacts").text).text
    assert "undone the holder did not ask" in text
    assert "Number taken off 0722 000 111 staff done" in text


def test_after_a_week_nothing_is_offered_or_done(owner: Browser, met: Met, clock: SetClock) -> None:
    assert "Undo this change" in owner.get(f"/subscribers/{met.subscriber}/contacts").text
    clock.advance(timedelta(days=8))
    assert "Undo this change" not in owner.get(f"/subscribers/{met.subscriber}/contacts").text
    assert undo(owner, met) == 409


def test_a_parted_number_is_given_back_and_cools(house: House, owner: Browser, met: Met) -> None:
    assert give_back(owner, met, "x") == 409
    assert give_back(owner, met) == 303
    with house.work() as work:
        person = find(work, msisdn=LOST)
        assert person is not None
        assert person.id == met.subscriber
        standing = standing_of(work, number=LOST)
        assert (standing.level, standing.cooling_until) == (1, work.now + timedelta(days=1))
    (entry,) = audited(house, "number_given_back")
    assert entry.detail["address"] == met.address
    assert "came with her ID card" in reasons(house)
    assert give_back(owner, met) == 409


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("owner", True), ("support", True), ("finance", False), ("technician", False), ("viewer", False)],
)
def test_only_owner_and_support_may(
    house: House, browser: Browser, met: Met, role: str, allowed: bool
) -> None:
    logged_in(house, browser, role)
    page = browser.get(f"/subscribers/{met.subscriber}/contacts")
    assert ("Give the number back" in page.text) == allowed
    assert (undo(browser, met), give_back(browser, met)) == ((303, 303) if allowed else (403, 403))
    with house.work() as work:
        assert (SECOND in [own.number for own in numbers_of(work, met.subscriber)]) != allowed


def test_one_person_s_page_does_not_touch_another_s(house: House, owner: Browser, met: Met) -> None:
    with house.work() as work:
        other = find(work, msisdn=AMINA)
        assert other is not None
    for path in (f"changes/{met.change}/undo", f"numbers/{met.address}/give-back"):
        answer = owner.post(f"/subscribers/{met.subscriber + 1}/{path}", reason="because of this")
        assert answer.status_code == 404
    assert audited(house, "number_given_back") == []


def test_staff_note_an_address_that_gets_nothing_yet_and_take_it_off(
    house: House, owner: Browser, met: Met
) -> None:
    path = f"/subscribers/{met.subscriber}/email"
    assert look(owner, path, email="amina at gmail").hidden == {}
    do(owner, path, email="Amina@Pwani.Example")
    with house.work() as work:
        assert [own.is_proved for own in mailboxes_of(work, met.subscriber)] == [True, False]
        noted = select(Address.id).where(Address.channel == MAIL, Address.proved_at.is_(None))
        (address,) = work.session.scalars(noted)
    text = Read(owner.get(f"/subscribers/{met.subscriber}/contacts").text).text
    assert "a***@pwani.example not confirmed yet" in text
    assert "E-mail noted a***@pwani.example staff done" in text
    assert "amina@pwani.example" not in text
    gone = f"/subscribers/{met.subscriber}/mailboxes/{address}/remove"
    assert owner.post(gone, reason=" ").status_code == 409
    assert owner.post(gone, reason="she wrote a wrong one").status_code == 303
    assert owner.post(gone, reason="again").status_code == 404
    with house.work() as work:
        assert [own.is_proved for own in mailboxes_of(work, met.subscriber)] == [True]
    assert [len(audited(house, what)) for what in ("email_noted", "email_removed")] == [1, 1]
