"""The money of an account: own money beside open bills, what is paid first, what is left out."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from core.base.database import Database, Work
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.account import open_bill, own_money, pay_oldest_due, set_against, standing
from core.billing.correction_model import Correction
from core.billing.corrections import (
    dispute,
    end_dispute,
    goodwill,
    pay_invoice,
    reverse_entry,
    write_off,
    written_off,
)
from core.billing.invoice import InvoiceLineDraft, issue
from core.billing.model import Invoice
from core.billing.payer import set_payer
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import post
from core.ledger.queries import account_balance, balance, trial_balance
from core.staff.audit import Actor
from tests.factories import (
    JUMA,
    a_bill,
    a_cashier,
    a_home_line,
    a_home_plan,
    a_subscriber,
)


def receive(work: Work, subscriber_id: int, shillings: int, source: str = "money") -> None:
    amount = Money.shillings(shillings)
    sides = [(MPESA_CLEARING, amount), (receivable(subscriber_id), -amount)]
    post(work, kind="payment", source=source, sides=sides)


def a_debt(work: Work, subscriber_id: int, shillings: int, *, due_in: int = 0) -> Invoice:
    line = InvoiceLineDraft("fee", Money.shillings(shillings), None, "revenue.fee:0")
    due_at = work.now + timedelta(days=due_in)
    return issue(work, kind="fee", subscriber_id=subscriber_id, lines=[line], due_at=due_at, paid=False)


def opens(work: Work, *invoices: Invoice) -> list[int]:
    for invoice in invoices:
        work.session.refresh(invoice)
    return [invoice.open_cents // 100 for invoice in invoices]


def test_a_raised_bill_leaves_own_money_as_it_is(database: Database) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        line = a_home_line(work, owner, a_home_plan(work))
        receive(work, owner.id, 500)
        bill = a_bill(work, line)
        assert balance(work, owner.id) == Money.shillings(1_000)
        assert own_money(work, owner.id) == Money.shillings(500)
        assert standing(work, owner.id) == (Money.shillings(1_500), Money.shillings(500))
        assert open_bill(work, line.id) is bill


def test_own_money_pays_the_oldest_due_and_the_last_in_part(database: Database) -> None:
    with database.work() as work:
        owner_id = a_subscriber(work).id
        late, soon = (a_debt(work, owner_id, 100, due_in=days) for days in (5, -5))
        receive(work, owner_id, 150)
        assert pay_oldest_due(work, owner_id, source="receipt:1") == [soon.id]
        assert opens(work, soon, late) == [0, 50]
        assert own_money(work, owner_id) == Money(0)
        assert pay_oldest_due(work, owner_id, source="receipt:1") == []


def test_the_same_money_is_set_against_a_bill_once(database: Database) -> None:
    with database.work() as work:
        invoice = a_debt(work, a_subscriber(work).id, 100)
        set_against(work, invoice, Money(1_000), source="a")
    with pytest.raises(IntegrityError), database.work() as work:
        set_against(work, work.session.get_one(Invoice, invoice.id), Money(1_000), source="a")
    with pytest.raises(IntegrityError), database.work() as work:
        set_against(work, work.session.get_one(Invoice, invoice.id), Money(9_001), source="b")


def test_a_period_that_has_not_begun_is_no_debt(database: Database) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        bill = a_bill(work, a_home_line(work, owner, a_home_plan(work)))
        receive(work, owner.id, 1_500)
        assert pay_oldest_due(work, owner.id, source="a") == []
        assert opens(work, bill) == [1_500]


def test_a_period_that_was_used_before_it_was_billed_is_a_debt(database: Database) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        bill = a_bill(work, a_home_line(work, owner, a_home_plan(work, billing="postpaid")))
        receive(work, owner.id, 1_500)
        assert pay_oldest_due(work, owner.id, source="a") == [bill.id]


def test_what_is_disputed_is_left_out_until_its_end(database: Database) -> None:
    with database.work() as work:
        owner_id, cashier = a_subscriber(work).id, a_cashier(work)
        one, two = (a_debt(work, owner_id, 100, due_in=days) for days in (0, 1))
        until = work.now + timedelta(days=7)
        dispute(work, cashier, invoice_id=one.id, reason="never had it", until=until)
        receive(work, owner_id, 150)
        assert pay_oldest_due(work, owner_id, source="a") == [two.id]
        with pytest.raises(Refusal):
            dispute(work, cashier, invoice_id=one.id, reason="again", until=until)
        end_dispute(work, cashier, invoice_id=one.id)
        assert (pay_oldest_due(work, owner_id, source="b"), opens(work, one)) == ([], [50])


def test_a_dispute_ends_by_itself(database: Database, clock: object) -> None:
    with database.work() as work:
        owner_id, cashier = a_subscriber(work).id, a_cashier(work)
        one = a_debt(work, owner_id, 100)
        dispute(work, cashier, invoice_id=one.id, reason="never had it", until=work.now + timedelta(days=1))
        receive(work, owner_id, 100)
    database.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    with database.work() as work:
        assert pay_oldest_due(work, owner_id, source="a") == [one.id]


def test_what_is_written_off_is_left_out_and_comes_back_by_itself_when_it_is_paid(database: Database) -> None:
    with database.work() as work:
        owner_id, cashier = a_subscriber(work).id, a_cashier(work)
        debt = a_debt(work, owner_id, 100)
        found = write_off(work, cashier, invoice_id=debt.id, reason="moved away")
        assert (found.by_staff_id, found.reason) == (cashier.staff_id, "moved away")
        assert (account_balance(work, "bad_debt"), balance(work, owner_id)) == (Money(10_000), Money(0))
        with pytest.raises(Refusal):
            write_off(work, cashier, invoice_id=debt.id, reason="moved away")
        receive(work, owner_id, 150)
        assert pay_oldest_due(work, owner_id, source="a") == []
        assert own_money(work, owner_id) == Money(15_000)
        assert pay_invoice(work, invoice_id=debt.id, source="b")
        assert (account_balance(work, "bad_debt"), written_off(work, debt.id)) == (Money(0), Money(0))
        assert (own_money(work, owner_id), trial_balance(work)) == (Money(5_000), Money(0))
        assert pay_invoice(work, invoice_id=debt.id, source="b")
        assert own_money(work, owner_id) == Money(5_000)


def test_part_of_what_was_written_off_comes_back_with_part_of_the_money(database: Database) -> None:
    with database.work() as work:
        owner_id = a_subscriber(work).id
        debt = a_debt(work, owner_id, 100)
        write_off(work, None, invoice_id=debt.id, reason="a rule of the house")
        receive(work, owner_id, 30)
        assert pay_invoice(work, invoice_id=debt.id, source="a")
        assert (written_off(work, debt.id), own_money(work, owner_id)) == (Money(7_000), Money(0))


def test_goodwill_is_money_with_a_reason_and_is_taken_back_by_its_mirror(database: Database) -> None:
    with database.work() as work:
        owner_id, cashier = a_subscriber(work).id, a_cashier(work)
        asked = {"subscriber_id": owner_id, "amount": Money(20_000), "reason": "waited long", "key": "form-1"}
        found = goodwill(work, cashier, **asked)  # type: ignore[arg-type]
        assert goodwill(work, cashier, **asked).id == found.id  # type: ignore[arg-type]
        assert (own_money(work, owner_id), account_balance(work, "discounts")) == (
            Money(20_000),
            Money(20_000),
        )
        back = reverse_entry(work, cashier, entry_id=found.entry_id, reason="wrong person")
        assert [(row.kind, row.cents, row.by_staff_id) for row in back] == [
            ("reversal", 20_000, cashier.staff_id)
        ]
        assert own_money(work, owner_id) == Money(0)
        with pytest.raises(Refusal):
            reverse_entry(work, cashier, entry_id=found.entry_id, reason="once more")
        assert len(work.session.query(Correction).all()) == 2


@pytest.mark.parametrize("role", ["support", "technician", "viewer"])
def test_who_may_not_correct_money_is_refused(database: Database, role: str) -> None:
    with database.work() as work:
        person = a_subscriber(work)
        debt = a_debt(work, person.id, 100)
        actor: Actor = a_cashier(work, role)
        until = work.now + timedelta(days=1)
        acts = [
            lambda: write_off(work, actor, invoice_id=debt.id, reason="moved away"),
            lambda: goodwill(work, actor, subscriber_id=person.id, amount=Money(1), reason="nice", key="a"),
            lambda: reverse_entry(work, actor, entry_id=debt.entry_id, reason="mistake"),
            lambda: dispute(work, actor, invoice_id=debt.id, reason="mistake", until=until),
            lambda: set_payer(work, actor, subscription_id=1, payer_id=None),
        ]
        for act in acts:
            with pytest.raises(Refusal):
                act()


def test_an_invoice_is_not_taken_back_by_hand(database: Database) -> None:
    with database.work() as work:
        debt = a_debt(work, a_subscriber(work).id, 100)
        with pytest.raises(Refusal, match="credit note"):
            reverse_entry(work, a_cashier(work), entry_id=debt.entry_id, reason="mistake")


def test_another_payer_is_billed_for_what_has_not_begun(database: Database) -> None:
    with database.work() as work:
        tenant, landlord, cashier = a_subscriber(work), a_subscriber(work, JUMA, name="Juma"), a_cashier(work)
        line = a_home_line(work, tenant, a_home_plan(work))
        bill = a_bill(work, line)
        set_payer(work, cashier, subscription_id=line.id, payer_id=landlord.id)
        assert (line.account_holder_id, opens(work, bill)) == (landlord.id, [0])
        assert balance(work, tenant.id) == Money(0)
        assert a_bill(work, line).subscriber_id == landlord.id
        with pytest.raises(Refusal):
            set_payer(work, cashier, subscription_id=line.id, payer_id=landlord.id)
        set_payer(work, cashier, subscription_id=line.id, payer_id=None)
        assert (line.payer_id, balance(work, landlord.id)) == (None, Money(0))
