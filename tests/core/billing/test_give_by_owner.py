"""Days go from a subscriber's line to another one: few, of settled money, and the sum stays."""

from datetime import date

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.billing.give_by_owner import gift_of, give_days_by_owner, line_for_gift
from core.billing.payer import set_payer
from tests.core.billing.line_house import LineHouse
from tests.factories import JUMA, a_cashier


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def pair(house: LineHouse, day: str = "2027-03-20") -> tuple[int, int]:
    """Amina's and Juma's lines of one plan, both paid through 15 April."""
    lines = house.line("2027-03-15"), house.line("2027-03-15", phone=JUMA)
    house.at(day)
    return lines


def most(house: LineHouse, line: int) -> int:
    with house.work() as work:
        owner = house.get(line).subscriber_id
        return gift_of(work, subscription_id=line, subscriber_id=owner).days


def give(house: LineHouse, donor: int, receiver: int, days: int, key: str = "step") -> None:
    with house.work() as work:
        give_days_by_owner(
            work,
            subscriber_id=house.get(donor).subscriber_id,
            from_id=donor,
            to_id=receiver,
            days=days,
            key=key,
            channel="ussd",
        )


def days_between(house: LineHouse, donor: int, receiver: int) -> list[int]:
    start = date(2027, 4, 15)
    return [(date.fromisoformat(house.paid_through(line)) - start).days for line in (donor, receiver)]


def test_days_move_once_and_both_are_told(house: LineHouse) -> None:
    donor, receiver = pair(house)
    for _ in range(3):
        give(house, donor, receiver, 2)
    assert days_between(house, donor, receiver) == [-2, 2]
    with house.work() as work:
        rows = work.session.scalars(
            text("SELECT template FROM notices WHERE template LIKE 'days_%' ORDER BY id")
        )
        assert rows.all() == ["days_handed", "days_received"]


def test_a_fifth_of_a_month_and_three_gifts_are_the_most_of_a_day(house: LineHouse) -> None:
    donor, receiver = pair(house)
    assert most(house, donor) == 6
    for left, key in ((5, "a"), (4, "b")):
        give(house, donor, receiver, 1, key)
        assert most(house, donor) == left
    with pytest.raises(Refusal):
        give(house, donor, receiver, 5, "c")
    give(house, donor, receiver, 1, "c")
    with pytest.raises(Refusal):
        give(house, donor, receiver, 1, "d")
    house.at("2027-03-21")
    give(house, donor, receiver, 6, "e")
    assert days_between(house, donor, receiver) == [-9, 9]


def test_what_was_paid_today_is_not_given_away(house: LineHouse) -> None:
    donor, receiver = pair(house, day="2027-03-15")
    with pytest.raises(Refusal):
        give(house, donor, receiver, 1)
    house.at("2027-03-16")
    give(house, donor, receiver, 1)
    assert days_between(house, donor, receiver) == [-1, 1]


def test_days_that_a_landlord_pays_stay_where_they_are(house: LineHouse) -> None:
    donor, receiver = pair(house)
    with house.work() as work:
        landlord = house.get(receiver).subscriber_id
        set_payer(work, a_cashier(work), subscription_id=donor, payer_id=landlord)
    with pytest.raises(Refusal):
        give(house, donor, receiver, 1)


def test_only_a_line_of_the_same_plan_is_found(house: LineHouse) -> None:
    donor, same = pair(house)
    other = house.line("2027-03-20", 2_500, phone=JUMA)
    with house.work() as work:
        juma = house.get(other).subscriber_id
        assert line_for_gift(work, from_id=donor, receiver_id=juma) == same
        assert line_for_gift(work, from_id=other, receiver_id=house.get(donor).subscriber_id) is None
