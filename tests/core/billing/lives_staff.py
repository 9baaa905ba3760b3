"""What staff does in a life, and what a provider does with a payment that its payer wants back."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from core.base.database import Work
from core.base.money import Money
from core.billing.corrections import dispute, end_dispute, goodwill, write_off
from core.billing.credit import credit, left_of
from core.billing.give import give_days
from core.billing.lines_by_staff import end_for
from core.billing.model import Invoice
from core.billing.payer import set_payer
from core.ledger.post import lock_subscriber
from core.payments.corrections import move_money, refund
from core.payments.model import Receipt
from core.payments.reversal import reverse_receipt
from tests.core.billing.lives_people import NAMES, PLACES, SHILLINGS, WHY, People


class Staff(People):
    """Corrections: each with a reason, and by whoever may."""

    @rule(place=PLACES, days=st.integers(1, 9))
    def is_given_days(self, place: int, days: int) -> None:
        line, cashier = self.line(place), self.house.cashier
        self.do(
            lambda work: give_days(work, cashier, subscription_id=line, days=days, reason=WHY, key=self.key())
        )

    @rule(place=PLACES)
    def ends(self, place: int) -> None:
        line, cashier = self.line(place), self.house.cashier
        self.do(lambda work: end_for(work, cashier, subscription_id=line, reason=WHY))

    @rule(place=PLACES, name=NAMES)
    def is_paid_for_by(self, place: int, name: str) -> None:
        line, cashier = self.line(place), self.house.cashier
        self.do(lambda work: set_payer(work, cashier, subscription_id=line, payer_id=self.of(name)))

    @rule(place=PLACES, shillings=st.sampled_from([1, 500, 1_500]))
    def is_refunded(self, place: int, shillings: int) -> None:
        receipt, cashier, number = self.nth(self.house.receipt_ids(), place), self.house.cashier, self.key()

        def act(work: Work) -> None:
            assert receipt is not None
            amount = Money.shillings(shillings)
            refund(work, cashier, receipt_id=receipt, amount=amount, reference=number, reason=WHY)

        self.do(act, gives_back=True)

    @rule(place=PLACES)
    def takes_money_back(self, place: int) -> None:
        receipt = self.nth(self.house.receipt_ids(), place)

        def act(work: Work) -> None:
            assert receipt is not None
            if work.session.get_one(Receipt, receipt).refunded_cents == 0:
                reverse_receipt(work, receipt_id=receipt, reason="told by the list")

        self.do(act, gives_back=True)

    @rule(place=PLACES, name=NAMES)
    def paid_the_wrong_account(self, place: int, name: str) -> None:
        receipt, cashier = self.nth(self.house.receipt_ids(), place), self.house.cashier

        def act(work: Work) -> None:
            assert receipt is not None
            move_money(work, cashier, receipt_id=receipt, to_subscriber_id=self.of(name), reason=WHY)

        self.do(act, gives_back=True)

    @rule(place=PLACES)
    def is_written_off(self, place: int) -> None:
        invoice, cashier = self.invoice(place), self.house.cashier
        if invoice is not None:
            self.do(lambda work: write_off(work, cashier, invoice_id=invoice, reason=WHY))

    @rule(place=PLACES, share=st.integers(1, 100))
    def is_credited(self, place: int, share: int) -> None:
        invoice, source = self.invoice(place), self.key()

        def act(work: Work) -> None:
            assert invoice is not None
            lock_subscriber(work, work.session.get_one(Invoice, invoice).subscriber_id)
            amount = Money(left_of(work, invoice).minor * share // 100)
            credit(work, invoice, amount=amount, reason=WHY, source=source)

        self.do(act)

    @rule(name=NAMES, shillings=SHILLINGS)
    def is_given_money(self, name: str, shillings: int) -> None:
        amount, key, whom, cashier = Money.shillings(shillings), self.key(), self.of(name), self.house.cashier
        self.do(lambda work: goodwill(work, cashier, subscriber_id=whom, amount=amount, reason=WHY, key=key))

    @rule(place=PLACES, days=st.integers(0, 9))
    def disputes(self, place: int, days: int) -> None:
        invoice, cashier = self.invoice(place), self.house.cashier

        def act(work: Work) -> None:
            assert invoice is not None
            if days == 0:
                end_dispute(work, cashier, invoice_id=invoice)
            else:
                until = work.now + timedelta(days=days)
                dispute(work, cashier, invoice_id=invoice, reason=WHY, until=until)

        self.do(act)
