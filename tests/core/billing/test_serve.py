"""Paid time by worked example, through the database (billing-rules, section 1)."""

from datetime import date, datetime, time, timedelta
from threading import Barrier, Thread

import pytest

from core.base.clock import NAIROBI, SetClock, last_day
from core.base.database import Database, Work
from core.billing.dunning import take_steps
from core.billing.expire import sweep
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, Purchase, Subscription
from core.billing.serve import serve, start_at_login, start_paid_time
from tests.factories import (
    a_home_line,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_purchase,
    a_subscriber,
)

STOPS = (time(0, 0), time(0, 5), time(18, 0))
"""The hours at which something becomes of a line that nobody pays."""


def at(day: int, month: int, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A moment of 2027 in Nairobi."""
    return datetime(2027, month, day, hour, minute, second, tzinfo=NAIROBI)


class Line:
    """A home line at 1,500 a month, granted 15 Mar 2027 14:05: paid through 15 Apr."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        clock.at = at(15, 3, 14, 5)
        with database.work() as work:
            owner, plan = a_subscriber(work), a_home_plan(work)
            line = a_home_line(work, owner, plan)
            self.owner_id, self.plan_id, self.id = owner.id, plan.id, line.id

    def row(self, work: Work) -> Subscription:
        return work.session.get_one(Subscription, self.id)

    def passes_until(self, moment: datetime) -> None:
        """Time passes, with its sweep and the steps of dunning: no cut comes without the word of an evening before."""
        day = self.clock.at.astimezone(NAIROBI).date()
        while day <= moment.astimezone(NAIROBI).date():
            for hour in STOPS:
                stop = datetime.combine(day, hour, NAIROBI)
                if self.clock.at < stop < moment:
                    self._stops_at(stop)
            day += timedelta(days=1)
        self._stops_at(moment)

    def _stops_at(self, moment: datetime) -> None:
        self.clock.at = moment
        with self.database.work() as work:
            sweep(work)
        with self.database.work() as work:
            take_steps(work)

    def pays(self, moment: datetime) -> str:
        """Its owner pays a month; the state of the purchase."""
        self.passes_until(moment)
        with self.database.work() as work:
            line = self.row(work)
            purchase = a_paid_purchase(work, a_subscriber(work), line.plan, renews=line)
            return purchase.state

    def is_granted(self, moment: datetime) -> None:
        self.clock.at = max(self.clock.at, moment)
        with self.database.work() as work:
            start_paid_time(work, subscription_id=self.id, at=moment)

    def stands(self) -> tuple[str, date | None]:
        with self.database.work() as work:
            line = self.row(work)
            return line.state, last_day(line.paid_through) if line.paid_through else None


@pytest.fixture
def line(database: Database, clock: SetClock) -> Line:
    return Line(database, clock)


def test_own_anniversary(line: Line) -> None:
    assert line.stands() == (ACTIVE, date(2027, 4, 15))


def test_renewed_before_the_end(line: Line) -> None:
    assert line.pays(at(10, 4)) == "served"
    assert line.stands() == (ACTIVE, date(2027, 5, 15))


def test_paid_in_grace_grace_was_used(line: Line) -> None:
    line.passes_until(at(16, 4, 0, 0))
    assert line.stands()[0] == GRACE
    assert line.pays(at(17, 4)) == "served"
    assert line.stands() == (ACTIVE, date(2027, 5, 15))


def test_suspended_at_five_past_midnight_after_the_grace(line: Line) -> None:
    line.passes_until(at(19, 4, 0, 4))
    assert line.stands()[0] == GRACE
    line.passes_until(at(19, 4, 0, 5))
    assert line.stands()[0] == "suspended"


def test_dark_days_do_not_count(line: Line) -> None:
    line.passes_until(at(16, 4))
    line.passes_until(at(19, 4, 0, 5))
    assert line.pays(at(25, 4, 19, 40)) == "paid"
    assert line.stands() == (AWAITING_NETWORK, date(2027, 4, 15))
    line.is_granted(at(25, 4, 19, 41))
    assert line.stands() == (ACTIVE, date(2027, 5, 22))
    line.pays(at(1, 5))
    assert line.stands() == (ACTIVE, date(2027, 6, 22)), "the anniversary moved with the dark days"


def test_back_after_more_than_fourteen_dark_days(line: Line) -> None:
    line.passes_until(at(16, 4))
    line.passes_until(at(19, 4, 0, 5))
    line.pays(at(10, 5))
    line.is_granted(at(10, 5, 12, 1))
    assert line.stands() == (ACTIVE, date(2027, 6, 10))


def test_paid_while_the_router_is_away_it_starts_at_the_yes(line: Line) -> None:
    line.passes_until(at(16, 4))
    line.passes_until(at(19, 4, 0, 5))
    line.pays(at(20, 4))
    line.is_granted(at(25, 4, 19, 41))
    assert line.stands() == (ACTIVE, date(2027, 5, 22)), "the days on which the router was away are dark too"


def test_two_payments_while_awaiting_are_two_months(line: Line) -> None:
    line.passes_until(at(16, 4))
    line.passes_until(at(19, 4, 0, 5))
    assert [line.pays(at(25, 4, 18)), line.pays(at(25, 4, 19))] == ["paid", "paid"]
    line.is_granted(at(25, 4, 19, 41))
    assert line.stands() == (ACTIVE, date(2027, 6, 22))
    with line.database.work() as work:
        assert {row.state for row in work.session.query(Purchase)} == {"served"}


def test_the_yes_told_twice_starts_once(line: Line) -> None:
    line.is_granted(at(15, 3, 14, 6))
    line.is_granted(at(20, 3))
    assert line.stands() == (ACTIVE, date(2027, 4, 15))


def test_a_yes_from_before_the_cut_brings_nothing_back(line: Line) -> None:
    line.passes_until(at(16, 4))
    line.passes_until(at(19, 4, 0, 5))
    line.pays(at(25, 4, 19, 40))
    line.is_granted(at(15, 3, 14, 5))
    assert line.stands()[0] == AWAITING_NETWORK


def test_money_for_an_ended_line_opens_a_new_one(line: Line) -> None:
    with line.database.work() as work:
        found = line.row(work)
        purchase = a_purchase(work, a_subscriber(work), found.plan, renews=found)
        found.state = ENDED
        work.session.flush()
        fresh = serve(work, purchase)
        assert (fresh.id != line.id, fresh.plan_id, fresh.site_id) == (True, line.plan_id, found.site_id)
        assert (fresh.state, purchase.subscription_id) == (AWAITING_NETWORK, fresh.id)


def test_a_new_line_waits_for_its_router(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        fresh = a_home_line(work, a_subscriber(work), a_home_plan(work), state=AWAITING_NETWORK)
        assert fresh.paid_through is None
    clock.advance(timedelta(days=7))
    with database.work() as work:
        start_paid_time(work, subscription_id=fresh.id, at=work.now)
        begun = work.session.get_one(Subscription, fresh.id)
        assert begun.paid_through is not None
        assert (begun.state, last_day(begun.paid_through)) == (ACTIVE, date(2026, 12, 29))


def test_a_payment_in_the_middle_of_the_sweep_is_not_lost(line: Line) -> None:
    """The sweep cuts while the payment is on its way: whoever is second sees what the first did."""
    line.passes_until(at(18, 4, 18))
    line.clock.at = at(19, 4, 0, 5)
    both = Barrier(2)

    def pay() -> None:
        with line.database.work() as work:
            owner = a_subscriber(work)
            found = line.row(work)  # read while it is still in grace
            both.wait()
            both.wait()
            a_paid_purchase(work, owner, found.plan, renews=found)

    def cut() -> None:
        both.wait()
        with line.database.work() as work:
            take_steps(work)
        both.wait()

    threads = [Thread(target=pay), Thread(target=cut)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert line.stands()[0] == AWAITING_NETWORK
    line.is_granted(at(19, 4, 0, 6))
    assert line.stands() == (ACTIVE, date(2027, 5, 16)), "one dark day"


def test_hotspot_time_runs_from_the_first_login_to_the_second(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan = a_hotspot_plan(work, hours=1)
        purchase = a_paid_purchase(work, a_subscriber(work), plan)
        subscription_id = purchase.subscription_id
        assert subscription_id is not None
    granted, logged_in = clock.at + timedelta(hours=2), clock.at + timedelta(hours=3, seconds=7)
    with database.work() as work:
        start_paid_time(work, subscription_id=subscription_id, at=granted)
        assert work.session.get_one(Subscription, subscription_id).state == AWAITING_NETWORK
    for login in (logged_in, logged_in + timedelta(minutes=30)):
        with database.work() as work:
            start_at_login(work, subscription_id=subscription_id, at=login)
    with database.work() as work:
        found = work.session.get_one(Subscription, subscription_id)
        assert (found.state, found.granted_at, found.starts_at) == (ACTIVE, granted, logged_in)
        assert found.paid_through == logged_in + timedelta(hours=1)
        assert work.session.get_one(Purchase, purchase.id).state == "served"
