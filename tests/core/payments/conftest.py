"""The house of the money: a real database, a gateway in memory, and the jobs of money run when they are due."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.errors import NotReady, Unreachable
from core.base.inbox import Incident, Letter
from core.base.msisdn import Msisdn
from core.billing.model import Invoice, Purchase, Subscription
from core.ledger.queries import account_balance, balance, trial_balance
from core.messaging.model import Notice
from core.payments.model import Claim, Collection, Receipt
from core.payments.mpesa import door
from core.payments.mpesa.door import Knock
from core.switchboard import LISTENERS
from tests.core.payments import said
from tests.factories import AMINA, a_collection, a_hotspot_plan
from tests.fakes.gateway import FakeGateway

AREAS = ("payments.", "billing.", "vouchers.")
_DUE = text(
    """
    SELECT d.id, d.listener, o.payload FROM deliveries d JOIN outbox o ON o.id = d.outbox_id
    WHERE d.finished_at IS NULL AND d.available_at <= :now AND d.id <> ALL(:passed) ORDER BY d.id LIMIT 1
    """
)


class House:
    """The assembled program, as far as money knows it."""

    paybill, provider_name = said.SHORTCODE, "Pwani Net"

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.gateway = FakeGateway()
        self.gateways = {"mpesa": self.gateway}

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self.database.work(request_id)

    # -- buying

    def begin(self, payer: Msisdn = AMINA, *, shillings: int = 50, **changes: Any) -> int:
        """A hotspot purchase, to be prompted at once. The collection's id."""
        with self.work() as work:
            return a_collection(work, a_hotspot_plan(work, shillings), payer, **changes).id

    def prompt(self, payer: Msisdn = AMINA, *, shillings: int = 50, **changes: Any) -> int:
        """A hotspot purchase whose prompt is on the phone. The collection's id."""
        found = self.begin(payer, shillings=shillings, **changes)
        self.run()
        return found

    # -- time and jobs

    def run(self) -> None:
        """Every job of money that is due, and those that they cause; what is not ready waits."""
        passed: list[int] = []
        while True:
            with self.work() as work:
                row = work.session.execute(_DUE, {"now": work.now, "passed": passed}).one_or_none()
            if row is None:
                return
            try:
                if row.listener.startswith(AREAS):
                    LISTENERS[row.listener](self, **row.payload)  # type: ignore[arg-type]
            except (NotReady, Unreachable):
                passed.append(row.id)
                continue
            with self.work() as work:
                work.session.execute(
                    text("UPDATE deliveries SET finished_at = :now WHERE id = :id"),
                    {"now": work.now, "id": row.id},
                )

    def after(self, **time: float) -> None:
        """Later, with every job on the way run in its time."""
        end = self.clock.at + timedelta(**time)
        while True:
            self.run()
            with self.work() as work:
                soon = work.scalar(
                    "SELECT min(available_at) FROM deliveries WHERE finished_at IS NULL AND available_at > :now "
                    "AND available_at <= :end",
                    now=self.clock.at,
                    end=end,
                )
            self.clock.at = soon or end
            if soon is None:
                self.run()
                return

    # -- the doors

    def tell_stk(self, body: bytes, *, number: int = 1, trusted: bool = True) -> door.Outcome:
        """An STK callback to the address of the `number`th order."""
        token = self.gateway.orders[number - 1].callback_token
        return self._knock(
            door.STK, body, trusted, lambda knock: door.read_stk(self.database.keyring, knock, token)
        )

    def tell_c2b(self, body: bytes, *, trusted: bool = True) -> door.Outcome:
        return self._knock(
            door.CONFIRMATION, body, trusted, lambda knock: door.read_confirmation(knock, said.SHORTCODE)
        )

    def tell_status(self, body: bytes, *, trusted: bool = True) -> door.Outcome:
        return self._knock(door.RESULT, body, trusted, door.read_result)

    def _knock(self, name: str, body: bytes, trusted: bool, read: Callable[[Knock], Letter]) -> door.Outcome:
        knock = Knock(body, "196.201.212.69", trusted, "knock")
        with self.work() as work:
            try:
                (outcome,) = door.take(work, name, [read(knock)])
            except door.Refused as refused:
                return door.refuse(work, name, knock, refused)
        return outcome

    # -- looking

    def all(self, kind: type[Any]) -> list[Any]:
        with self.work() as work:
            return list(work.session.scalars(select(kind).order_by(kind.id)))

    def collection(self, number: int = 1) -> Collection:
        return self.all(Collection)[number - 1]  # type: ignore[no-any-return]

    def purchase(self, number: int = 1) -> Purchase:
        return self.all(Purchase)[number - 1]  # type: ignore[no-any-return]

    def line(self, number: int = 1) -> Subscription:
        return self.all(Subscription)[number - 1]  # type: ignore[no-any-return]

    def receipts(self) -> list[tuple[str, int, bool]]:
        """(number, shillings, whether it proves a collection)"""
        return [(r.number, r.amount_cents // 100, r.collection_id is not None) for r in self.all(Receipt)]

    def incidents(self) -> list[str]:
        return sorted(found.kind for found in self.all(Incident))

    def texts(self) -> list[str]:
        """The templates of the texts that were queued, oldest first."""
        return [notice.template for notice in self.all(Notice)]

    def claims(self) -> list[str]:
        return [claim.state for claim in self.all(Claim)]

    def books(self) -> dict[str, int]:
        """What stands on each account that is not empty, in cents; the sum of all is checked to be zero."""
        with self.work() as work:
            assert trial_balance(work).minor == 0
            rows = work.session.execute(
                text(
                    "SELECT code, sum(amount_cents) FROM postings JOIN accounts a ON a.id = account_id "
                    "GROUP BY code HAVING sum(amount_cents) <> 0"
                )
            )
            return {code: int(cents) for code, cents in rows}

    def clearing(self) -> int:
        """Shillings that M-Pesa holds for us, as the journal knows it."""
        with self.work() as work:
            return account_balance(work, "clearing.mpesa").minor // 100

    def own_money(self, subscriber_id: int) -> int:
        """Shillings that the subscriber has with us."""
        with self.work() as work:
            return -balance(work, subscriber_id).minor // 100

    def is_served_once(self) -> None:
        """One purchase was paid once: one entry of each kind, one invoice, one access."""
        with self.work() as work:
            kinds = work.session.execute(text("SELECT kind, count(*) FROM journal_entries GROUP BY kind"))
            assert {kind: int(number) for kind, number in kinds} == {"payment": 1, "invoice": 1}
        assert len(self.all(Invoice)) == 1
        assert len(self.all(Subscription)) == 1
        assert self.collection().state == "paid"
        self.books()


@pytest.fixture
def house(database: Database, clock: SetClock) -> Iterator[House]:
    return House(database, clock)
