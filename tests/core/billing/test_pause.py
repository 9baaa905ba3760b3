"""A pause keeps the paid days, by rules, and ends by itself."""

from datetime import date

import pytest

from core.base.clock import SetClock, last_day
from core.base.database import Database
from core.base.errors import Refusal
from core.billing.model import Purchase
from core.billing.pause import check_pause, pause, resume
from core.billing.serve import lock_line
from core.billing.withdraw import withdraw_unused
from tests.core.billing.cycle_lines import dated, on
from tests.core.billing.line_house import LineHouse


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def paused(house: LineHouse, line: int, day: str, until: date | None = None) -> None:
    house.at(day, "10:00")
    with house.work() as work:
        check_pause(work, lock_line(work, line))
        pause(work, line, until=until, cause="asked for")


def back(house: LineHouse, line: int, day: str) -> None:
    house.at(day, "10:00")
    with house.work() as work:
        resume(work, line, cause="asked for")
    house.grant(line)


def test_five_days_wait_for_the_return(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    paused(house, line, "2027-04-10")
    assert (house.get(line).state, house.get(line).paused_days_left) == ("paused", 5)
    back(house, line, "2027-06-02")
    assert house.paid_through(line) == "2027-06-07"
    found = house.get(line)
    assert (found.state, found.anchor_day, found.paused_days_left) == ("active", 7, None)
    house.renew(line)
    assert house.paid_through(line) == "2027-07-07"


def test_it_ends_by_itself(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    paused(house, line, "2027-04-10", date(2027, 4, 20))
    house.at("2027-04-20", "23:59")
    assert house.get(line).state == "paused"
    house.at("2027-04-21", "00:00")
    house.at("2027-04-21", "00:01")
    assert house.get(line).state == "awaiting_network"
    house.grant(line)
    assert house.paid_through(line) == "2027-04-26"
    assert list(house.moves(line))[-3:] == ["paused", "awaiting_network", "active"]


def test_without_an_end_it_is_as_long_as_it_may_be(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    paused(house, line, "2027-04-10")
    until = house.get(line).paused_until
    assert until is not None
    assert last_day(until) == date(2027, 6, 9)


def test_an_open_bill_is_taken_back(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    on(house.database, house.clock, "2027-04-12")
    assert house.invoices("bill") == [(150_000, 150_000, 0)]
    paused(house, line, "2027-04-12")
    assert (house.invoices("bill"), house.own(line)) == ([(150_000, 0, 150_000)], 0)
    on(house.database, house.clock, "2027-04-16")
    assert len(house.invoices("bill")) == 1
    back(house, line, "2027-05-01")
    assert house.paid_through(line) == "2027-05-04"


def test_the_rules_of_pauses(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.at("2027-04-14")
    with house.work() as work, pytest.raises(Refusal):  # one day is left, two are asked for
        check_pause(work, lock_line(work, line))
    house.renew(line)
    for day, again in (("2027-04-16", "2027-04-20"), ("2027-04-22", "2027-04-25")):
        paused(house, line, day)
        back(house, line, again)
    house.at("2027-05-01")
    with house.work() as work, pytest.raises(Refusal):
        check_pause(work, lock_line(work, line))
    with house.work() as work:
        dated(work, "pause.times_a_year", 3)
        work.session.flush()
        assert check_pause(work, lock_line(work, line)) == 21


def test_only_a_line_that_is_on_and_paid_is_paused(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.at("2027-04-17")
    with house.work() as work, pytest.raises(Refusal):
        pause(work, line, cause="asked for")
    house.renew(line)
    with house.work() as work, pytest.raises(Refusal):
        pause(work, line, until=date(2027, 8, 1), cause="asked for")
    paused(house, line, "2027-04-18")
    with house.work() as work, pytest.raises(Refusal):
        pause(work, line, cause="asked for")


def test_money_that_comes_meanwhile_adds_to_the_days_that_wait(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    paused(house, line, "2027-04-10")
    house.at("2027-06-02")
    house.renew(line)
    assert house.get(line).state == "awaiting_network"
    house.grant(line)
    assert house.paid_through(line) == "2027-07-07"


def test_days_that_wait_outlive_a_purchase_that_is_taken_back(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    paused(house, line, "2027-04-10")
    house.at("2027-06-02", "10:00")
    house.renew(line)
    with house.work() as work:
        bought = work.session.query(Purchase).order_by(Purchase.id.desc()).first()
        assert bought is not None
        withdraw_unused(work, bought, cause="its money was asked back")
    assert (house.get(line).state, house.get(line).paused_days_left) == ("awaiting_network", 5)
    house.grant(line)
    assert (house.get(line).state, house.paid_through(line)) == ("active", "2027-06-07")


def test_a_plan_that_was_paid_ahead_begins_later_by_the_pause(house: LineHouse) -> None:
    line = house.line("2027-03-15", 2_500)
    house.change(line, 1_500)
    house.renew(line)
    paused(house, line, "2027-04-10")
    back(house, line, "2027-05-01")  # 5 days on the old plan, 30 on the new
    assert house.paid_through(line) == "2027-06-05"
    house.at("2027-05-06", "23:59")
    assert house.price(line) == 2_500
    house.at("2027-05-07", "00:00")
    assert house.price(line) == 1_500
