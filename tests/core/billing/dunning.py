"""A house in which time passes: its jobs run at the hours that matter, and what they say is delivered."""

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import text

from core.base.clock import NAIROBI, SetClock
from core.base.database import Database, Work
from core.base.money import Money
from core.billing import jobs
from core.billing.model import Subscription
from core.billing.serve import start_paid_time
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import lock_subscriber, post
from core.payments import remind
from core.payments.own_money import renew_due_line
from tests.factories import AMINA, a_home_plan, a_paid_purchase, a_subscriber

HOURS = (time(0, 5), time(8), time(17), time(18))
"""At which the policy "home" does something: between them its jobs find nothing to do."""


def at(day: int, hour: int, minute: int = 0, *, month: int = 4) -> datetime:
    """An instant of spring 2027, in Nairobi."""
    return datetime(2027, month, day, hour, minute, tzinfo=NAIROBI)


class House:
    """The verbs and jobs that dunning concerns, on a real database, under a clock that is set."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.work = database.work

    def line(self, phone: Any = AMINA, *, price: int = 1_500, **changes: Any) -> int:
        """A line on a plan of its own, granted on 15 March: paid through 15 April. It is 11 April now."""
        self.clock.at = at(15, 10, month=3)
        with self.work() as work:
            owner = a_subscriber(work, phone)
            purchase = a_paid_purchase(work, owner, a_home_plan(work, price))
            assert purchase.subscription_id is not None
            start_paid_time(work, subscription_id=purchase.subscription_id, at=work.now)
            line = work.session.get_one(Subscription, purchase.subscription_id)
            for name, value in changes.items():
                setattr(line, name, value)
        self.clock.at = at(11, 20)
        return line.id

    def until(self, moment: datetime) -> None:
        """Live up to `moment`: the hours of each day at which something may be due, then the moment itself."""
        day = self.clock.at.astimezone(NAIROBI).date()
        while day <= moment.astimezone(NAIROBI).date():
            for hour in HOURS:
                stop = datetime.combine(day, hour, NAIROBI)
                if self.clock.at < stop < moment:
                    self.now(stop)
            day += timedelta(days=1)
        self.now(moment)

    def now(self, moment: datetime) -> None:
        """What the minute's jobs do at `moment`, and the deliveries that are due by then."""
        self.clock.at = moment
        jobs.end_what_is_over(self.database)
        jobs.take_dunning_steps(self.database)
        self.deliver()

    def deliver(self) -> None:
        """What waits and is due: texts of steps, and renewals from own money."""
        with self.work() as work:
            for payload in self._due(work, "StepsTaken"):
                remind.tell_steps(work, payload["first_id"], payload["last_id"], paybill="123456")
            for payload in self._due(work, "LineDue"):
                renew_due_line(work, subscription_id=payload["subscription_id"])
            for payload in self._due(work, "PromptDue"):
                remind.prompt_for_step(work, payload["taken_id"])

    @staticmethod
    def _due(work: Work, event: str) -> list[dict[str, Any]]:
        rows = work.session.execute(
            text(
                "UPDATE deliveries d SET finished_at = :now FROM outbox o WHERE o.id = d.outbox_id "
                "AND o.event = :event AND d.finished_at IS NULL AND d.available_at <= :now RETURNING o.payload"
            ),
            {"now": work.now, "event": event},
        )
        return [row.payload for row in rows]

    def pay(self, line: int) -> None:
        """Bought and paid at this moment, and the router says yes."""
        with self.work() as work:
            found = work.session.get_one(Subscription, line)
            owner = a_subscriber(work, AMINA)
            assert found.subscriber_id == owner.id
            a_paid_purchase(work, owner, found.plan, renews=found)
            work.session.flush()
            start_paid_time(work, subscription_id=line, at=work.now)

    def has_own(self, line: int, shillings: int) -> None:
        """Money that came in and bought nothing yet."""
        with self.work() as work:
            owner = work.session.get_one(Subscription, line).subscriber_id
            lock_subscriber(work, owner)
            amount = Money(shillings * 100)
            post(
                work,
                kind="payment",
                source=f"test:{line}:{self.clock.at.isoformat()}",
                sides=[(MPESA_CLEARING, amount), (receivable(owner), -amount)],
            )

    # -- looking

    def get(self, line: int) -> Subscription:
        with self.work() as work:
            return work.session.get_one(Subscription, line)

    def taken(self, line: int) -> list[tuple[str, str]]:
        """The steps that were taken, with the day and hour of Nairobi, in order."""
        with self.work() as work:
            rows = work.session.execute(
                text(
                    "SELECT step_key || CASE WHEN missed THEN ' missed' ELSE '' END AS step, at "
                    "FROM dunning_steps_taken WHERE subscription_id = :line ORDER BY at, id"
                ),
                {"line": line},
            )
            return [(row.step, f"{row.at.astimezone(NAIROBI):%d %H:%M}") for row in rows]

    def texts(self) -> list[tuple[str, str]]:
        """The notices that were queued, with the hour from which they may go."""
        with self.work() as work:
            rows = work.session.execute(
                text(
                    "SELECT n.template, d.available_at FROM notices n JOIN outbox o ON o.event = 'NoticeQueued' "
                    "AND CAST(o.payload->>'notice_id' AS bigint) = n.id JOIN deliveries d ON d.outbox_id = o.id "
                    "ORDER BY n.id"
                )
            )
            return [(row.template, f"{row.available_at.astimezone(NAIROBI):%d %H:%M}") for row in rows]

    def prompts(self) -> list[str]:
        with self.work() as work:
            rows = work.session.scalars(text("SELECT created_at FROM collections ORDER BY id"))
            return [f"{row.astimezone(NAIROBI):%d %H:%M}" for row in rows]

    def said(self, event: str) -> int:
        with self.work() as work:
            return int(work.scalar("SELECT count(*) FROM outbox WHERE event = :event", event=event))
