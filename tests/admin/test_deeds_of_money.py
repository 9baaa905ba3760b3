"""Corrections of money by page: what is shown before, what is done after, once, by whom, and who has to agree."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.base.clock import SetClock, last_day, nairobi_day
from core.base.database import Work
from core.base.money import Money
from core.base.outbox import OutboxEntry
from core.billing.account import standing
from core.billing.correction_model import Correction, Dispute
from core.billing.documents import CreditNote
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.model import Invoice, Subscription
from core.ledger.accounts import revenue
from core.ledger.model import JournalEntry, Posting
from core.payments.keep import keep_money, suspend_money
from core.payments.model import Receipt, SuspenseItem
from core.payments.own_money import use_receipt
from core.staff.model import AuditEntry, StaffOrder
from tests.admin.conftest import Browser, House, logged_in
from tests.admin.deeds import do, look
from tests.admin.pages import Read
from tests.factories import AMINA, JUMA, a_home_line, a_home_plan, a_subscriber


@dataclass
class Shop:
    """Amina's line was prolonged by a receipt of 1,500; Juma owes 700; 300 came for nobody."""

    amina: int
    juma: int
    juma_no: str
    line: int
    receipt: int
    item: int
    debt: int


def a_receipt(work: Work, number: str, shillings: int) -> Receipt:
    receipt = Receipt(
        provider="mpesa", number=number, amount_cents=shillings * 100, shortcode="123456", received_at=work.now,
        account_text="", payer_hint="",
    )  # fmt: skip
    work.session.add(receipt)
    work.session.flush()
    return receipt


@pytest.fixture
def shop(house: House) -> Shop:
    with house.work() as work:
        amina, juma = a_subscriber(work, AMINA), a_subscriber(work, JUMA, name="Juma")
        plan = a_home_plan(work)
        line = a_home_line(work, amina, plan)
        receipt, lost = a_receipt(work, "UKM1AAAAAA", 1_500), a_receipt(work, "UKM2BBBBBB", 300)
        keep_money(work, receipt, subscriber_id=amina.id)
        use_receipt(work, receipt=receipt)
        suspend_money(work, lost, reason="no account is named")
        draft = InvoiceLineDraft("Installation", Money.shillings(700), plan.id, revenue("pppoe", None))
        debt = issue(work, kind="fee", subscriber_id=juma.id, lines=[draft], due_at=work.now, paid=False)
        work.session.flush()
        item = work.session.scalars(select(SuspenseItem.id)).one()
        return Shop(amina.id, juma.id, juma.account_no, line.id, receipt.id, item, debt.id)


def stands(house: House, person: int) -> tuple[int, int]:
    """(owed, own) in shillings"""
    with house.work() as work:
        owed, own = standing(work, person)
        return owed.minor // 100, own.minor // 100


def counts(house: House) -> tuple[int, ...]:
    """Of what an act leaves behind."""
    with house.work() as work:
        kinds = (JournalEntry, Posting, Correction, CreditNote, StaffOrder, OutboxEntry, AuditEntry)
        return tuple(work.session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds)


def audited(house: House, what: str) -> int:
    with house.work() as work:
        found = select(func.count()).select_from(AuditEntry).where(AuditEntry.what == what)
        return work.session.scalar(found) or 0


def paid_through(house: House, line: int) -> str:
    with house.work() as work:
        until = work.session.get_one(Subscription, line).paid_through
        assert until is not None
        return f"{last_day(until):%d/%m/%Y}"


def text(browser: Browser, path: str) -> str:
    return Read(browser.get(path).text).text


def test_a_look_shows_what_will_be_and_leaves_nothing(house: House, owner: Browser, shop: Shop) -> None:
    before, until = counts(house), paid_through(house, shop.line)
    looked = look(owner, f"/receipts/{shop.receipt}/refund", amount="1500")
    for words in ("Credit note", "M-PESA", "Excise Ksh 168.67", "VAT Ksh 206.90", "Refund", until):
        assert words in looked.text
    assert counts(house) == before
    assert paid_through(house, shop.line) == until


def test_a_refund_is_asked_paid_out_and_recorded_once(house: House, owner: Browser, shop: Shop) -> None:
    until = paid_through(house, shop.line)
    assert f"/admin/receipts/{shop.receipt}/refund" in Read(owner.get(f"/receipts/{shop.receipt}").text).links
    looked = look(owner, f"/receipts/{shop.receipt}/refund", amount="1500")
    order = looked.send().headers["location"]
    assert looked.send().headers["location"] == order  # the same form
    order = order.removeprefix("/admin")
    shown = text(owner, order)
    assert "to be paid out" in shown
    assert "Pay Ksh 1,500 by M-PESA" in shown
    assert stands(house, shop.amina) == (0, 0)
    assert "already" in look(owner, f"/receipts/{shop.receipt}/refund", amount="100").send().text
    assert "Type the number" in owner.post(f"{order}/paid", on=order, reference=" x ").text
    for _ in range(2):
        assert owner.post(f"{order}/paid", on=order, reference="ukm9 payout1").status_code == 303
    with house.work() as work:
        done = work.session.scalars(select(Correction)).one()
        assert (done.kind, done.cents, done.reference) == ("refund", 150_000, "UKM9PAYOUT1")
        assert work.session.scalars(select(CreditNote.total_cents)).one() == 150_000
        assert work.session.get_one(Receipt, shop.receipt).refunded_cents == 150_000
    assert paid_through(house, shop.line) != until
    assert audited(house, "money_refund") == audited(house, "payout_asked") == 1
    assert "UKM9PAYOUT1" in text(owner, f"/receipts/{shop.receipt}")


def test_a_payout_is_recorded_under_its_own_number(house: House, owner: Browser, shop: Shop) -> None:
    for shillings, status in ((100, 303), (200, 200)):
        order = do(owner, f"/receipts/{shop.receipt}/refund", amount=str(shillings))
        assert owner.post(f"{order}/paid", on=order, reference="UKM9PAYOUT1").status_code == status
        text(owner, order)
    with house.work() as work:
        assert work.session.get_one(Receipt, shop.receipt).refunded_cents == 10_000


def test_the_same_form_at_the_same_time_is_one_act(house: House, owner: Browser, shop: Shop) -> None:
    looked = look(owner, f"/subscribers/{shop.juma}/goodwill", amount="50")
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _: looked.send(), range(2)))
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert stands(house, shop.juma) == (700, 50)


def test_what_changed_meanwhile_is_looked_at_again(house: House, owner: Browser, shop: Shop) -> None:
    path = f"/invoices/{shop.debt}/write-off"
    looked = look(owner, path)
    assert "Ksh 700" in looked.text
    do(owner, f"/invoices/{shop.debt}/credit", amount="200")
    answer = looked.send()
    assert answer.status_code == 200
    assert "Look again" in answer.text
    assert stands(house, shop.juma) == (500, 0)
    do(owner, path)
    assert stands(house, shop.juma) == (0, 0)
    assert "Nothing is open of this invoice." in look(owner, path).text
    assert (audited(house, "money_credit_note"), audited(house, "money_write_off")) == (1, 1)


def test_more_than_one_gives_alone_waits_for_a_second(
    house: House, web: object, machine: SetClock, owner: Browser, shop: Shop
) -> None:
    clerk = logged_in(house, Browser(web, machine), "finance")
    looked = look(clerk, f"/subscribers/{shop.juma}/goodwill", amount="2,000.01")
    assert "until a second person agrees" in looked.text
    order = looked.send().headers["location"].removeprefix("/admin")
    assert stands(house, shop.juma) == (700, 0)
    assert f"/admin{order}/agree" not in Read(clerk.get(order).text).links
    shown = owner.get(order)
    assert f"/admin{order}" in Read(owner.get("/orders").text).links
    for words in ("waits for a second person", "finance@pwani.example", "Ksh 2,000.01", "asked by phone"):
        assert words in Read(shown.text).text
    seen = shown.text.partition('name="seen" value="')[2].partition('"')[0]
    assert "Whoever asks for it cannot agree to it." in clerk.post(f"{order}/agree", on=order, seen=seen).text
    assert stands(house, shop.juma) == (700, 0)
    assert owner.post(f"{order}/agree", on=order, seen=seen).status_code == 303
    assert "decided already" in owner.post(f"{order}/agree", on=order, seen=seen).text
    assert stands(house, shop.juma) == (700, 2_000)
    with house.work() as work:
        found = work.session.scalars(select(StaffOrder)).one()
        assert work.session.scalars(select(Correction.by_staff_id)).one() == found.asked_by
        assert found.decided_by not in (None, found.asked_by)
    assert audited(house, "order_waits") == audited(house, "order_agreed") == 1


def test_a_second_person_says_no(
    house: House, web: object, machine: SetClock, owner: Browser, shop: Shop
) -> None:
    clerk = logged_in(house, Browser(web, machine), "finance")
    order = do(clerk, f"/receipts/{shop.receipt}/refund", amount="1500")
    again = do(owner, f"/suspense/{shop.item}/resolve", account=shop.juma_no)
    assert "done" in text(owner, again)  # below the limit
    assert owner.post(f"{order}/refuse", on=order, reason=" ").status_code == 200
    assert owner.post(f"{order}/refuse", on=order, reason="not our receipt").status_code == 303
    assert "not our receipt" in text(clerk, order)
    assert "A second person has to agree" in clerk.post(f"{order}/paid", on=order, reference="UKM9A").text


def test_many_small_steps_of_a_day_wait_too(
    house: House, web: object, machine: SetClock, owner: Browser, shop: Shop
) -> None:
    clerk = logged_in(house, Browser(web, machine), "finance")
    waiting = [
        "waits" in text(clerk, do(clerk, f"/subscribers/{shop.juma}/goodwill", amount="2000"))
        for _ in range(6)
    ]
    assert waiting == [False] * 5 + [True]
    assert stands(house, shop.juma) == (700, 10_000)
    assert owner.get("/orders").status_code == 200


def test_where_nobody_else_could_agree_one_decides(house: House, owner: Browser, shop: Shop) -> None:
    do(owner, f"/subscribers/{shop.juma}/goodwill", amount="5000")
    assert stands(house, shop.juma) == (700, 5_000)


def test_money_on_the_wrong_account_and_money_of_nobody(house: House, owner: Browser, shop: Shop) -> None:
    assert "no such account" in look(owner, f"/receipts/{shop.receipt}/move", account="1000001").text
    do(owner, f"/receipts/{shop.receipt}/move", account="0722 000111")
    assert stands(house, shop.amina)[1] == 0
    assert stands(house, shop.juma)[1] > 0 or stands(house, shop.juma)[0] < 700
    assert f"/admin/suspense/{shop.item}/resolve" in Read(owner.get("/suspense").text).links
    before = stands(house, shop.juma)
    do(owner, f"/suspense/{shop.item}/resolve", account=shop.juma_no)
    after = stands(house, shop.juma)
    assert (after[1] - after[0]) - (before[1] - before[0]) == 300
    assert "found already" in look(owner, f"/suspense/{shop.item}/resolve", account=shop.juma_no).text


def test_what_m_pesa_took_back_leaves_the_books(house: House, owner: Browser, shop: Shop) -> None:
    path = f"/receipts/{shop.receipt}/taken-back"
    do(owner, path)
    with house.work() as work:
        assert work.session.get_one(Receipt, shop.receipt).reversed_at == work.now
    assert "out of the books already" in look(owner, path).text


def test_goodwill_is_taken_back_by_an_opposing_entry(house: House, owner: Browser, shop: Shop) -> None:
    do(owner, f"/subscribers/{shop.juma}/goodwill", amount="100")
    links = Read(owner.get(f"/subscribers/{shop.juma}/journal").text).links
    (path,) = {link.removeprefix("/admin") for link in links if "/entries/" in link}
    assert "Entry taken back" in look(owner, path).text
    do(owner, path)
    assert stands(house, shop.juma) == (700, 0)
    assert "taken back already" in look(owner, path).text


def test_a_dispute_has_a_reason_and_an_end(house: House, owner: Browser, shop: Shop) -> None:
    with house.work() as work:
        until = nairobi_day(work.now) + timedelta(days=10)
    assert "ends after today" in look(owner, f"/invoices/{shop.debt}/dispute", until="2020-01-01").text
    do(owner, f"/invoices/{shop.debt}/dispute", until=f"{until}", reason="charged twice")
    shown = text(owner, f"/invoices/{shop.debt}")
    assert "charged twice" in shown
    assert f"Disputed until {until:%d/%m/%Y}" in shown
    do(owner, f"/invoices/{shop.debt}/dispute-over")
    assert "Disputed until" not in text(owner, f"/invoices/{shop.debt}")
    with house.work() as work:
        assert work.session.scalars(select(Dispute.ended_at)).one() == work.now


@pytest.mark.parametrize("amount", ["", "abc", "-5", "0", "9" * 30, "701", "1;DROP"])
def test_a_wrong_amount_comes_back_with_what_was_typed(
    house: House, owner: Browser, shop: Shop, amount: str
) -> None:
    before = counts(house)
    looked = look(owner, f"/invoices/{shop.debt}/credit", amount=amount)
    assert looked.hidden == {}
    assert counts(house) == before


def test_a_reason_is_needed(house: House, owner: Browser, shop: Shop) -> None:
    looked = look(owner, f"/subscribers/{shop.juma}/goodwill", amount="50", reason="x")
    assert "Say in a few words why" in looked.text
    good = look(owner, f"/subscribers/{shop.juma}/goodwill", amount="50")
    good.hidden["reason"] = " "
    assert good.send().status_code == 200
    assert stands(house, shop.juma) == (700, 0)


def test_a_form_that_was_made_up_does_nothing(house: House, owner: Browser, shop: Shop) -> None:
    looked = look(owner, f"/subscribers/{shop.juma}/goodwill", amount="50")
    for changed in ({"once": ""}, {"once": "z" * 32}, {"seen": ""}, {"amount": "5000"}):
        real = dict(looked.hidden)
        looked.hidden |= changed
        assert looked.send().status_code == 200
        looked.hidden = real
    assert stands(house, shop.juma) == (700, 0)
    with house.work() as work:
        assert work.session.scalar(select(func.count()).select_from(StaffOrder)) == 0


def test_who_may_not_gets_no_way_and_no_deed(house: House, browser: Browser, shop: Shop) -> None:
    support = logged_in(house, browser, "support")
    links = Read(support.get(f"/invoices/{shop.debt}").text).links
    assert not [link for link in links if link.endswith(("/credit", "/write-off", "/dispute"))]
    for path in (f"/invoices/{shop.debt}/write-off", f"/receipts/{shop.receipt}/refund"):
        assert support.get(path).status_code == 403
        assert support.post(f"{path}/do", reason="because").status_code == 403
    assert stands(house, shop.juma) == (700, 0)
    with house.work() as work:
        assert work.session.get_one(Invoice, shop.debt).open_cents == 70_000
