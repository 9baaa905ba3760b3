"""Data with an end (billing-rules, section 6): what is told, what follows, what can be added, how counters are read."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.base.clock import NAIROBI, SetClock
from core.base.database import Database
from core.billing.data import DataLeft, count_usage, data_left, growth
from core.billing.data_model import DataPeriod
from core.billing.jobs import give_new_data
from core.billing.model import SUSPENDED, Invoice, Purchase, Subscription
from core.billing.moves import move
from core.billing.serve import serve, start_at_login
from core.billing.withdraw import withdraw_unused
from core.messaging.model import Notice
from core.network.desire import desire
from core.network.model import AccessAccount
from core.payments.jobs import tell_receipt
from tests.factories import (
    a_home_line,
    a_home_plan,
    a_hotspot_plan,
    a_paid_purchase,
    a_purchase,
    a_subscriber,
)

GB = 10**9


class Line:
    """A line of 50 GB, slow after; granted 15 Mar 2027 14:05, paid through 15 Apr."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock, self.work = database, clock, database.work
        clock.at = datetime(2027, 3, 15, 14, 5, tzinfo=NAIROBI)
        with database.work() as work:
            plan = a_home_plan(work, data_cap_bytes=50 * GB, after_cap="slow", slow_download_kbps=512)
            self.id = a_home_line(work, a_subscriber(work), plan).id

    def uses(self, gb: float, *, on: datetime | None = None, session: str = "1") -> DataLeft:
        """The session's counter stands at so many GB, on a day of 2027."""
        at = (on or self.clock.at).astimezone(UTC)
        self.clock.at = max(self.clock.at, at)
        with self.database.work() as work:
            found = count_usage(
                work, subscription_id=self.id, session=session, counter_bytes=round(gb * GB), at=at
            )
            assert found is not None
            return found

    def buys(self, gb: int = 10, **changes: object) -> Purchase:
        with self.database.work() as work:
            topup = a_home_plan(work, 300, name="More", role="topup", data_cap_bytes=gb * GB, **changes)
            line = work.session.get_one(Subscription, self.id)
            return a_paid_purchase(work, a_subscriber(work), topup, renews=line)

    def left(self) -> int:
        with self.database.work() as work:
            found = data_left(work, self.id)
            assert found is not None
            return found.left

    def told(self) -> list[str]:
        with self.database.work() as work:
            return list(work.session.scalars(select(Notice.template).order_by(Notice.id)))

    def kbps(self) -> tuple[str, int]:
        """What the routers should hold."""
        with self.database.work() as work:
            desire(work, subscription_id=self.id)
            account = work.session.scalars(select(AccessAccount)).one()
            return account.desired, account.download_kbps

    def renews(self) -> None:
        with self.database.work() as work:
            line = work.session.get_one(Subscription, self.id)
            a_paid_purchase(work, a_subscriber(work), line.plan, renews=line)


@pytest.fixture
def line(database: Database, clock: SetClock) -> Line:
    return Line(database, clock)


def day(number: int, month: int, hour: int = 12) -> datetime:
    return datetime(2027, month, number, hour, tzinfo=NAIROBI)


def test_told_at_80_and_at_100_once_each_and_then_slow(line: Line) -> None:
    line.uses(39.999_999_999, on=day(20, 3))
    assert line.told() == []
    line.uses(40, on=day(21, 3))
    line.uses(41, on=day(22, 3))
    assert line.told() == ["data_nearly_used"]
    assert line.kbps() == ("present", 10_000)
    assert line.uses(50, on=day(23, 3)) == DataLeft(quota=50 * GB, left=0)
    line.uses(50.5, on=day(24, 3))
    assert line.told() == ["data_nearly_used", "data_used_slow"]
    assert line.kbps() == ("present", 512)


def test_50_gb_are_50_times_ten_to_the_ninth(line: Line) -> None:
    assert line.uses(49.999_999_999).left == 1
    assert line.uses(50).left == 0


def test_stopped_where_the_plan_says_so_and_back_with_more_data(line: Line) -> None:
    with line.database.work() as work:
        work.session.get_one(Subscription, line.id).plan.after_cap = "stop"
    line.uses(51)
    assert line.told() == ["data_used_stop"], "one text for what came at once"
    assert line.kbps()[0] == "disabled"
    line.buys()
    assert line.kbps() == ("present", 10_000)


def test_a_top_up_at_95_percent(line: Line) -> None:
    line.uses(47.5, on=day(10, 4))
    bought = line.buys(10)
    assert line.left() == 12_500_000_000
    assert line.kbps() == ("present", 10_000)
    assert (bought.state, bought.subscription_id) == ("served", line.id)
    with line.database.work() as work:
        row = work.session.get_one(Subscription, line.id)
        assert row.paid_through == day(16, 4, 0), "it adds no day"
        assert work.session.scalars(select(Invoice)).one().total_cents == 30_000
    tell_receipt(line, purchase_id=bought.id)  # type: ignore[arg-type]
    assert line.told() == ["data_nearly_used", "data_added"]
    assert line.uses(60, on=day(11, 4)).left == 0
    assert line.told()[-1] == "data_used_slow"


def test_a_top_up_ends_with_the_period_unless_it_carries_over(line: Line) -> None:
    line.uses(47.5, on=day(10, 4))
    line.buys(10)
    line.buys(10, carries_over=True)
    line.renews()
    assert line.uses(62.5, on=day(15, 4)).left == 7.5 * GB, "what ends is used first"
    assert line.uses(62.5, on=day(16, 4)).left == 57.5 * GB
    assert line.uses(112.5, on=day(20, 4)).left == 7.5 * GB
    assert line.uses(113.5, on=day(21, 4)).left == 6.5 * GB


def test_used_up_once_more_after_a_top_up_is_told_once_more(line: Line) -> None:
    line.uses(50, on=day(1, 4))
    line.buys(10)
    assert line.uses(51, on=day(2, 4)).left == 9 * GB
    line.uses(60, on=day(3, 4))
    assert line.told() == ["data_used_slow", "data_used_slow"]


def test_slow_usage_takes_nothing_of_a_later_top_up(line: Line) -> None:
    line.uses(55, on=day(1, 4))
    line.buys(10)
    assert line.left() == 10 * GB


@pytest.mark.parametrize(
    ("known", "counter", "grown"),
    [
        (None, 7, 7),
        (100, 250, 150),
        (250, 250, 0),
        (2**32 - 10, 5, 15),  # wrapped
        (2**33, 5, 0),  # a counter of 64 bits does not wrap: the reading is not believed
    ],
)
def test_counters(known: int | None, counter: int, grown: int) -> None:
    assert growth(known, counter) == grown


def test_a_lower_counter_is_a_wrap_in_its_session_and_a_beginning_in_another(line: Line) -> None:
    line.uses(4.2, on=day(20, 3, 10))
    assert 50 * GB - line.uses(0.1, on=day(20, 3, 11)).left == 100_000_000 + 2**32
    used = 50 * GB - line.uses(0.05, on=day(20, 3, 12), session="2").left
    assert used == 150_000_000 + 2**32
    line.uses(3, on=day(20, 3, 9))  # late, and older than what is known
    line.uses(0.05, on=day(20, 3, 12), session="2")  # twice
    assert 50 * GB - line.left() == used


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2**34)), max_size=12))
def test_usage_only_grows(readings: list[tuple[str, int]]) -> None:
    known: dict[str, int] = {}
    for session, counter in readings:
        assert growth(known.get(session), counter) >= 0
        known[session] = counter


def test_usage_told_after_the_end_is_counted_where_it_happened(line: Line) -> None:
    line.uses(10, on=day(10, 4))
    line.renews()
    line.uses(1, on=day(16, 4), session="2")
    line.clock.at = day(17, 4)
    line.uses(49, on=day(15, 4, 23))
    assert line.left() == 49 * GB
    assert (line.told(), line.kbps()) == ([], ("present", 10_000)), "that period is over"
    with line.database.work() as work:
        periods = work.session.scalars(select(DataPeriod).order_by(DataPeriod.begins_at)).all()
        assert [(last(found), found.used_bytes // GB) for found in periods] == [
            (date(2027, 4, 15), 49), (date(2027, 5, 15), 1),
        ]  # fmt: skip


def last(period: DataPeriod) -> date:
    return (period.ends_at - timedelta(seconds=1)).astimezone(NAIROBI).date()


def test_the_day_of_joining_is_a_gift_and_no_period_of_its_own(line: Line) -> None:
    line.uses(20)
    assert line.uses(30, on=day(16, 3)).left == 20 * GB


def test_full_speed_with_the_new_period_also_where_nothing_is_used(line: Line) -> None:
    line.uses(50, on=day(10, 4))
    line.renews()
    line.clock.at = day(15, 4, 23)
    give_new_data(line)
    assert line.kbps() == ("present", 512)
    line.clock.at = day(16, 4, 0)
    give_new_data(line)
    assert line.kbps() == ("present", 10_000)
    assert line.left() == 50 * GB


def test_a_top_up_that_is_taken_back_leaves_what_was_used(line: Line) -> None:
    line.uses(50, on=day(10, 4))
    bought = line.buys(10)
    line.uses(54, on=day(11, 4))
    with line.database.work() as work:
        withdrawn = withdraw_unused(work, work.session.get_one(Purchase, bought.id), cause="a refund")
        assert (withdrawn.used, withdrawn.of) == (4 * GB, 10 * GB)
        assert work.session.get_one(Subscription, line.id).paid_through == day(16, 4, 0)
    assert line.left() == 0


def test_no_data_is_added_to_what_does_not_run(line: Line) -> None:
    from core.base.errors import Refusal
    from core.payments.complete import is_still_to_pay

    with line.database.work() as work:
        topup = a_home_plan(work, 300, role="topup", data_cap_bytes=10 * GB)
        row = work.session.get_one(Subscription, line.id)
        asked = a_purchase(work, a_subscriber(work), topup, renews=row)
        assert is_still_to_pay(work, asked)
        move(work, row, SUSPENDED, "not paid")
        work.session.flush()
        assert not is_still_to_pay(work, asked), "its money is the customer's own"
        with pytest.raises(Refusal):
            a_purchase(work, a_subscriber(work), topup, renews=row)


def test_hotspot_time_with_data_has_more_on_the_router_too(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        buyer = a_subscriber(work)
        plan = a_hotspot_plan(work, data_cap_bytes=2 * GB)
        access = serve(work, a_purchase(work, buyer, plan))
        work.session.flush()
        start_at_login(work, subscription_id=access.id, at=work.now)
        count_usage(
            work,
            subscription_id=access.id,
            session="1",
            counter_bytes=2 * GB,
            at=work.now + timedelta(hours=1),
        )
        more = a_hotspot_plan(work, 30, role="topup", data_cap_bytes=GB)
        a_paid_purchase(work, buyer, more, renews=access)
        found = data_left(work, access.id)
        assert (found, access.state) == (DataLeft(quota=3 * GB, left=GB), "active")
