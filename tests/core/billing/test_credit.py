"""Credit notes: each part comes back as it was charged, numbered without a gap, once for each cause."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.dated import DatedSetting
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.account import own_money
from core.billing.credit import credit
from core.billing.documents import CreditNote
from core.billing.invoice import GOODS, UNTAXED, InvoiceLineDraft, issue
from core.billing.model import Invoice
from core.billing.proration import part as part_of
from core.ledger.accounts import DEPOSITS, receivable, revenue
from core.ledger.post import lock_subscriber
from core.ledger.queries import account_balance, balance, trial_balance
from tests.factories import a_home_plan, a_paid_purchase, a_site, a_subscriber

PARTS = "net_cents", "excise_cents", "vat_cents"


def a_sale(work: Work, price: int = 1_500) -> Invoice:
    a_paid_purchase(work, a_subscriber(work), a_home_plan(work, price))
    return work.session.scalars(select(Invoice).order_by(Invoice.id.desc()).limit(1)).one()


def an_invoice(work: Work, subscriber_id: int, site_id: int, *cents: int) -> Invoice:
    kinds = "pppoe", "hotspot", "fee"
    lines = [
        InvoiceLineDraft(f"thing {n}", Money(amount), None, revenue(kinds[n % 3], site_id))
        for n, amount in enumerate(cents)
    ]
    return issue(work, kind="fee", subscriber_id=subscriber_id, lines=lines, paid=False)


def parts(found: Invoice | CreditNote) -> list[int]:
    return [getattr(found, name) for name in PARTS]


def test_the_whole_comes_back_part_by_part_though_the_rate_has_changed(
    database: Database, clock: SetClock
) -> None:
    with database.work() as work:
        invoice = a_sale(work)
        work.session.add(
            DatedSetting(name="tax.vat_bp", starts_at=clock.at, value=0, set_at=clock.at, set_by="test")
        )
        notes = [
            credit(work, invoice.id, amount=Money(cents), reason="outage", source=f"test:{cents}")
            for cents in (50_000, 33_333)
        ]
        notes.append(credit(work, invoice.id, reason="the rest", source="test:rest"))
        for name, charged in zip(PARTS, (112_443, 16_867, 20_690), strict=True):
            assert sum(getattr(found, name) for found in notes) == charged
        assert [found.title for found in notes] == [f"CRN-2026-00000{n}" for n in (1, 2, 3)]
        codes = (revenue("pppoe", 1), "tax.excise", "tax.vat")
        assert [account_balance(work, code).minor for code in codes] == [0, 0, 0]
        assert (invoice.credited_cents, own_money(work, invoice.subscriber_id)) == (150_000, Money(150_000))
        with pytest.raises(Refusal):
            credit(work, invoice.id, reason="once more", source="test:more")


def test_twelve_hours_of_a_month_are_twenty_five_shillings(database: Database) -> None:
    """Section 4: outage credit as money."""
    with database.work() as work:
        invoice = a_sale(work)
        found = credit(
            work,
            invoice.id,
            amount=part_of(Money.shillings(1_500), 0, 12, 720),
            reason="12 h dark",
            source="outage:1",
        )
        assert (found.total_cents, sum(parts(found))) == (2_500, 2_500)


def test_the_same_cause_is_one_credit_note(database: Database) -> None:
    with database.work() as work:
        invoice = a_sale(work)
        first = credit(work, invoice.id, amount=Money(100), reason="outage", source="outage:1")
    with database.work() as work:
        assert credit(work, invoice.id, amount=Money(100), reason="outage", source="outage:1").id == first.id
        assert work.scalar("SELECT count(*) FROM credit_notes") == 1


def test_what_is_open_falls_first(database: Database) -> None:
    with database.work() as work:
        invoice = an_invoice(work, a_subscriber(work).id, a_site(work).id, 150_000)
        credit(work, invoice.id, amount=Money(50_000), reason="outage", source="a")
        assert (invoice.open_cents, own_money(work, invoice.subscriber_id)) == (100_000, Money(0))
        credit(work, invoice.id, reason="taken back", source="b")
        assert (invoice.open_cents, balance(work, invoice.subscriber_id)) == (0, Money(0))


def test_a_number_that_is_rolled_back_is_given_again(database: Database) -> None:
    with database.work() as work:
        invoice = a_sale(work)
    with database.work() as work:
        credit(work, invoice.id, amount=Money(1), reason="never", source="a")
        work.session.rollback()
    with database.work() as work:
        assert credit(work, invoice.id, amount=Money(1), reason="outage", source="b").number == 1


def test_each_document_leaves_an_event(database: Database) -> None:
    with database.work() as work:
        invoice = a_sale(work)
        found = credit(work, invoice.id, amount=Money(1), reason="outage", source="a")
        said = work.session.execute(
            text(
                "SELECT event, payload FROM outbox WHERE event IN ('InvoiceIssued', 'CreditNoteIssued') ORDER BY id"
            )
        ).all()
    assert [tuple(row) for row in said] == [
        ("InvoiceIssued", {"invoice_id": invoice.id}),
        ("CreditNoteIssued", {"credit_note_id": found.id}),
    ]


def test_lines_add_up_whatever_is_billed_and_credited(database: Database) -> None:
    with database.work() as work:
        owner_id, site_id = a_subscriber(work).id, a_site(work).id
    serial = count()

    @settings(max_examples=20)
    @given(cents=st.lists(st.integers(1, 10**7), min_size=1, max_size=5), share=st.integers(1, 99))
    def check(cents: list[int], share: int) -> None:
        with database.work() as work:
            lock_subscriber(work, owner_id)
            invoice = an_invoice(work, owner_id, site_id, *cents)
            assert sum(parts(invoice)) == invoice.total_cents == sum(cents)
            for name in PARTS:
                assert sum(getattr(line, name) for line in invoice.lines) == getattr(invoice, name)
            assert [sum(getattr(line, name) for name in PARTS) for line in invoice.lines] == cents
            codes = [revenue(kind, site_id) for kind in ("pppoe", "hotspot", "fee")]
            before = [account_balance(work, code).minor for code in codes]
            some = max(1, invoice.total_cents * share // 100)
            credit(work, invoice.id, amount=Money(some), reason="some", source=f"test:{next(serial)}")
            if some < invoice.total_cents:
                credit(work, invoice.id, reason="rest", source=f"test:{next(serial)}")
            after = [account_balance(work, code).minor for code in codes]
            charged = [sum(line.net_cents or 0 for line in invoice.lines[n::3]) for n in range(3)]
            assert [b - a for a, b in zip(before, after, strict=True)] == charged
            assert (balance(work, owner_id), trial_balance(work)) == (Money(0), Money(0))

    check()


def test_a_discount_lowers_the_price_before_its_taxes_and_each_line_has_its_own(database: Database) -> None:
    with database.work() as work:
        owner, site = a_subscriber(work), a_site(work)
        invoice = issue(
            work,
            kind="fee",
            subscriber_id=owner.id,
            lines=[
                InvoiceLineDraft(
                    "Home 10", Money(200_000), None, revenue("pppoe", site.id), discount=Money(50_000)
                ),
                InvoiceLineDraft("Router", Money(116_000), None, revenue("fee", site.id), taxed=GOODS),
                InvoiceLineDraft("Deposit", Money(100_000), None, DEPOSITS, taxed=UNTAXED),
            ],
            due_at=work.now + timedelta(days=14),
            paid=False,
        )
        assert [parts(line) for line in invoice.lines] == [  # type: ignore[arg-type]
            [112_443, 16_867, 20_690],
            [100_000, 0, 16_000],
            [100_000, 0, 0],
        ]
        assert [line.discount_cents for line in invoice.lines] == [50_000, 0, 0]
        codes = (revenue("pppoe", site.id), revenue("fee", site.id), DEPOSITS, receivable(owner.id))
        assert [account_balance(work, code).minor for code in codes] == [
            -112_443,
            -100_000,
            -100_000,
            366_000,
        ]
        assert invoice.open_cents == invoice.total_cents == 366_000


@pytest.mark.parametrize("lines", [[], [InvoiceLineDraft("free", Money(0), None, "revenue.fee:0")]])
def test_an_invoice_is_for_something(database: Database, lines: list[InvoiceLineDraft]) -> None:
    with database.work() as work, pytest.raises(ValueError, match="for something"):
        issue(work, kind="fee", subscriber_id=a_subscriber(work).id, lines=lines, paid=False)
