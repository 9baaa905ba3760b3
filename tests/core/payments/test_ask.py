"""From the key press to the prompt: one purchase, one collection, one prompt, whatever fails between."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import NotReady, OutcomeUnknown, Refusal, Rejected, Unreachable
from core.base.msisdn import Msisdn
from core.billing.model import Purchase
from core.payments import jobs
from core.payments.ask import claim
from core.payments.collect import pay_for_plan
from core.payments.model import Collection
from tests.core.payments import said
from tests.factories import AMINA, JUMA, a_collection, a_home_plan, a_hotspot_plan, a_step, a_subscriber


class WorkerKilled(BaseException):
    """The process is gone: nothing after it runs."""


def states(house: Any) -> list[str]:
    return [collection.state for collection in house.all(Collection)]


def test_a_key_pressed_twice_is_one_purchase(house: Any) -> None:
    step = a_step()
    with house.work() as work:
        plan, buyer = a_hotspot_plan(work), a_subscriber(work)
    asked = {"step": step, "buyer": buyer, "payer": AMINA, "plan_id": plan.id, "push_after": timedelta()}

    def press(_: int) -> int:
        with house.work() as work:
            return pay_for_plan(work, **asked).id

    with ThreadPoolExecutor(3) as threads:
        found = set(threads.map(press, range(3)))
    assert len(found) == 1
    assert len(house.all(Purchase)) == len(house.all(Collection)) == 1
    house.run()
    assert len(house.gateway.orders) == 1


def test_one_open_prompt_a_phone(house: Any) -> None:
    with house.work() as work:
        plan, buyer = a_hotspot_plan(work), a_subscriber(work)

    def buy(_: int) -> str:
        try:
            with house.work() as work:
                return pay_for_plan(
                    work, step=a_step(), buyer=buyer, payer=AMINA, plan_id=plan.id, push_after=timedelta()
                ).state
        except Refusal as refusal:
            return refusal.sentence.msgid

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(buy, range(2)))
    assert answers == [
        "A payment is still open for that phone. Wait for it to end, then dial again.",
        "requested",
    ]
    assert len(house.all(Purchase)) == 1, "the refused purchase left nothing"


def test_a_number_that_cannot_pay_is_refused(house: Any) -> None:
    with house.work() as work, pytest.raises(Refusal):
        a_collection(work, a_hotspot_plan(work), Msisdn("254512345678"))


def test_the_order_is_made_of_our_rows(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
        a_collection(work, a_home_plan(work, 1_500))
    house.run()
    (order,) = house.gateway.orders
    assert (order.payer, order.amount.minor, order.description) == (AMINA, 150_000, "Home 10")
    assert order.reference.startswith(owner.account_no)
    assert order.reference.isalnum()
    assert len(order.reference) == 12
    assert len(order.callback_token) == 32


def test_the_prompt_waits_for_the_session_to_end(house: Any) -> None:
    house.prompt(after_seconds=4)
    assert house.gateway.orders == []
    house.after(seconds=4)
    assert len(house.gateway.orders) == 1


def test_two_workers_prompt_once(house: Any) -> None:
    collection_id = house.begin()
    second: list[Exception] = []

    def meanwhile(_: Any) -> None:
        try:
            jobs.ask_gateway(house, collection_id=collection_id)
        except NotReady as error:
            second.append(error)

    house.gateway.while_asking = meanwhile
    jobs.ask_gateway(house, collection_id=collection_id)
    jobs.ask_gateway(house, collection_id=collection_id)
    assert len(house.gateway.orders) == len(second) == 1
    assert states(house) == ["prompted"]


def test_a_worker_killed_after_its_claim_never_prompts_again(house: Any) -> None:
    collection_id = house.begin()

    def die(_: Any) -> None:
        raise WorkerKilled

    house.gateway.while_asking = die
    with pytest.raises(WorkerKilled):
        jobs.ask_gateway(house, collection_id=collection_id)
    with pytest.raises(NotReady):
        jobs.ask_gateway(house, collection_id=collection_id)
    house.after(seconds=45)
    assert states(house) == ["unknown"]
    assert len(house.gateway.orders) == 1
    house.tell_stk(said.stk("ws_CO_000001"))
    house.run()
    house.is_served_once()


def test_a_worker_killed_before_it_called_is_an_unknown_too(house: Any) -> None:
    collection_id = house.begin()
    with house.work() as work:
        claim(work, collection_id)
    house.after(seconds=45)
    house.after(hours=2)
    assert states(house) == ["lapsed"]
    assert house.gateway.orders == []
    assert house.incidents() == ["payment_unknown"]


def test_a_worker_that_was_only_slow_is_still_heard(house: Any) -> None:
    collection_id = house.begin()

    def hang(_: Any) -> None:
        house.clock.advance(timedelta(seconds=50))
        jobs.ask_gateway(house, collection_id=collection_id)
        assert states(house) == ["unknown"]

    house.gateway.while_asking = hang
    jobs.ask_gateway(house, collection_id=collection_id)
    assert states(house) == ["prompted"]
    house.after(minutes=5)
    assert len(house.gateway.looked_up) == 4, "one schedule of looks, not two"


def test_not_reached_is_asked_again_and_prompts_once(house: Any) -> None:
    house.gateway.answers.extend([Unreachable("down"), Unreachable("down")])
    collection_id = house.begin()
    for _ in range(2):
        with pytest.raises(Unreachable):
            jobs.ask_gateway(house, collection_id=collection_id)
        assert states(house) == ["requested"]
    house.run()
    assert states(house) == ["prompted"]
    assert len(house.gateway.orders) == 1


def test_a_prompt_that_nobody_waits_for_is_not_sent(house: Any) -> None:
    house.begin()
    house.clock.advance(timedelta(minutes=6))
    house.run()
    assert house.gateway.orders == []
    assert (states(house), house.texts()) == (["failed"], ["failed_other"])


def test_no_answer_is_unknown_and_asked_about_never_resent(house: Any) -> None:
    house.gateway.answers.append(OutcomeUnknown("timeout"))
    house.prompt()
    assert states(house) == ["unknown"]
    house.after(hours=2)
    assert house.gateway.orders == []
    assert states(house) == ["lapsed"]
    assert house.texts() == ["payment_unknown"]


def test_a_refused_push_fails(house: Any) -> None:
    house.gateway.answers.append(Rejected("no merchant", code="configuration"))
    house.prompt()
    assert (states(house), house.texts()) == (["failed"], ["failed_other"])
    assert house.purchase().state == "unpaid"


def test_a_busy_phone_is_tried_once_more_under_a_reference_of_its_own(house: Any) -> None:
    house.gateway.answers.extend([Rejected("locked", code="busy")] * 2)
    house.prompt()
    assert states(house) == ["failed", "requested"]
    assert house.texts() == []
    house.after(seconds=74)
    assert states(house) == ["failed", "requested"]
    house.after(seconds=1)
    assert (states(house), house.texts()) == (["failed", "failed"], ["failed_busy"])
    first, second = house.all(Collection)
    assert second.retries_id == first.id
    assert second.reference != first.reference
    assert house.purchase().state == "unpaid"


def test_a_late_busy_does_not_startle_anybody(house: Any) -> None:
    house.prompt()
    house.after(hours=1)
    house.tell_stk(said.stk("ws_CO_000001", 1001))
    house.run()
    assert (states(house), house.texts()[-1]) == (["failed"], "failed_busy")


def test_a_retry_is_called_off_when_the_first_attempt_was_paid_after_all(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk("ws_CO_000001", 1001))
    house.run()
    house.tell_stk(said.stk("ws_CO_000001"))
    house.after(minutes=2)
    assert len(house.gateway.orders) == 1
    assert states(house) == ["paid", "failed"]
    assert house.purchase().state == "paid"
    assert [text for text in house.texts() if text.startswith("failed")] == []


def test_a_retry_that_fails_takes_nothing_from_the_first_that_was_paid(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk("ws_CO_000001", 1001))
    house.after(seconds=80)
    house.tell_stk(said.stk("ws_CO_000001"))
    house.tell_stk(said.stk("ws_CO_000002", 1032), number=2)
    house.run()
    assert states(house) == ["paid", "failed"]
    assert house.purchase().state == "paid"
    assert "failed_cancelled" not in house.texts()


def test_both_attempts_paid_is_one_service_and_money_kept(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk("ws_CO_000001", 1001))
    house.after(seconds=80)
    house.tell_stk(said.stk("ws_CO_000001"))
    house.tell_stk(said.stk("ws_CO_000002", receipt="UKM2BBBBBB"), number=2)
    house.run()
    assert house.clearing() == 100
    assert house.own_money(house.purchase().buyer_id) == 50
    assert house.texts() == ["money_kept"]


def test_the_same_amount_waits_two_minutes(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk("ws_CO_000001"))
    house.run()
    house.prompt()
    house.prompt(JUMA)
    assert [order.payer for order in house.gateway.orders] == [AMINA, JUMA]
    house.after(seconds=124)
    assert len(house.gateway.orders) == 2
    house.after(seconds=1)
    assert len(house.gateway.orders) == 3


def test_another_amount_need_not_wait(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk("ws_CO_000001"))
    house.run()
    house.prompt(shillings=20)
    assert len(house.gateway.orders) == 2
