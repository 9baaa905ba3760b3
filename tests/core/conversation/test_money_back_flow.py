"""Whom we keep waiting has the money back by phone: that of an own purchase, once, and of nothing that is ready."""

from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.inbox import Incident
from core.base.msisdn import Msisdn
from core.billing.account import own_money
from core.billing.model import AWAITING_NETWORK, ENDED, Purchase, Subscription
from core.billing.serve import start_paid_time
from core.catalogue.model import Plan
from core.conversation.screen import Screen
from core.payments.money_back import NOT_WAITING, NOT_YOURS, TAKEN_BACK, take_money_back_by_buyer
from core.subscribers.meet import meet
from tests.core.billing.line_house import LineHouse
from tests.core.conversation.test_line_flows import Phone, said
from tests.factories import AMINA, JUMA, a_home_plan, a_hotspot_plan, a_paid_purchase, a_subscriber

HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def house(database: Database, clock: SetClock) -> LineHouse:
    return LineHouse(database, clock)


def paid(
    house: LineHouse, *, buyer: Msisdn = AMINA, receiver: Msisdn = AMINA, is_home: bool = False
) -> Purchase:
    """A bundle of 50 shillings, or a home line of 1,500, that no router of ours has said yes to."""
    with house.work() as work:
        plan: Plan = a_home_plan(work) if is_home else a_hotspot_plan(work, 50)
        return a_paid_purchase(work, a_subscriber(work, buyer), plan, beneficiary=meet(work, msisdn=receiver))


def offers_it(screen: Screen) -> bool:
    return "money_back" in {choice.id for choice in screen.choices}


def own(house: LineHouse, of: Msisdn = AMINA) -> int:
    """Shillings."""
    with house.work() as work:
        return own_money(work, meet(work, msisdn=of).id).minor // 100


def line_of(house: LineHouse, purchase: Purchase) -> str:
    with house.work() as work:
        return work.session.get_one(Subscription, purchase.subscription_id).state


def test_it_is_offered_after_half_an_hour_and_not_before(house: LineHouse, clock: SetClock) -> None:
    paid(house)
    phone = Phone(house)
    clock.advance(HALF_AN_HOUR - timedelta(seconds=1))
    assert not offers_it(phone.keys("vouchers"))
    clock.advance(timedelta(seconds=1))
    assert offers_it(phone.keys("vouchers"))


def test_pressed_in_two_talks_it_comes_back_once(house: LineHouse, clock: SetClock) -> None:
    purchase = paid(house)
    clock.advance(HALF_AN_HOUR)
    old, new = Phone(house), Phone(house)
    for phone in (old, new):
        assert phone.keys("vouchers", "money_back").id == "money_back.confirm"
    done = new.press("yes")
    assert done.ends
    assert said(done).startswith("Ksh 50 is your own money now. / Staff are asked to send it")
    assert (line_of(house, purchase), own(house)) == (ENDED, 50)
    again = old.press("yes")
    assert (again.id, again.reason) == ("money_back.confirm", TAKEN_BACK)
    assert own(house) == 50
    with house.work() as work:
        assert [one.key for one in work.session.query(Incident)] == [f"refund_due:{purchase.id}"]
    assert not offers_it(new.keys("vouchers"))


def test_what_was_made_ready_meanwhile_is_kept(house: LineHouse, clock: SetClock) -> None:
    purchase = paid(house)
    clock.advance(HALF_AN_HOUR)
    phone = Phone(house)
    phone.keys("vouchers", "money_back")
    with house.work() as work:
        start_paid_time(work, subscription_id=purchase.subscription_id or 0, at=work.now)
    assert phone.press("yes").reason == NOT_WAITING
    assert (line_of(house, purchase), own(house)) == (AWAITING_NETWORK, 0)
    assert not offers_it(phone.keys("vouchers"))


def test_a_home_line_is_given_back_where_it_is_seen(house: LineHouse, clock: SetClock) -> None:
    purchase = paid(house, is_home=True)
    phone = Phone(house)
    assert not offers_it(phone.keys("account"))
    clock.advance(HALF_AN_HOUR)
    assert phone.keys("buy", "home").id == "money_back.waiting"
    assert phone.press("money_back").id == "money_back.confirm"
    assert said(phone.keys("account", "money_back")).startswith("Ksh 1,500 back for ")
    assert phone.press("yes").ends
    assert (line_of(house, purchase), own(house)) == (ENDED, 1_500)


@pytest.mark.parametrize("is_home", [False, True])
def test_nobody_has_back_what_another_paid(house: LineHouse, clock: SetClock, is_home: bool) -> None:
    purchase = paid(house, buyer=JUMA, receiver=AMINA, is_home=is_home)
    clock.advance(HALF_AN_HOUR)
    phone = Phone(house)
    assert not offers_it(phone.keys("vouchers"))
    assert not offers_it(phone.keys("account"))
    with pytest.raises(Refusal) as refused, house.work() as work:
        take_money_back_by_buyer(work, purchase_id=purchase.id, buyer_id=meet(work, msisdn=AMINA).id)
    assert refused.value.sentence == NOT_YOURS
    assert (line_of(house, purchase), own(house), own(house, JUMA)) == (AWAITING_NETWORK, 0, 0)


def test_a_home_line_paid_for_another_is_its_holder_s(house: LineHouse, clock: SetClock) -> None:
    """Its money would be the holder's, so the payer's phone does not take it back."""
    purchase = paid(house, buyer=AMINA, receiver=JUMA, is_home=True)
    clock.advance(HALF_AN_HOUR)
    with pytest.raises(Refusal) as refused, house.work() as work:
        take_money_back_by_buyer(work, purchase_id=purchase.id, buyer_id=meet(work, msisdn=AMINA).id)
    assert refused.value.sentence == NOT_YOURS
    assert line_of(house, purchase) == AWAITING_NETWORK
