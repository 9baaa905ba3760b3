"""Payments taken back after something else had happened: moved, followed by others, their plan changed."""

from datetime import timedelta
from typing import Any

from core.billing.documents import CreditNote
from core.billing.model import Subscription
from core.billing.pause import set_renews
from core.payments.change import change_with_own_money
from core.payments.corrections import move_money
from tests.core.payments.test_corrections import act, owner_who_paid, paid_through, pay, stands, takes_back
from tests.factories import JUMA, a_home_line, a_home_plan, a_step, a_subscriber


def test_money_that_was_moved_is_taken_back_from_where_it_went(house: Any) -> None:
    amina = owner_who_paid(house)
    with house.work() as work:
        juma = a_subscriber(work, JUMA, name="Juma")
        a_home_line(work, juma, a_home_plan(work))
    act(house, move_money, to_subscriber_id=juma.id)
    assert (paid_through(house, 1), paid_through(house, 2)) == ("22 Dec 2026", "22 Jan 2027")
    assert takes_back(house)
    assert (paid_through(house, 1), paid_through(house, 2)) == ("22 Dec 2026", "22 Dec 2026")
    assert (stands(house, amina.id), stands(house, juma.id), house.books()) == ((0, 0), (0, 0), {})


def test_the_days_of_another_payment_stay(house: Any) -> None:
    amina = owner_who_paid(house)
    house.clock.at = house.line().paid_through - timedelta(days=2)
    pay(house, amina, 1_500, receipt="UKM2AAAAAA")
    house.clock.at += timedelta(days=5)
    assert takes_back(house)
    assert (paid_through(house), stands(house, amina.id)) == ("22 Feb 2027", (1_500, 0))


def test_days_of_a_plan_that_was_changed_come_back_as_the_change_charged_them(house: Any) -> None:
    amina = owner_who_paid(house)
    with house.work() as work:
        set_renews(work, 1, renews=False)
    pay(house, amina, 1_000, receipt="UKM2AAAAAA")
    with house.work() as work:
        big = a_home_plan(work, 2_500, sites=work.session.get_one(Subscription, 1).plan.sites)
        change_with_own_money(work, step=a_step(), buyer_id=amina.id, subscription_id=1, plan_id=big.id)
    assert takes_back(house)
    assert (paid_through(house), stands(house, amina.id)) == ("22 Dec 2026", (0, 1_000))
    assert [note.total_cents for note in house.all(CreditNote)] == [150_000, 250_000]
