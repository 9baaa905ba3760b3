"""Months that end on one payday for all: what joining, renewing and coming back costs, and until when it is paid."""

from datetime import date

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.money import Money
from core.billing.credit import credit
from core.billing.model import Invoice, Purchase
from core.billing.queries import home_line
from core.billing.withdraw import withdraw_unused
from core.payments.own_money import use_money
from tests.core.billing.cycle_lines import on
from tests.core.billing.line_house import LineHouse
from tests.core.billing.test_rules_time import cut


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def quoted(house: LineHouse, line: int) -> tuple[int, date]:
    """What the subscriber reads: cents, and the new last day."""
    with house.work() as work:
        found = home_line(work, house.get(line).subscriber_id)
        assert found is not None
        return found.price_cents, found.next_last_day


def come_back(house: LineHouse, line: int, day: str, granted: str | None = None) -> None:
    house.at(day, "19:40")
    house.renew(line)
    house.at(granted or day, "19:41")
    house.grant(line)


@pytest.mark.parametrize(
    ("joined", "price", "cents", "last_day"),
    [
        ("2027-03-15", 1_500, 77_419, "2027-03-31"),
        ("2027-02-10", 2_000, 128_571, "2027-02-28"),
        ("2027-03-31", 1_500, 150_000, "2027-04-30"),
        ("2027-04-29", 1_500, 5_000, "2027-04-30"),
    ],
)
def test_joining_pays_the_days_to_the_month_s_end(
    house: LineHouse, joined: str, price: int, cents: int, last_day: str
) -> None:
    line = house.line(joined, price, fixed_anchor=31)
    assert house.invoices("sale") == [(cents, 0, 0)]
    assert house.paid_through(line) == last_day
    assert house.own(line) == 0


def test_the_next_month_is_whole_by_the_cycle_and_by_hand(house: LineHouse, clock: SetClock) -> None:
    line = house.line("2027-03-15", fixed_anchor=31)
    house.at("2027-03-20")
    assert quoted(house, line) == (150_000, date(2027, 4, 30))
    (bill,) = on(house.database, clock, "2027-03-28")
    assert (bill.total_cents, bill.period_from, bill.period_to) == (
        150_000,
        date(2027, 4, 1),
        date(2027, 4, 30),
    )
    house.renew(line)
    assert house.paid_through(line) == "2027-04-30"


@pytest.mark.parametrize("billed", [True, False])
def test_the_date_stays_and_the_price_falls(house: LineHouse, clock: SetClock, billed: bool) -> None:
    """Paid through 31 Mar, grace 1 - 3 Apr, suspended 4 - 25 Apr: 3 + 5 of 30 days, 1,500 -> 400.00."""
    line = house.line("2027-03-15", fixed_anchor=31)
    if billed:
        on(house.database, clock, "2027-03-28")
    house.at("2027-04-01", "00:01")
    cut(house, line, "2027-04-04")
    house.at("2027-04-25")
    assert quoted(house, line) == (40_000, date(2027, 4, 30))
    come_back(house, line, "2027-04-25")
    assert house.paid_through(line) == "2027-04-30"
    assert (house.credited(), house.own(line)) == ([110_000] if billed else [], 0)
    house.at("2027-04-28")
    assert quoted(house, line) == (150_000, date(2027, 5, 31))


def test_what_was_taken_off_the_bill_of_a_dark_month_stays_off(house: LineHouse, clock: SetClock) -> None:
    """400.00 for the days that are left, less 300.00 given before the cut."""
    line = house.line("2027-03-15", fixed_anchor=31)
    (bill,) = on(house.database, clock, "2027-03-28")
    with house.work() as work:
        credit(work, bill.id, amount=Money(30_000), reason="goodwill", source="goodwill:1")
    house.at("2027-04-01", "00:01")
    cut(house, line, "2027-04-04")
    house.at("2027-04-25")
    assert quoted(house, line) == (10_000, date(2027, 4, 30))
    come_back(house, line, "2027-04-25")
    assert house.paid_through(line) == "2027-04-30"
    assert (house.credited(), house.own(line)) == ([30_000, 110_000], 0)


@pytest.mark.parametrize("billed", [True, False])
def test_back_in_another_month_the_dark_days_of_both_cost_nothing(
    house: LineHouse, clock: SetClock, billed: bool
) -> None:
    line = house.line("2027-03-15", fixed_anchor=31)
    if billed:
        on(house.database, clock, "2027-03-28")
    house.at("2027-04-01", "00:01")
    cut(house, line, "2027-04-04")
    house.at("2027-05-01")
    assert quoted(house, line) == (15_000 + 145_161, date(2027, 5, 31))
    come_back(house, line, "2027-05-01")
    assert (house.paid_through(line), house.own(line)) == ("2027-05-31", 0)
    with house.work() as work:
        assert sum(row.total_cents - row.credited_cents for row in work.session.query(Invoice)) == (
            77_419 + 160_161
        )


def test_days_that_the_router_let_it_wait_come_back_at_the_end(house: LineHouse, clock: SetClock) -> None:
    line = house.line("2027-03-15", fixed_anchor=31)
    house.at("2027-04-01", "00:01")
    cut(house, line, "2027-04-04")
    come_back(house, line, "2027-04-25", granted="2027-04-27")
    assert house.paid_through(line) == "2027-05-02"
    (bill,) = on(house.database, clock, "2027-04-30")
    assert (bill.total_cents, bill.period_from, bill.period_to) == (
        140_323,  # 29 of 31 days
        date(2027, 5, 3),
        date(2027, 5, 31),
    )


def test_a_refund_of_the_first_days_is_by_the_days_that_were_paid(house: LineHouse) -> None:
    line = house.line("2027-03-15", fixed_anchor=31)
    house.at("2027-03-20")
    with house.work() as work:
        purchase = work.session.query(Purchase).one()
        withdrawn = withdraw_unused(work, purchase, cause="asked for")
        assert (withdrawn.used, withdrawn.of) == (5, 16)
    assert house.paid_through(line) == "2027-03-20"


def test_own_money_pays_the_rest_of_the_month_whole_or_not_at_all(house: LineHouse) -> None:
    line = house.line("2027-03-15", fixed_anchor=31)
    house.at("2027-04-01", "00:01")
    cut(house, line, "2027-04-04")
    house.at("2027-04-25")
    house.put(line, 39_900)
    for cents, left in ((0, 39_900), (100, 0)):
        if cents:
            house.put(line, cents)
        with house.work() as work:
            use_money(work, house.get(line).account_holder_id, why=f"test:{cents}")
        assert house.own(line) == left
    house.grant(line)
    assert house.paid_through(line) == "2027-04-30"
