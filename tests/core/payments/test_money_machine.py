"""Purchases, callbacks, queries and paybill messages in any order and number: no shilling is born or lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from core.base.errors import NotReady, Refusal
from core.billing.model import Purchase
from core.catalogue.model import Plan
from core.payments import jobs
from core.payments.gateway import Verdict
from core.payments.model import Collection, Receipt
from core.subscribers.meet import meet
from tests.core.payments import said
from tests.factories import AMINA, JUMA, a_collection, a_home_line, a_home_plan, a_hotspot_plan, a_subscriber

PAYERS, NUMBERS = (AMINA, JUMA), st.integers(0, 5)
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


class Money(RuleBasedStateMachine):
    """A house over one database, emptied before each run."""

    make: Callable[[], Any]

    def __init__(self) -> None:
        super().__init__()
        self.house = self.make()
        with self.house.work() as work:
            self.plan = a_hotspot_plan(work)
            self.home = a_home_plan(work, 100)
            self.owner = a_subscriber(work)
            a_home_line(work, self.owner, self.home)

    def order(self, number: int) -> Any:
        orders = self.house.gateway.orders
        return orders[number % len(orders)] if orders else None

    @rule(payer=st.sampled_from(PAYERS), friend=st.booleans(), home=st.booleans())
    def buy(self, payer: Any, friend: bool, home: bool) -> None:
        try:
            with self.house.work() as work:
                if home:
                    plan, changes = work.session.get_one(Plan, self.home.id), {"beneficiary": AMINA, "renews": 1}
                else:
                    plan, changes = work.session.get_one(Plan, self.plan.id), {"beneficiary": JUMA} if friend else {}
                a_collection(work, plan, payer, **changes)
        except Refusal:
            pass

    @rule(seconds=st.sampled_from([0, 5, 21, 80, 130, 900, 4_000]))
    def time_passes(self, seconds: int) -> None:
        self.house.after(seconds=seconds)

    @rule(number=NUMBERS, code=st.sampled_from([0, 0, 0, 1032, 1001, 4999]), receipt=NUMBERS, trusted=st.booleans(),
          shillings=st.sampled_from([None, None, 40, 60]))  # fmt: skip
    def callback(self, number: int, code: int, receipt: int, trusted: bool, shillings: int | None) -> None:
        order = self.order(number)
        if order is None:
            return
        place = self.house.gateway.orders.index(order) + 1
        body = said.stk(
            self.house.gateway.checkout(place),
            code,
            shillings=shillings or order.amount.minor // 100,
            receipt=f"UKM{receipt}",
            payer=order.payer.digits,
        )
        self.house.tell_stk(body, number=place, trusted=trusted)
        self.house.run()

    @rule(number=NUMBERS, paid=st.sampled_from([True, False, None]))
    def gateway_knows(self, number: int, paid: bool | None) -> None:
        order = self.order(number)
        if order is not None:
            place = self.house.gateway.orders.index(order) + 1
            verdict = Verdict(paid=paid, code="1" if paid is False else "", reason="balance" if paid is False else "")
            self.house.gateway.verdicts[self.house.gateway.checkout(place)] = verdict

    @rule(number=NUMBERS, receipt=NUMBERS, account=st.sampled_from(["reference", "owner", "", "Njeri"]),
          shillings=st.sampled_from([50, 50, 100, 250]), trusted=st.booleans())  # fmt: skip
    def paybill(self, number: int, receipt: int, account: str, shillings: int, trusted: bool) -> None:
        order = self.order(number)
        names = {"reference": order.reference if order else "", "owner": self.owner.account_no}
        body = said.c2b(names.get(account, account), shillings=f"{shillings}.00", receipt=f"UKM{receipt}")
        self.house.tell_c2b(body, trusted=trusted)
        self.house.run()

    @rule(question=NUMBERS, shillings=st.sampled_from([50, 50, 100, 40]))
    def provider_confirms(self, question: int, shillings: int) -> None:
        asked = self.house.gateway.questions
        if asked:
            number = question % len(asked)
            body = said.status(f"conversation-{number + 1}", receipt=asked[number], shillings=shillings)
            self.house.tell_status(body)
            self.house.run()

    @rule(inbox_id=st.integers(1, 12))
    def job_again(self, inbox_id: int) -> None:
        with self.house.work() as work:
            exists = work.scalar("SELECT 1 FROM inbox WHERE id = :id", id=inbox_id)
        if exists:
            try:
                jobs.read_callback(self.house, inbox_id=inbox_id)
            except NotReady:
                pass

    @invariant()
    def money_is_conserved(self) -> None:
        with self.house.work() as work:
            assert work.scalar("SELECT coalesce(sum(amount_cents), 0) FROM postings") == 0
            assert work.scalar(CLEARING) == work.scalar(UNIQUE) + work.scalar(BY_WORD)

    @invariant()
    def what_is_paid_is_billed_and_served_once(self) -> None:
        with self.house.work() as work:
            # The factory's line was never billed.
            assert work.scalar(BILLED) == work.scalar(PAID) - 1
            vouchers = work.scalar("SELECT count(*) FROM vouchers")
            accesses = work.scalar("SELECT count(*) FROM subscriptions")
            assert vouchers == accesses - 1

    @invariant()
    def a_phone_has_one_open_prompt(self) -> None:
        open_ones = [c.payer for c in self.house.all(Collection) if c.state in ("requested", "asking", "prompted", "unknown")]
        assert len(open_ones) == len(set(open_ones))

    @invariant()
    def a_purchase_has_one_receipt_at_most(self) -> None:
        proofs = [r.collection_id for r in self.house.all(Receipt) if r.collection_id]
        assert len(proofs) == len(set(proofs))


@pytest.fixture
def fresh(house: Any) -> Callable[[], Any]:
    """Empties the house's database of all that a run left."""
    tables = ("subscribers", "plans", "sites", "inbox", "inbox_bodies", "outbox", "journal_entries", "invoice_series",
              "evidence", "incidents", "gateway_tokens")  # fmt: skip

    def make() -> Any:
        with house.owner.begin() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            accounts = connection.execute(text("SELECT code, kind FROM accounts WHERE subscriber_id IS NULL")).all()
            connection.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
            for code, kind in accounts:
                connection.execute(
                    text("INSERT INTO accounts (code, kind) VALUES (:code, :kind)"), {"code": code, "kind": kind}
                )
        return type(house)(house.database, house.clock)

    return make
