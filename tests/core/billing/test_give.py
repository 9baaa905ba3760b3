"""Days are given, handed over and lent; the sum of what was sold stays."""

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.billing.give import days_to_hand_over, give_days, hand_over_days
from core.billing.promise import lend_day
from core.billing.serve import lock_line
from tests.core.billing.line_house import LineHouse
from tests.factories import JUMA, a_cashier


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def gift(house: LineHouse, line: int, days: int, key: str = "form 1", **changes: bool) -> None:
    with house.work() as work:
        actor = a_cashier(work, "support")
        give_days(work, actor, subscription_id=line, days=days, reason="the pole fell", key=key, **changes)


def pair(house: LineHouse, day: str = "2027-04-10") -> tuple[int, int]:
    """Two lines of one plan, both paid through 15 April."""
    lines = house.line("2027-03-15"), house.line("2027-03-15", phone=JUMA)
    house.at(day)
    return lines


def hand(house: LineHouse, donor: int, receiver: int, days: int, key: str = "step 1") -> None:
    with house.work() as work:
        hand_over_days(work, from_id=donor, to_id=receiver, days=days, key=key)


def test_goodwill_moves_the_last_day_and_the_anniversary_once(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    gift(house, line, 2)
    gift(house, line, 2)
    assert (house.paid_through(line), house.get(line).anchor_day) == ("2027-04-17", 17)
    gift(house, line, 1, key="form 2", outage=True)
    assert (house.paid_through(line), house.own(line)) == ("2027-04-18", 0)


def test_a_line_in_grace_is_on_again(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.at("2027-04-17")
    gift(house, line, 1)
    assert house.get(line).state == "grace"
    gift(house, line, 1, key="form 2")
    assert (house.get(line).state, house.paid_through(line)) == ("active", "2027-04-17")


@pytest.mark.parametrize(("days", "reason"), [(0, "good words"), (32, "good words"), (1, "no")])
def test_gifts_that_are_none(house: LineHouse, days: int, reason: str) -> None:
    line = house.line("2027-03-15")
    with house.work() as work, pytest.raises(Refusal):
        give_days(work, a_cashier(work), subscription_id=line, days=days, reason=reason, key="1")


def test_who_may_not_give_gives_nothing(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    with house.work() as work, pytest.raises(Refusal):
        give_days(work, a_cashier(work, "viewer"), subscription_id=line, days=1, reason="be kind", key="1")


def test_two_of_five_days_go_to_another_line(house: LineHouse) -> None:
    donor, receiver = pair(house)
    hand(house, donor, receiver, 2)
    hand(house, donor, receiver, 2)
    assert (house.paid_through(donor), house.paid_through(receiver)) == ("2027-04-13", "2027-04-17")


def test_no_more_than_is_left(house: LineHouse) -> None:
    donor, receiver = pair(house)
    for days in (6, 0, -2):
        with pytest.raises(Refusal):
            hand(house, donor, receiver, days)
    hand(house, donor, receiver, 5)
    assert house.paid_through(donor) == "2027-04-10"


def test_not_from_given_handed_or_lent_time(house: LineHouse) -> None:
    donor, receiver = pair(house)
    gift(house, donor, 2)
    with house.work() as work:
        lend_day(work, donor)
        assert days_to_hand_over(work, lock_line(work, donor)) == 5
    hand(house, donor, receiver, 3)
    with house.work() as work:
        assert days_to_hand_over(work, lock_line(work, donor)) == 2
        assert days_to_hand_over(work, lock_line(work, receiver)) == 5
    with pytest.raises(Refusal):
        hand(house, receiver, donor, 6, key="step 2")


def test_not_to_another_plan_nor_to_oneself(house: LineHouse) -> None:
    donor = house.line("2027-03-15")
    other = house.line("2027-03-15", 2_500, phone=JUMA)
    for receiver in (donor, other):
        with pytest.raises(Refusal):
            hand(house, donor, receiver, 1)


def test_not_from_a_free_plan(house: LineHouse) -> None:
    donor, receiver = pair(house)
    with house.work() as work:
        lock_line(work, donor).plan.price_cents = 0
    with pytest.raises(Refusal):
        hand(house, donor, receiver, 1)


def test_an_emergency_day_comes_out_of_the_month(house: LineHouse) -> None:
    line = house.line("2027-03-15")
    house.at("2027-04-15")
    with house.work() as work:
        lend_day(work, line)
    house.at("2027-04-16")
    house.renew(line)
    assert house.paid_through(line) == "2027-05-15"


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gifts=st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=6))
def test_handing_over_makes_and_loses_no_day(
    broom: Any, database: Database, clock: SetClock, gifts: list[tuple[bool, int]]
) -> None:
    from tests.conftest import sweep

    sweep(broom)
    house = LineHouse(database, clock)
    lines = pair(house, "2027-03-20")

    def sold() -> int:
        return sum(date.fromisoformat(house.paid_through(line)).toordinal() for line in lines)

    before = sold()
    for number, (back, many) in enumerate(gifts):
        donor, receiver = reversed(lines) if back else lines
        try:
            hand(house, donor, receiver, many, key=f"step {number}")
        except Refusal:
            continue
    assert sold() == before
