"""A house in which whole lives are lived: people buy, pay and change their minds, the clock jumps, and what the program
does by itself is done at its hours. After each thing that happens, somebody looks."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select, text

from core.base.clock import NAIROBI, SetClock, nairobi_day, start_of_day
from core.base.database import Database
from core.base.errors import NotReady
from core.base.msisdn import Msisdn
from core.billing import jobs as billing
from core.billing.model import Subscription
from core.billing.serve import start_paid_time
from core.catalogue.model import Plan
from core.payments.model import Receipt
from core.switchboard import LISTENERS
from tests.core.payments import said
from tests.core.payments.conftest import AREAS, House
from tests.factories import a_cashier, a_collection, a_home_plan, a_hotspot_plan, a_site, a_subscriber

PEOPLE = {
    "Amina": "254712345678",
    "Juma": "254722000111",
    "Otieno": "254710000222",
    "Wanjiru": "254711000333",
}
JOBS: dict[time, Callable[[Any], None]] = {
    time(0, 1): billing.end_what_is_over,
    time(0, 5): billing.take_dunning_steps,
    time(0, 10): billing.raise_bills,
    time(8): billing.take_dunning_steps,
    time(17): billing.take_dunning_steps,
    time(18): billing.take_dunning_steps,
}
"""What the ticker does, at the hours at which it finds something to do."""

# Nothing of ours listens there, and the most are of the network.
_OF_OTHERS = text(
    "UPDATE deliveries SET finished_at = :now WHERE finished_at IS NULL AND NOT (listener LIKE ANY(:areas))"
)
_DUE = text(
    "SELECT d.id, d.listener, o.payload FROM deliveries d JOIN outbox o ON o.id = d.outbox_id "
    "WHERE d.finished_at IS NULL AND d.available_at <= :now AND d.id <> ALL(:passed) ORDER BY d.id LIMIT 1"
)
_DONE = text("UPDATE deliveries SET finished_at = :now WHERE id = :id")
_WAITING = text(
    "SELECT s.id FROM subscriptions s JOIN plans p ON p.id = s.plan_id "
    "WHERE s.state = 'awaiting_network' AND p.kind = 'pppoe' ORDER BY s.id"
)
# Days of which nothing can come are passed over: a year of an ended line is nothing to live through.
_EVENTFUL = text(
    """
    SELECT EXISTS (
        SELECT FROM subscriptions WHERE state = 'grace'
          OR state = 'active' AND (paid_through <= :soon OR next_plan_from <= :soon)
          OR state = 'paused' AND paused_until <= :soon OR state = 'suspended' AND paid_through <= :long_ago
    ) OR EXISTS (
        SELECT FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
        WHERE i.kind = 'bill' AND i.open_cents > 0 AND i.due_at <= :soon AND s.state IN ('active', 'grace')
    ) OR EXISTS (SELECT FROM deliveries WHERE finished_at IS NULL AND available_at <= :soon)
    """
)


class Lives(House):
    """Amina has a monthly line and one by the day; Juma's, of calendar months, is paid by Otieno, who has a postpaid
    line of his own; Wanjiru buys what she wants."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        super().__init__(database, clock)
        self.router_is_there = True
        self.look: Callable[[], None] = lambda: None
        self._receipts = count(1)
        with self.work() as work:
            self.cashier, site = a_cashier(work, "owner"), a_site(work, "Kilifi")
            self.ids = {
                name: a_subscriber(work, Msisdn(digits), name=name).id for name, digits in PEOPLE.items()
            }
            home = {"sites": [site]}
            self.plans = {
                "small": a_home_plan(work, 1_500, **home).id,
                "big": a_home_plan(work, 2_500, **home).id,
                "days": a_home_plan(work, 700, term_unit="days", term_count=10, **home).id,
                "calendar": a_home_plan(work, 2_000, fixed_anchor=31, **home).id,
                "postpaid": a_home_plan(work, 1_000, billing="postpaid", **home).id,
                "hotspot": a_hotspot_plan(work, 50, sites=[site]).id,
            }

    # -- what people do

    def ask(self, payer: str, plan: str, *, renews: int | None = None) -> None:
        """A prompt for a plan is on the payer's phone."""
        with self.work() as work:
            changes: dict[str, Any] = {}
            if renews is not None:
                line = work.session.get_one(Subscription, renews)
                changes = {"renews": line.id, "beneficiary": self.phone_of(line.subscriber_id)}
                plan_id = line.renewal_plan.id
            else:
                plan_id = self.plans[plan]
            a_collection(work, work.session.get_one(Plan, plan_id), Msisdn(PEOPLE[payer]), **changes)
        self.settle()

    def answer(self, place: int, code: int = 0) -> None:
        """The payer answers the `place`th prompt; the same answer again is the same words."""
        order = self.gateway.orders[place - 1]
        body = said.stk(
            self.gateway.checkout(place),
            code,
            shillings=order.amount.minor // 100,
            receipt=f"STK{place:07d}",
            payer=order.payer.digits,
            at=f"{self.clock.at.astimezone(NAIROBI):%Y%m%d%H%M%S}",
        )
        self.tell_stk(body, number=place)
        self.settle()

    def buy(self, payer: str, plan: str) -> None:
        """Asked for and paid at once."""
        self.ask(payer, plan)
        self.answer(len(self.gateway.orders))

    def pay(self, account: str, shillings: int, *, times: int = 1) -> None:
        """Paybill money for an account as it was typed; its message may come more than once."""
        number = f"PAY{next(self._receipts):07d}"
        stamp = f"{self.clock.at.astimezone(NAIROBI):%Y%m%d%H%M%S}"
        for _ in range(times):
            self.tell_c2b(said.c2b(account, shillings=f"{shillings}.00", receipt=number, TransTime=stamp))
            self.settle()

    # -- what the program does by itself

    def until(self, moment: datetime) -> None:
        """Live up to `moment`: each hour at which the ticker may find something to do, then the moment itself."""
        day = nairobi_day(self.clock.at)
        while day <= nairobi_day(moment):
            for hour, job in JOBS.items() if self._is_eventful(start_of_day(day)) else ():
                stop = datetime.combine(day, hour, NAIROBI)
                if self.clock.at < stop < moment:
                    self.clock.at = stop
                    job(self)
                    self.settle()
            day += timedelta(days=1)
        self.clock.at = moment
        self.minute()

    def minute(self) -> None:
        """What each minute does, and the hour's look for bills."""
        for job in (billing.end_what_is_over, billing.take_dunning_steps, billing.raise_bills):
            job(self)
            self.settle()

    def settle(self) -> None:
        """Every job that is due, and the network's yes to what waits for it, where it answers."""
        self.look()
        self.run()
        while self.router_is_there:
            with self.work() as work:
                waiting = work.session.scalars(_WAITING).all()
            if not waiting:
                return
            with self.work() as work:
                for line_id in waiting:
                    start_paid_time(work, subscription_id=line_id, at=work.now)
                    start_paid_time(work, subscription_id=line_id, at=work.now)
            self.look()
            self.run()

    def run(self) -> None:
        passed: list[int] = []
        while True:
            with self.work() as work:
                areas = [f"{area}%" for area in AREAS]
                work.session.execute(_OF_OTHERS, {"now": work.now, "areas": areas})
                row = work.session.execute(_DUE, {"now": work.now, "passed": passed}).one_or_none()
            if row is None:
                return
            try:
                LISTENERS[row.listener](self, **row.payload)
            except NotReady:
                passed.append(row.id)
                continue
            with self.work() as work:
                work.session.execute(_DONE, {"now": work.now, "id": row.id})
            self.look()

    def _is_eventful(self, day: datetime) -> bool:
        with self.work() as work:
            values = {"soon": day + timedelta(days=5), "long_ago": day - timedelta(days=58)}
            return bool(work.session.execute(_EVENTFUL, values).scalar_one())

    # -- looking

    def home_lines(self) -> list[int]:
        """The home lines there are and were, the newest first."""
        with self.work() as work:
            found = select(Subscription.id).join(Plan, Plan.id == Subscription.plan_id)
            return list(
                work.session.scalars(found.where(Plan.kind == "pppoe").order_by(Subscription.id.desc()))
            )

    def receipt_ids(self) -> list[int]:
        """Payments that came in, the newest first."""
        with self.work() as work:
            return list(work.session.scalars(select(Receipt.id).order_by(Receipt.id.desc())))

    def phone_of(self, subscriber_id: int) -> Msisdn:
        """The phone of one of the people."""
        return next(Msisdn(PEOPLE[name]) for name, one in self.ids.items() if one == subscriber_id)
