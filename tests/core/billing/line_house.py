"""Lines whose plan, time and place change: bought and paid for by the verbs, under a clock that is set."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from core.base.clock import SetClock, last_day
from core.base.database import Database, Work
from core.base.money import Money
from core.billing.account import own_money
from core.billing.documents import CreditNote
from core.billing.expire import sweep
from core.billing.line_clock import follow_dates
from core.billing.model import SUSPENDED, Invoice, Subscription
from core.billing.moves import move
from core.billing.serve import lock_line, start_paid_time
from core.catalogue.model import Plan
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import lock_subscriber, post
from core.ledger.queries import trial_balance
from core.payments.change import change_with_own_money, move_payday_with_own_money
from tests.core.billing.cycle_lines import nairobi
from tests.factories import AMINA, a_home_plan, a_paid_purchase, a_site, a_step, a_subscriber


class LineHouse:
    """One site with plans by price, and lines on them."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.work = database.work
        with self.work() as work:
            self.site_id = a_site(work, "Kilifi").id

    def at(self, day: str, hour: str = "14:05") -> datetime:
        """It is then, in Nairobi; what the minute does by itself is done."""
        self.clock.at = nairobi(day, hour)
        with self.work() as work:
            sweep(work)
            follow_dates(work)
        return self.clock.at

    def plan(self, work: Work, shillings: int, **changes: Any) -> Plan:
        found = work.session.scalar(select(Plan).where(Plan.code == f"home-{shillings}-{len(changes)}"))
        if found is not None:
            return found
        code = f"home-{shillings}-{len(changes)}"
        from core.catalogue.model import Site

        return a_home_plan(
            work, shillings, code=code, sites=[work.session.get_one(Site, self.site_id)], **changes
        )

    def line(self, granted: str, shillings: int = 1_500, *, phone: Any = AMINA, **changes: Any) -> int:
        """A line that was paid and granted on that day."""
        self.clock.at = nairobi(granted, "14:05")
        with self.work() as work:
            owner = a_subscriber(work, phone)
            purchase = a_paid_purchase(work, owner, self.plan(work, shillings, **changes))
            assert purchase.subscription_id is not None
            start_paid_time(work, subscription_id=purchase.subscription_id, at=work.now)
        return purchase.subscription_id

    def grant(self, line: int) -> None:
        """The router says yes."""
        with self.work() as work:
            start_paid_time(work, subscription_id=line, at=work.now)

    def renew(self, line: int) -> None:
        """Its next period is paid, whatever that costs."""
        with self.work() as work:
            found = work.session.get_one(Subscription, line)
            owner = work.session.get_one(type(a_subscriber(work)), found.subscriber_id)
            a_paid_purchase(work, owner, found.renewal_plan, renews=found)

    def put(self, line: int, cents: int) -> None:
        """Money that stands on the account and bought nothing."""
        with self.work() as work:
            owner = work.session.get_one(Subscription, line).account_holder_id
            lock_subscriber(work, owner)
            source = f"test:{work.scalar('SELECT count(*) FROM journal_entries')}"
            sides = [(MPESA_CLEARING, Money(cents)), (receivable(owner), -Money(cents))]
            post(work, kind="payment", source=source, sides=sides)

    def change(self, line: int, shillings: int, **changes: Any) -> Any:
        """Change the plan with own money, or ask for it with the next period. The quote."""
        with self.work() as work:
            found = work.session.get_one(Subscription, line)
            return change_with_own_money(
                work,
                step=a_step(),
                buyer_id=found.account_holder_id,
                subscription_id=line,
                plan_id=self.plan(work, shillings, **changes).id,
            )

    def cut_off(self, line: int, day: str) -> None:
        """Off for want of money, in the first minutes of the day."""
        self.at(day, "00:05")
        with self.work() as work:
            found = lock_line(work, line)
            move(work, found, SUSPENDED, "not paid")
            found.dark_since = work.now

    def move_payday(self, line: int, anchor: int) -> int:
        """Move the payday, paid with own money. The price of the bridge in cents."""
        with self.work() as work:
            owner = work.session.get_one(Subscription, line).account_holder_id
            moved = move_payday_with_own_money(
                work, step=a_step(), buyer_id=owner, subscription_id=line, anchor=anchor
            )
            return moved.price_cents

    # -- looking

    def get(self, line: int) -> Subscription:
        with self.work() as work:
            return work.session.get_one(Subscription, line)

    def paid_through(self, line: int) -> str:
        found = self.get(line).paid_through
        assert found is not None
        return last_day(found).isoformat()

    def price(self, line: int) -> int:
        """Shillings of the plan that it is on."""
        with self.work() as work:
            return work.session.get_one(Subscription, line).plan.price_cents // 100

    def own(self, line: int) -> int:
        """Cents that are the account's own."""
        with self.work() as work:
            assert trial_balance(work).minor == 0
            return own_money(work, work.session.get_one(Subscription, line).account_holder_id).minor

    def invoices(self, kind: str) -> list[tuple[int, int, int]]:
        """(total, open, taken back) of each invoice of that kind, in cents."""
        with self.work() as work:
            rows = work.session.scalars(select(Invoice).where(Invoice.kind == kind).order_by(Invoice.id))
            return [(row.total_cents, row.open_cents, row.credited_cents) for row in rows]

    def credited(self) -> list[int]:
        with self.work() as work:
            return list(work.session.scalars(select(CreditNote.total_cents).order_by(CreditNote.id)))

    def moves(self, line: int) -> Sequence[str]:
        with self.work() as work:
            statement = text(
                "SELECT to_state FROM subscription_moves WHERE subscription_id = :line ORDER BY id"
            )
            return work.session.scalars(statement, {"line": line}).all()

    def said(self, event: str) -> int:
        with self.work() as work:
            return int(work.scalar("SELECT count(*) FROM outbox WHERE event = :event", event=event))
