"""An account's life in any order: billed, paid in full and in part, credited, written off, refunded, taken back. No
cent is born or lost, and nothing is spent twice."""

import contextlib
from datetime import timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from core.base.errors import Refusal
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.billing import jobs as billing
from core.billing.account import open_bill, own_money, standing
from core.billing.corrections import write_off, written_off
from core.billing.credit import credit, left_of
from core.billing.model import ACTIVE, GRACE, Invoice, Subscription
from core.billing.serve import start_paid_time
from core.ledger.queries import balance
from core.payments.corrections import move_money, refund
from core.payments.model import Receipt
from core.payments.reversal import reverse_receipt
from tests.core.payments import said
from tests.factories import a_bill, a_cashier, a_home_line, a_home_plan, a_subscriber

NUMBERS = st.integers(0, 3)
_runs, _serial = count(1), count(1)
_PAID_AT_SALE = text(
    "SELECT coalesce(sum(i.total_cents - i.credited_cents - i.open_cents), 0) FROM invoices i "
    "WHERE i.subscriber_id = ANY(:ids)"
)


class Life(RuleBasedStateMachine):
    """Amina has a line, Juma another, which Amina pays for."""

    def __init__(self, house: Any) -> None:
        super().__init__()
        self.house = house
        amina, juma = (Msisdn(f"2547{next(_runs):08d}") for _ in range(2))
        with house.work() as work:
            self.cashier = a_cashier(work)
            payer, other = a_subscriber(work, amina), a_subscriber(work, juma)
            plan = a_home_plan(work)
            lines = [a_home_line(work, person, plan) for person in (payer, other)]
            lines[1].payer_id = payer.id
            self.payer_id, self.other_id, self.account_no = payer.id, other.id, payer.account_no
            self.line_ids = [line.id for line in lines]

    def nth(self, kind: type[Any], number: int) -> Any:
        found = [row for row in self.house.all(kind) if row.subscriber_id == self.payer_id]
        return found[-1 - number % len(found)] if found else None

    @rule(number=NUMBERS)
    def bill(self, number: int) -> None:
        with self.house.work() as work:
            line = work.session.get_one(Subscription, self.line_ids[number % 2])
            if line.state in (ACTIVE, GRACE) and open_bill(work, line.id) is None:
                a_bill(work, line)

    @rule(shillings=st.sampled_from([50, 100, 333, 1_000, 1_400, 1_500, 3_000]))
    def pay(self, shillings: int) -> None:
        receipt = f"UKL{next(_serial):07d}"
        self.house.tell_c2b(said.c2b(self.account_no, shillings=f"{shillings}.00", receipt=receipt))
        self.house.run()

    @rule(number=NUMBERS, share=st.integers(1, 100))
    def credit_some(self, number: int, share: int) -> None:
        invoice = self.nth(Invoice, number)
        with self.house.work() as work, contextlib.suppress(Refusal):
            if invoice is not None:
                amount = Money(left_of(work, invoice.id).minor * share // 100)
                credit(work, invoice.id, amount=amount, reason="goodwill", source=f"test:{next(_serial)}")

    @rule(number=NUMBERS)
    def give_up(self, number: int) -> None:
        invoice = self.nth(Invoice, number)
        with self.house.work() as work, contextlib.suppress(Refusal):
            if invoice is not None and invoice.purchase_id is not None:
                write_off(work, self.cashier, invoice_id=invoice.id, reason="given up")

    @rule(number=NUMBERS, shillings=st.sampled_from([1, 500, 1_500]))
    def pay_back(self, number: int, shillings: int) -> None:
        receipt = self.nth(Receipt, number)
        with contextlib.suppress(Refusal), self.house.work() as work:
            if receipt is not None:
                amount = Money.shillings(shillings)
                reference = f"REF{next(_serial)}"
                refund(
                    work,
                    self.cashier,
                    receipt_id=receipt.id,
                    amount=amount,
                    reference=reference,
                    reason="asked for",
                )
        self.house.run()

    @rule(number=NUMBERS)
    def takes_back(self, number: int) -> None:
        receipt = self.nth(Receipt, number)
        if receipt is not None and receipt.refunded_cents == 0:
            with self.house.work() as work:
                reverse_receipt(work, receipt_id=receipt.id, reason="told by the list")
            self.house.run()

    @rule(number=NUMBERS)
    def was_for_juma(self, number: int) -> None:
        receipt = self.nth(Receipt, number)
        with contextlib.suppress(Refusal), self.house.work() as work:
            if receipt is not None:
                move_money(
                    work,
                    self.cashier,
                    receipt_id=receipt.id,
                    to_subscriber_id=self.other_id,
                    reason="wrong number",
                )
        self.house.run()

    @rule(days=st.sampled_from([0.5, 3, 12, 31]))
    def time_passes(self, days: float) -> None:
        self.house.clock.advance(timedelta(days=days))
        billing.end_what_is_over(self.house)
        self.house.run()
        with self.house.work() as work:
            for line_id in self.line_ids:
                start_paid_time(work, subscription_id=line_id, at=work.now)
        self.house.run()

    @invariant()
    def the_books_agree(self) -> None:
        self.house.books()
        with self.house.work() as work:
            for person_id in (self.payer_id, self.other_id):
                owed, own = standing(work, person_id)
                assert owed - own == balance(work, person_id)
            # What is paid of the invoices, with what is the owner's own, is what came in and stayed, less what was
            # written off: no money is set against two things.
            ids = {"ids": [self.payer_id, self.other_id]}
            mine = [row for row in self.house.all(Invoice) if row.subscriber_id in ids["ids"]]
            off = sum(written_off(work, row.id).minor for row in mine)
            paid = int(work.session.execute(_PAID_AT_SALE, ids).scalar_one()) - off
            own_cents = sum(own_money(work, one).minor for one in ids["ids"])
            stayed = sum(
                0 if row.reversed_at else row.amount_cents - row.refunded_cents
                for row in self.house.all(Receipt)
                if row.subscriber_id in ids["ids"]
            )
            assert paid + own_cents == stayed

    @invariant()
    def nothing_is_spent_that_is_not_there(self) -> None:
        with self.house.work() as work:
            assert not own_money(work, self.other_id).is_negative
            mine = [row for row in self.house.all(Receipt) if row.subscriber_id == self.payer_id]
            if not any(row.reversed_at for row in mine):
                assert not own_money(work, self.payer_id).is_negative


def test_an_account_in_any_order(house: Any) -> None:
    run_state_machine_as_test(
        lambda: Life(house),
        settings=settings(
            max_examples=5, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
