"""What a subscriber is shown of lines, hotspot time and purchases."""

from datetime import date, timedelta

import pytest

from core.base.clock import SetClock, last_day
from core.base.database import Database
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, SUSPENDED, Subscription
from core.billing.queries import home_line, hotspot_times, is_awaited, last_bought
from core.billing.serve import start_at_login, start_paid_time
from tests.factories import (
    JUMA,
    a_home_line,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_purchase,
    a_subscriber,
)


@pytest.mark.parametrize("state", [ACTIVE, GRACE, SUSPENDED, AWAITING_NETWORK])
def test_what_a_renewal_would_give_is_what_it_gives(database: Database, clock: SetClock, state: str) -> None:
    with database.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work)
        line = a_home_line(work, owner, plan, state=state)
    clock.advance(timedelta(days=3))
    with database.work() as work:
        shown = home_line(work, owner.id)
        assert shown is not None
        assert (shown.subscription_id, shown.state, shown.price_cents) == (line.id, state, 150_000)
        a_paid_purchase(work, a_subscriber(work), plan, renews=work.session.get_one(Subscription, line.id))
        start_paid_time(work, subscription_id=line.id, at=work.now)
        renewed = work.session.get_one(Subscription, line.id)
        assert renewed.paid_through is not None
        assert last_day(renewed.paid_through) == shown.next_last_day


def test_a_line_that_never_was_on_has_no_last_day(database: Database) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        line = a_home_line(work, owner, a_home_plan(work), state=AWAITING_NETWORK)
        shown = home_line(work, owner.id)
        assert shown is not None
        assert (shown.last_day, shown.next_last_day) == (None, date(2027, 1, 22))
        assert is_awaited(work, line.id)


def test_no_line(database: Database) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work), state=ENDED)
        a_paid_purchase(work, owner, a_hotspot_plan(work))
        assert home_line(work, owner.id) is None


def test_of_two_lines_the_one_due_first(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work)
        early = a_home_line(work, owner, plan, granted_at=work.now - timedelta(days=5))
        a_home_line(work, owner, plan)
        a_home_line(work, owner, plan, state=AWAITING_NETWORK)
        shown = home_line(work, owner.id)
        assert shown is not None
        assert shown.subscription_id == early.id


def test_running_hotspot_time_what_ends_first_first(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        owner = a_subscriber(work)
        bought = [a_paid_purchase(work, owner, a_hotspot_plan(work, hours=hours)) for hours in (24, 1, 3)]
        for purchase in bought[:2]:
            assert purchase.subscription_id is not None
            start_at_login(work, subscription_id=purchase.subscription_id, at=work.now)
        a_home_line(work, owner, a_home_plan(work))
        shown = hotspot_times(work, owner.id)
        assert [(time.term_count, time.ends_at) for time in shown] == [
            (3_600, work.now + timedelta(hours=1)),
            (86_400, work.now + timedelta(hours=24)),
        ]
    clock.advance(timedelta(hours=1))
    with database.work() as work:
        assert [time.term_count for time in hotspot_times(work, owner.id)] == [86_400]


def test_bought_last(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        buyer, friend = a_subscriber(work), a_subscriber(work, JUMA)
        first, second = a_hotspot_plan(work), a_hotspot_plan(work)
        assert last_bought(work, buyer.id) is None
        a_paid_purchase(work, buyer, first, beneficiary=friend)
        a_purchase(work, buyer, second)
        found = last_bought(work, buyer.id)
        assert found is not None
        assert found.id == first.id
        assert last_bought(work, friend.id) is None
    clock.advance(timedelta(hours=1))
    with database.work() as work:
        a_paid_purchase(work, a_subscriber(work), work.session.merge(second))
        work.session.merge(second).state = "retired"
        work.session.flush()
        assert last_bought(work, buyer.id) is None
