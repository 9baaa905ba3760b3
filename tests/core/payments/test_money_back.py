"""Paid at 10:00, and our router answers at 12:30: no minute has run, and who waits half an hour may have it back."""

from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import Refusal
from core.base.inbox import Incident
from core.base.money import Money
from core.billing.corrections import goodwill
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, SUSPENDED, Purchase
from core.billing.serve import start_at_login, start_paid_time
from core.catalogue.model import Plan
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import lock_subscriber, post
from core.payments.complete import complete
from core.payments.corrections import refund
from core.payments.money_back import kept_waiting, take_money_back
from core.vouchers.model import Voucher
from tests.core.payments import said
from tests.factories import AMINA, a_cashier, a_collection, a_home_line, a_home_plan, a_purchase, a_subscriber

CHECKOUT = "ws_CO_000001"


def paid(house: Any) -> None:
    """50 shillings of hotspot time, at 10:00; the router is away."""
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT))
    house.run()


def asked_back(house: Any) -> Money:
    with house.work() as work:
        back = take_money_back(work, purchase_id=1)
    house.run()
    return back


def test_nothing_runs_until_the_login_after_the_router_s_answer(house: Any) -> None:
    paid(house)
    house.after(seconds=20)
    assert house.texts() == ["router_down_money_safe"]
    answers = house.clock.at + timedelta(hours=2, minutes=30)
    house.clock.at = answers + timedelta(minutes=10)
    with house.work() as work:
        start_paid_time(work, subscription_id=1, at=answers)
        assert house.line().state == AWAITING_NETWORK
        start_at_login(work, subscription_id=1, at=house.clock.at)
    line = house.line()
    assert (line.state, line.paid_through) == (ACTIVE, house.clock.at + timedelta(hours=24))


def test_after_half_an_hour_the_money_is_the_buyer_s_again_and_is_paid_out_once(house: Any) -> None:
    paid(house)
    paid_at = house.clock.at
    house.clock.at = paid_at + timedelta(minutes=29, seconds=59)
    with pytest.raises(Refusal):
        asked_back(house)
    house.clock.at = paid_at + timedelta(minutes=30)
    assert asked_back(house) == Money.shillings(50)
    assert (house.line().state, house.own_money(1)) == (ENDED, 50)
    with house.work() as work:
        assert work.session.query(Voucher).one().state == "void", "it was never used"
    assert house.books() == {"clearing.mpesa": 5_000, "receivable:1": -5_000}
    assert [found.key for found in house.all(Incident)] == ["refund_due:1"]
    with pytest.raises(Refusal):
        asked_back(house)
    with house.work() as work:
        refund(
            work,
            a_cashier(work),
            receipt_id=1,
            amount=Money.shillings(50),
            reference="SGR7K2XQ9P",
            reason="kept waiting",
        )
    assert house.books() == {}


def test_what_is_ready_is_not_paid_back(house: Any) -> None:
    paid(house)
    with house.work() as work:
        start_paid_time(work, subscription_id=1, at=work.now)
    house.clock.advance(timedelta(hours=1))
    with pytest.raises(Refusal):
        asked_back(house)
    assert house.own_money(1) == 0


def test_a_new_home_line_that_nobody_connects(house: Any) -> None:
    with house.work() as work:
        a_collection(work, a_home_plan(work), AMINA)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500))
    house.run()
    house.clock.advance(timedelta(minutes=30))
    assert asked_back(house) == Money.shillings(1_500)
    assert (house.line().state, house.own_money(1)) == (ENDED, 1_500)


def test_a_line_that_comes_back_while_its_router_is_away(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        line = a_home_line(work, owner, a_home_plan(work), state=SUSPENDED)
        plan_id = line.plan_id
    with house.work() as work:
        a_collection(work, work.session.get_one(Plan, plan_id), AMINA, renews=line.id)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500))
    house.run()
    house.after(seconds=20)
    assert house.texts() == ["router_down_home"]
    house.clock.advance(timedelta(minutes=30))
    bought = house.all(Purchase)[-1].id
    with house.work() as work:
        assert take_money_back(work, purchase_id=bought) == Money.shillings(1_500)
    house.run()
    assert (house.line().state, house.own_money(owner.id)) == (SUSPENDED, 1_500), "and it is not spent again"


def test_own_money_that_waits_for_a_router_is_told_without_a_receipt(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        a_home_line(work, owner, a_home_plan(work), state=SUSPENDED)
        goodwill(
            work,
            a_cashier(work),
            subscriber_id=owner.id,
            amount=Money.shillings(1_500),
            reason="waited long",
            key="form",
        )
    house.run()
    house.after(seconds=20)
    assert (house.line().state, house.texts()) == (AWAITING_NETWORK, ["router_down_home"])


def test_of_what_was_paid_in_part_the_part_comes_back(house: Any) -> None:
    """The month counts with nine tenths of its price; the rest is owed no more, and nobody pays it out."""
    with house.work() as work:
        purchase = a_purchase(work, a_subscriber(work), a_home_plan(work))
        lock_subscriber(work, purchase.buyer_id)
        part = Money.shillings(1_400)
        sides = [(MPESA_CLEARING, part), (receivable(purchase.buyer_id), -part)]
        post(work, kind="payment", source="test:part", sides=sides)
        complete(work, purchase, customer_id=purchase.buyer_id, paid=part)
    house.clock.advance(timedelta(minutes=30))
    with house.work() as work:
        found = kept_waiting(work, subscription_id=1, buyer_id=1)
    assert found is not None
    assert found.amount == asked_back(house) == part
    assert house.own_money(1) == 1_400
    assert [found.detail for found in house.all(Incident)] == [
        "purchase 1: 140000 cents are asked back, nothing was served"
    ]
