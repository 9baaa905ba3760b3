"""Documents: what stands on them, in both languages, whose they are, and that a name is words whatever it says."""

import io
from datetime import UTC, datetime

import pypdf
import pytest
from sqlalchemy import select

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.settings import Brand, Seller
from core.billing.corrections import write_off
from core.billing.credit import credit
from core.billing.model import Invoice
from core.billing.paper.ask import papers_of, read_paper, send_paper, words_of_paper
from core.billing.paper.facts import Letterhead
from core.billing.paper.fiscal import note_mark
from core.catalogue.price_model import PlanFee
from core.messaging.carrier import Document
from core.messaging.model import Notice
from core.messaging.words import words_of
from core.subscribers.model import Subscriber
from tests.core.billing.cycle_lines import a_line, nairobi, on
from tests.factories import (
    AMINA,
    JUMA,
    a_cashier,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_subscriber,
)

HEAD = Letterhead(
    Brand(),
    Seller(legal_name="Pwani Networks Ltd", tax_pin="P051234567X", address="P.O. Box 9, Mombasa"),
    "123456",
)
NASTY = '#read("/etc/hostname") <b>{0.__class__}</b> $x$ \\ =HYPERLINK("a.co")'


def sold(
    work: Work, *, price: int = 1_500, name: str = "Amina", home: bool = True
) -> tuple[Subscriber, Invoice]:
    person = a_subscriber(work, name=name)
    plan = a_home_plan(work, price) if home else a_hotspot_plan(work, price)
    a_paid_purchase(work, person, plan)
    return person, work.session.scalars(select(Invoice)).one()


def text_of(work: Work, invoice: Invoice, language: str = "en") -> str:
    found = read_paper(work, f"invoice:{invoice.id}", head=HEAD, language=language)
    assert found is not None
    assert found.name == "INV-2026-000001.pdf"
    pages = pypdf.PdfReader(io.BytesIO(found.content)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


def test_a_receipt_names_all_that_the_law_asks_for(database: Database) -> None:
    with database.work() as work:
        person, invoice = sold(work)
        invoice.buyer_pin = "A001234567Z"
        said = text_of(work, invoice)
        for part in (
            "Receipt and tax invoice", "Pwani Networks Ltd", "P051234567X", "A001234567Z", "INV-2026-000001",
            person.account_no, "Home 10, 1 month", "1,124.43", "Excise duty 15 % 168.67", "VAT 16 % 206.90",
            "Total, taxes included 1,500.00", "Paid. Thank you.",
        ):  # fmt: skip
            assert part in said
        assert "How to pay" not in said


def test_what_was_taken_back_of_it_or_given_up_is_not_said_to_be_paid(database: Database) -> None:
    with database.work() as work:
        _, invoice = sold(work)
        credit(work, invoice.id, amount=Money.shillings(25), reason="twelve dark hours", source="test:1")
        assert "Paid. Ksh 25.00 was taken back by credit notes." in text_of(work, invoice)
        assert short(work, invoice) == ("invoice_paid", "Ksh 1,475", "Ksh 369.31")
        credit(work, invoice.id, reason="never served", source="test:2")
        assert "Taken back by a credit note." in text_of(work, invoice)
        assert short(work, invoice) == ("invoice_closed", "Ksh 1,500", None)


def test_what_was_written_off_is_not_said_to_be_paid(database: Database) -> None:
    with database.work() as work:
        _, invoice = sold(work)
        invoice.open_cents = 50_000
        work.session.flush()
        write_off(work, a_cashier(work), invoice_id=invoice.id, reason="moved abroad")
        said = text_of(work, invoice)
        assert "Not paid: Ksh 500.00 was written off." in said
        assert "Receipt" not in said
        assert short(work, invoice) == ("invoice_closed", "Ksh 1,500", None)


def short(work: Work, invoice: Invoice) -> tuple[str, object, object]:
    """Its one text: which words, the amount and the taxes."""
    person = work.session.get_one(Subscriber, invoice.subscriber_id)
    words, values = words_of_paper(work, invoice, person)
    return words, values["amount"], values.get("taxes")


def test_it_speaks_swahili(database: Database) -> None:
    with database.work() as work:
        said = text_of(work, sold(work, price=50, home=False)[1], "sw")
        assert "saa 24" in said
        assert "Paid" not in said


def test_bills_fees_and_credit_notes_speak_swahili_too(database: Database, clock: SetClock) -> None:
    clock.at = nairobi("2027-03-15")
    with database.work() as work:
        person, plan = a_subscriber(work), a_home_plan(work)
        work.session.add(PlanFee(plan_id=plan.id, kind="installation", cents=50_000))
        work.session.flush()
        a_paid_purchase(work, person, plan)
        a_line(work, plan, "2027-03-15", owner=person)
    bill = on(database, clock, "2027-04-14")[0]
    with database.work() as work:
        note = credit(work, bill.id, reason="the line is paused", source="test:1")
        first, *_ = work.session.scalars(select(Invoice).order_by(Invoice.id))
        refs = (f"invoice:{first.id}", f"invoice:{bill.id}", f"credit_note:{note.id}")
        shown = [words_on(read_paper(work, ref, head=HEAD, language="sw")) for ref in refs]
    for words, part in zip(shown, ("Ufungaji", "Home 10, mwezi 1", "laini imesitishwa"), strict=True):
        assert part in words


def words_on(paper: Document | None) -> str:
    assert paper is not None
    return " ".join(pypdf.PdfReader(io.BytesIO(paper.content)).pages[0].extract_text().split())


def test_what_is_open_says_how_to_pay_it_in_whole_shillings(database: Database) -> None:
    with database.work() as work:
        person, invoice = sold(work)
        invoice.open_cents, invoice.due_at = 48_387, datetime(2026, 12, 15, 21, tzinfo=UTC)
        said = text_of(work, invoice)
        assert "To pay: Ksh 483.87, by 15/12/2026" in said
        assert f"Paybill 123456, account {person.account_no}, Ksh 484" in said


def test_a_name_is_printed_as_it_is(database: Database) -> None:
    with database.work() as work:
        said = text_of(work, sold(work, name=NASTY)[1])
        assert '#read("/etc/hostname") <b>{0.__class__}</b> $x$' in said


def test_the_tax_authority_s_mark_is_printed_and_the_first_one_stands(database: Database) -> None:
    with database.work() as work:
        _, invoice = sold(work)
        told = {
            "kind": "invoice",
            "document_id": invoice.id,
            "scan": "https://etims.example/1",
            "marked_at": work.now,
        }
        assert note_mark(work, control_unit="KRACU0100000001", receipt_number="120", **told)
        assert not note_mark(work, control_unit="KRACU0100000001", receipt_number="121", **told)
        said = text_of(work, invoice)
        assert "Control unit KRACU0100000001" in said
        assert "120" in said
        assert "121" not in said


@pytest.mark.parametrize(
    "ref", ["invoice:0", "invoice:", "invoice:x", "credit_note:1", "nothing", "invoice:²"]
)
def test_what_is_not_there_is_not_found(database: Database, ref: str) -> None:
    with database.work() as work:
        sold(work)
        assert read_paper(work, ref, head=HEAD, language="en") is None


def test_nobody_gets_the_paper_of_another(database: Database) -> None:
    with database.work() as work:
        amina, invoice = sold(work)
        juma = a_subscriber(work, JUMA, name="Juma")
        ref = f"invoice:{invoice.id}"
        assert papers_of(work, juma.id, most=5) == []
        assert read_paper(work, ref, head=HEAD, language="en", subscriber_id=juma.id) is None
        with pytest.raises(Refusal):
            send_paper(work, ref, subscriber_id=juma.id, channel="ussd", why="1")
        assert [line.ref for line in papers_of(work, amina.id, most=5)] == [ref]


def test_it_is_sent_once_for_each_time_it_was_asked_for(database: Database) -> None:
    with database.work() as work:
        amina, invoice = sold(work)
        ref = f"invoice:{invoice.id}"
        for why in ("talk:1", "talk:1", "talk:2"):
            assert send_paper(work, ref, subscriber_id=amina.id, channel="whatsapp", why=why) == invoice.title
        sent = work.session.scalars(select(Notice).where(Notice.document == ref)).all()
        assert len(sent) == 2
        assert {notice.address for notice in sent} == {AMINA.digits}
        assert words_of(work, sent[0], Brand()).text == (
            "Pwani Net receipt INV-2026-000001, 22/11/2026: Ksh 1,500 paid, taxes in it Ksh 375.57. "
            f"Account {amina.account_no}. *384*123#"
        )
