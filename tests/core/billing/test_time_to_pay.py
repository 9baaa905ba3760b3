"""Who asks for time gets what the rules allow, once, and a text that says until when."""

from datetime import date, timedelta

import pytest

from core.base.clock import SetClock, nairobi_day
from core.base.database import Database
from core.base.errors import Refusal
from core.billing.model import SUSPENDED, Subscription
from core.billing.moves import move
from core.billing.payer import set_payer
from core.billing.time_to_pay import TimeToPay, lend_day_by_owner, promise_by_owner, time_to_pay
from tests.core.billing.dunning import House, at
from tests.factories import JUMA, a_cashier, a_subscriber


@pytest.fixture
def house(database: Database, clock: SetClock) -> House:
    return House(database, clock)


def possible(house: House, line: int) -> TimeToPay:
    with house.work() as work:
        return time_to_pay(work, subscription_id=line, subscriber_id=house.get(line).subscriber_id)


def lend(house: House, line: int, until: date) -> None:
    with house.work() as work:
        lend_day_by_owner(
            work,
            subscription_id=line,
            subscriber_id=house.get(line).subscriber_id,
            until=until,
            channel="ussd",
        )


def promise(house: House, line: int, until: date) -> None:
    with house.work() as work:
        promise_by_owner(
            work,
            subscription_id=line,
            subscriber_id=house.get(line).subscriber_id,
            until=until,
            channel="ussd",
        )


def of_two_months(house: House) -> int:
    """Paid through 15 May."""
    line = house.line()
    house.pay(line)
    house.clock.at = at(16, 10, month=5)
    house.now(house.clock.at)
    return line


def told(house: House) -> list[str]:
    return [template for template, _ in house.texts() if template in ("day_lent", "promise_noted")]


def test_an_emergency_day_is_lent_once_however_often_it_is_asked_for(house: House) -> None:
    line = of_two_months(house)
    found = possible(house, line)
    assert (found.lend_from, found.lend_until) == (date(2027, 5, 16), date(2027, 5, 17))
    for _ in range(3):
        lend(house, line, found.lend_until)
    assert house.get(line).lent_through == at(18, 0, month=5)
    assert told(house) == ["day_lent"]
    later = possible(house, line)
    assert (later.lent_until, later.lend_from) == (date(2027, 5, 17), found.next_lend)


def test_the_next_emergency_day_is_possible_on_the_day_that_was_named(house: House) -> None:
    line = of_two_months(house)
    lend(house, line, date(2027, 5, 17))
    named = possible(house, line).lend_from
    assert named is not None
    for day, allowed in ((named - timedelta(days=1), False), (named, True)):
        house.clock.at = at(day.day, 12, month=day.month)
        with house.work() as work:
            work.session.get_one(Subscription, line).paid_through = at(day.day, 0, month=day.month)
        assert (possible(house, line).lend_from == day) == allowed


def test_a_young_line_gets_no_emergency_day_and_may_promise(house: House) -> None:
    line = house.line()
    house.until(at(16, 12))
    assert possible(house, line).lend_from is None
    with pytest.raises(Refusal):
        lend(house, line, date(2027, 4, 17))
    promise(house, line, date(2027, 4, 20))
    assert told(house) == ["promise_noted"]


def test_a_promise_is_noted_once_and_the_next_one_is_named(house: House) -> None:
    line = house.line()
    house.until(at(16, 12))
    first, last = possible(house, line).promise_days
    assert (first, last) == (date(2027, 4, 17), date(2027, 4, 30))
    for day in (date(2027, 4, 16), date(2027, 5, 1)):
        with pytest.raises(Refusal):
            promise(house, line, day)
    for _ in range(3):
        promise(house, line, last)
    found = possible(house, line)
    assert (found.promised_until, found.promise_from) == (last, date(2027, 7, 16))
    with pytest.raises(Refusal):
        promise(house, line, date(2027, 4, 20))
    assert told(house) == ["promise_noted"]


def test_nobody_asks_before_the_reminder_nor_after_the_cut_nor_for_others(house: House) -> None:
    line = house.line()
    for day, asks in ((11, False), (12, True)):
        house.clock.at = at(day, 9)
        if asks:
            assert possible(house, line).lend_from is None
        else:
            with pytest.raises(Refusal):
                possible(house, line)
    with house.work() as work:
        stranger = a_subscriber(work, JUMA).id
    with pytest.raises(Refusal), house.work() as work:
        time_to_pay(work, subscription_id=line, subscriber_id=stranger)
    with house.work() as work:
        set_payer(work, a_cashier(work), subscription_id=line, payer_id=stranger)
    with pytest.raises(Refusal):
        possible(house, line)
    with house.work() as work:
        owned = work.session.get_one(Subscription, line)
        owned.payer_id, owned.paid_through, owned.dark_since = None, at(14, 0), work.now
        move(work, owned, SUSPENDED, "not paid")
    with pytest.raises(Refusal):
        possible(house, line)


def test_what_was_shown_yesterday_is_not_given_today(house: House) -> None:
    line = of_two_months(house)
    shown = possible(house, line).lend_until
    house.clock.advance(timedelta(days=1))
    assert nairobi_day(house.clock.at) == shown
    with pytest.raises(Refusal):
        lend(house, line, shown)
    assert house.get(line).lent_through is None
