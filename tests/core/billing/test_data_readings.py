"""A router's counters, all lines at once: the same as if each had been counted by itself."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.base.clock import NAIROBI, SetClock
from core.base.database import Database
from core.billing import data_readings
from core.billing.data import count_usage
from core.billing.data_model import DataPeriod
from core.billing.data_readings import Reading, count_readings
from core.billing.jobs import give_new_data
from core.billing.model import Subscription
from core.messaging.model import Notice
from tests.factories import a_home_line, a_home_plan, a_paid_purchase, a_subscriber

GB = 10**9
TOGETHER, BY_ITSELF = 0, 1


class Twins:
    """Two lines of 10 GB, slow after, that live the same; the first is counted together with others."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock, self.work = database, clock, database.work
        clock.at = datetime(2027, 3, 15, 14, 5, tzinfo=NAIROBI)
        with database.work() as work:
            plan = a_home_plan(work, data_cap_bytes=10 * GB, after_cap="slow", slow_download_kbps=512)
            owner = a_subscriber(work)
            self.lines = [a_home_line(work, owner, plan).id for _ in range(2)]
        self.counters, self.begun = [0, 0], [clock.at, clock.at]

    def pass_hours(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))
        give_new_data(self)

    def carry(self, session: int, megabytes: int) -> None:
        self.counters[session] += megabytes * 10**6
        self.clock.advance(timedelta(minutes=5))
        self.read()

    def restart(self, session: int) -> None:
        """Its name comes again, as after a restart of the router."""
        self.clock.advance(timedelta(minutes=1))
        self.counters[session], self.begun[session] = 0, self.clock.now()

    def buy(self, carries_over: bool) -> None:
        with self.database.work() as work:
            more = a_home_plan(work, 300, role="topup", data_cap_bytes=4 * GB, carries_over=carries_over)
            self._buy(work, more)

    def renew(self) -> None:
        with self.database.work() as work:
            self._buy(work, work.session.get_one(Subscription, self.lines[0]).plan)

    def _buy(self, work: Any, plan: Any) -> None:
        for line in self.lines:
            a_paid_purchase(work, a_subscriber(work), plan, renews=work.session.get_one(Subscription, line))

    def read(self, line: int | None = None) -> int:
        """Twice, as a job that was killed and begun again."""
        at = self.clock.now()
        readings = [Reading(self.lines[TOGETHER], f"*{n}", self.counters[n], self.begun[n]) for n in range(2)]
        count_readings(self, readings, at=at)
        count = count_readings(self, readings, at=at)
        for n in range(2):
            with self.database.work() as work:
                count_usage(
                    work, subscription_id=self.lines[BY_ITSELF], session=f"*{n}",
                    counter_bytes=self.counters[n], at=at, begun_at=self.begun[n],
                )  # fmt: skip
        return count

    def books(self, line: int) -> list[Any]:
        """All that was counted, told and done."""
        with self.database.work() as work:
            periods = work.session.scalars(
                select(DataPeriod)
                .where(DataPeriod.subscription_id == self.lines[line])
                .order_by(DataPeriod.begins_at)
            ).all()
            told = [
                work.session.scalars(
                    select(Notice.template)
                    .where(Notice.dedupe_key.startswith(f"data:{period.id}:"))
                    .order_by(Notice.id)
                ).all()
                for period in periods
            ]
            used = [
                (p.begins_at, p.ends_at, p.allowance_bytes, p.used_bytes, p.from_plan_bytes, p.told_80_at,
                 p.told_100_at)
                for p in periods
            ]  # fmt: skip
            return [work.session.get_one(Subscription, self.lines[line]).capped_at, told, used]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("carry"), st.integers(0, 1), st.integers(0, 6_000)),
        st.tuples(st.just("restart"), st.integers(0, 1)),
        st.tuples(st.just("pass_hours"), st.integers(1, 400)),
        st.tuples(st.just("buy"), st.booleans()),
        st.tuples(st.just("renew")),
    ),
    min_size=4,
    max_size=14,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_together_is_as_each_by_itself(database: Database, clock: SetClock, steps: list[Any]) -> None:
    twins = Twins(database, clock)
    for name, *values in steps:
        getattr(twins, name)(*values)
    twins.read()
    assert twins.books(TOGETHER) == twins.books(BY_ITSELF)


def test_who_only_grows_is_counted_together(database: Database, clock: SetClock) -> None:
    twins = Twins(database, clock)
    twins.carry(0, 100)
    twins.carry(1, 50)
    clock.advance(timedelta(minutes=5))
    with database.work() as work:
        plain = data_readings._count_plain(
            work, [Reading(twins.lines[TOGETHER], "*0", 2 * GB, twins.begun[0])], at=work.now
        )
    assert plain == {twins.lines[TOGETHER]}
    assert twins.books(TOGETHER)[2][0][3] == 2 * GB + 50 * 10**6


def test_a_line_that_somebody_else_is_at_is_counted_by_its_next_reading(
    database: Database, clock: SetClock
) -> None:
    twins = Twins(database, clock)
    twins.carry(0, 100)
    twins.counters[0] += 10**9
    with database.work() as other:
        other.session.get_one(Subscription, twins.lines[TOGETHER], with_for_update=True)
        assert twins.read() == 0
    clock.advance(timedelta(minutes=5))
    assert twins.read() == 1
    assert twins.books(TOGETHER)[2][0][3] == 10**9 + 10**8


def test_what_a_session_carried_before_the_period_is_not_counted(database: Database, clock: SetClock) -> None:
    twins = Twins(database, clock)
    twins.begun[0] -= timedelta(days=3)
    twins.carry(0, 9_000)
    assert twins.books(TOGETHER)[2][0][3] == 0
    twins.carry(0, 70)
    assert twins.books(TOGETHER)[2][0][3] == 70 * 10**6
