"""Purchases, callbacks, queries and paybill messages in any order and number: no shilling is born or lost."""

import contextlib
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from core.base.errors import NotReady, Refusal
from core.base.msisdn import Msisdn
from core.billing.model import Purchase
from core.payments import jobs
from core.payments.gateway import Verdict
from core.payments.model import Collection, Receipt
from tests.core.payments import said
from tests.factories import a_collection, a_home_line, a_home_plan, a_hotspot_plan, a_subscriber

NUMBERS = st.integers(0, 4)
UNIQUE = "SELECT coalesce(sum(amount_cents), 0) FROM receipts"
BY_WORD = (
    "SELECT coalesce(sum(amount_cents), 0) FROM collections c WHERE state = 'paid' "
    "AND NOT EXISTS (SELECT 1 FROM receipts WHERE collection_id = c.id)"
)
CLEARING = (
    "SELECT coalesce(sum(amount_cents), 0) FROM postings p JOIN accounts a ON a.id = p.account_id "
    "WHERE a.code = 'clearing.mpesa'"
)
BILLED = "SELECT count(*) FROM invoices"
PAID = "SELECT count(*) FROM purchases WHERE state IN ('paid', 'served')"
HOTSPOT_PAID = PAID + " AND plan_id IN (SELECT id FROM plans WHERE kind = 'hotspot')"
_runs = count(1)


class Money(RuleBasedStateMachine):
    """Amina has a home line; she and Juma buy, pay, and are told of."""

    def __init__(self, house: Any) -> None:
        super().__init__()
        self.house, self.run = house, next(_runs)
        self.amina, self.juma = (Msisdn(f"2547{self.run:06d}{n:02d}") for n in (1, 2))
        with self.house.work() as work:
            self.plan = a_hotspot_plan(work)
            self.home = a_home_plan(work, 100)
            self.owner = a_subscriber(work, self.amina)
            self.line = a_home_line(work, self.owner, self.home)

    def place(self, number: int) -> int:
        """The place of one of the last orders; 0 where there is none yet."""
        orders = len(self.house.gateway.orders)
        return max(1, orders - number) if orders else 0

    @rule(herself=st.booleans(), friend=st.booleans(), home=st.booleans())
    def buy(self, herself: bool, friend: bool, home: bool) -> None:
        payer = self.amina if herself else self.juma
        try:
            with self.house.work() as work:
                if home:
                    a_collection(work, self.home, payer, beneficiary=self.amina, renews=self.line.id)
                else:
                    a_collection(work, self.plan, payer, beneficiary=self.juma if friend else self.amina)
        except Refusal:
            pass

    @rule(seconds=st.sampled_from([0, 21, 80, 130, 900]))
    def time_passes(self, seconds: int) -> None:
        self.house.after(seconds=seconds)

    @rule(number=NUMBERS, code=st.sampled_from([0, 0, 0, 1032, 1001, 4999]), receipt=NUMBERS, trusted=st.booleans(),
          shillings=st.sampled_from([None, None, 40, 60]))  # fmt: skip
    def callback(self, number: int, code: int, receipt: int, trusted: bool, shillings: int | None) -> None:
        place = self.place(number)
        if not place:
            return
        order = self.house.gateway.orders[place - 1]
        body = said.stk(
            self.house.gateway.checkout(place),
            code,
            shillings=shillings or order.amount.minor // 100,
            receipt=f"UKM{self.run}R{receipt}",
            payer=order.payer.digits,
        )
        self.house.tell_stk(body, number=place, trusted=trusted)
        self.house.run()

    @rule(number=NUMBERS, paid=st.sampled_from([True, False, None]))
    def gateway_knows(self, number: int, paid: bool | None) -> None:
        place = self.place(number)
        if place:
            verdict = Verdict(
                paid=paid, code="1" if paid is False else "", reason="balance" if paid is False else ""
            )
            self.house.gateway.verdicts[self.house.gateway.checkout(place)] = verdict

    @rule(number=NUMBERS, receipt=NUMBERS, account=st.sampled_from(["reference", "owner", "", "Njeri"]),
          shillings=st.sampled_from([50, 50, 100, 250]), trusted=st.booleans())  # fmt: skip
    def paybill(self, number: int, receipt: int, account: str, shillings: int, trusted: bool) -> None:
        place = self.place(number)
        reference = self.house.gateway.orders[place - 1].reference if place else ""
        names = {"reference": reference, "owner": self.owner.account_no}
        body = said.c2b(
            names.get(account, account), shillings=f"{shillings}.00", receipt=f"UKM{self.run}R{receipt}"
        )
        self.house.tell_c2b(body, trusted=trusted)
        self.house.run()

    @rule(question=NUMBERS, shillings=st.sampled_from([50, 50, 100, 40]))
    def provider_confirms(self, question: int, shillings: int) -> None:
        asked = self.house.gateway.questions
        if asked:
            number = max(0, len(asked) - 1 - question)
            body = said.status(f"conversation-{number + 1}", receipt=asked[number], shillings=shillings)
            self.house.tell_status(body)
            self.house.run()

    @rule(back=NUMBERS)
    def job_again(self, back: int) -> None:
        with self.house.work() as work:
            inbox_id = work.scalar("SELECT id FROM inbox ORDER BY id DESC OFFSET :back LIMIT 1", back=back)
        if inbox_id is not None:
            with contextlib.suppress(NotReady):
                jobs.read_callback(self.house, inbox_id=inbox_id)

    @invariant()
    def money_is_conserved(self) -> None:
        with self.house.work() as work:
            assert work.scalar("SELECT coalesce(sum(amount_cents), 0) FROM postings") == 0
            assert work.scalar(CLEARING) == work.scalar(UNIQUE) + work.scalar(BY_WORD)

    @invariant()
    def what_is_paid_is_billed_and_served_once(self) -> None:
        with self.house.work() as work:
            # The factory's home lines were never billed.
            lines = work.scalar("SELECT count(*) FROM subscriptions WHERE site_id IS NOT NULL")
            assert work.scalar(BILLED) == work.scalar(PAID) - lines
            assert work.scalar("SELECT count(*) FROM vouchers") == work.scalar(HOTSPOT_PAID)

    @invariant()
    def a_phone_has_one_open_prompt(self) -> None:
        open_ones = [
            c.payer
            for c in self.house.all(Collection)
            if c.state in ("requested", "asking", "prompted", "unknown")
        ]
        assert len(open_ones) == len(set(open_ones))

    @invariant()
    def a_purchase_has_one_receipt_at_most(self) -> None:
        proofs = [r.collection_id for r in self.house.all(Receipt) if r.collection_id]
        assert len(proofs) == len(set(proofs))


def test_no_shilling_is_born_or_lost(house: Any) -> None:
    """All runs share one house; each has people, phones and receipts of its own, and the sums hold over all."""

    class InThisHouse(Money):
        def __init__(self) -> None:
            super().__init__(house)

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        InThisHouse,
        settings=settings(
            max_examples=5, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert [p.state for p in house.all(Purchase) if p.state in ("paid", "served")], (
        "something was bought at all"
    )
