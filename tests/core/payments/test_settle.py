"""The same payment told by every way, in every order, as often as anybody likes: counted once."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.payments import jobs
from core.payments.gateway import Verdict
from core.payments.mpesa.door import Outcome
from tests.core.payments import said
from tests.factories import AMINA, JUMA, a_collection, a_home_line, a_home_plan, a_subscriber

CHECKOUT = "ws_CO_000001"
PAID = Verdict(paid=True, code="0")


def in_parallel(act: Any, times: int = 2) -> list[Any]:
    with ThreadPoolExecutor(times) as threads:
        return [found.result() for found in [threads.submit(act) for _ in range(times)]]


def test_a_callback_settles_and_serves(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, request="request-1"))
    house.run()
    house.is_served_once()
    assert house.receipts() == [("UKM1AAAAAA", 50, True)]
    assert house.books() == {
        "clearing.mpesa": 5_000,
        "revenue.hotspot:0": -3_748,
        "tax.excise": -562,
        "tax.vat": -690,
    }
    assert house.purchase().state == "paid"
    assert house.line().state == "awaiting_network"


def test_the_same_callback_twice_is_stored_once(house: Any) -> None:
    house.prompt()
    assert [house.tell_stk(said.stk(CHECKOUT)) for _ in range(2)] == [Outcome.STORED] * 2
    house.run()
    house.is_served_once()


def test_the_same_job_twice_and_at_the_same_time(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT))
    in_parallel(lambda: jobs.read_callback(house, inbox_id=1), 4)
    jobs.read_callback(house, inbox_id=1)
    house.run()
    house.is_served_once()


def test_the_callback_the_query_and_the_paybill_at_the_same_time(house: Any) -> None:
    collection_id = house.prompt()
    house.gateway.verdicts[CHECKOUT] = PAID
    house.tell_stk(said.stk(CHECKOUT))
    house.tell_c2b(said.c2b(house.collection().reference))
    acts = [
        lambda: jobs.read_callback(house, inbox_id=1),
        lambda: jobs.read_callback(house, inbox_id=2),
        lambda: jobs.look_up_silent(house, collection_id=collection_id, look=1),
    ]
    with ThreadPoolExecutor(3) as threads:
        for found in [threads.submit(act) for act in acts]:
            found.result()
    house.after(hours=2)
    house.is_served_once()
    assert house.receipts() == [("UKM1AAAAAA", 50, True)]


@pytest.mark.parametrize("order", list(itertools.permutations(["callback", "paybill", "query"])))
def test_any_order_is_one_payment(house: Any, order: tuple[str, ...]) -> None:
    collection_id = house.prompt()
    house.gateway.verdicts[CHECKOUT] = PAID
    ways = {
        "callback": lambda: house.tell_stk(said.stk(CHECKOUT)),
        "paybill": lambda: house.tell_c2b(said.c2b(house.collection().reference)),
        "query": lambda: jobs.look_up_silent(house, collection_id=collection_id, look=1),
    }
    for way in order:
        ways[way]()
        house.run()
    house.is_served_once()
    assert house.receipts() == [("UKM1AAAAAA", 50, True)]


def test_the_callback_before_the_pushs_answer(house: Any) -> None:
    house.gateway.while_asking = lambda _: (
        house.tell_stk(said.stk(CHECKOUT)),
        jobs.read_callback(house, inbox_id=1),
    )
    house.prompt()
    house.is_served_once()
    assert house.collection().gateway_checkout_id == CHECKOUT
    house.after(hours=2)
    assert house.gateway.looked_up == []
    house.is_served_once()


@pytest.mark.parametrize("first", ["failed", "lapsed"])
def test_a_late_success_overturns_what_was_believed(house: Any, first: str) -> None:
    house.prompt()
    if first == "failed":
        house.tell_stk(said.stk(CHECKOUT, 1032))
        house.run()
    else:
        house.after(hours=2)
    assert house.collection().state == first
    house.tell_stk(said.stk(CHECKOUT))
    house.run()
    house.is_served_once()


def test_a_late_failure_overturns_nothing(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT))
    house.tell_stk(said.stk(CHECKOUT, 1032))
    house.run()
    house.is_served_once()
    assert "failed_cancelled" not in house.texts()


def test_a_further_receipt_is_new_money(house: Any) -> None:
    house.prompt()
    house.gateway.verdicts[CHECKOUT] = PAID
    house.after(seconds=20)
    reference, buyer = house.collection().reference, house.purchase().buyer_id
    house.tell_c2b(said.c2b(reference))
    house.tell_c2b(said.c2b(reference, receipt="UKM2BBBBBB"))
    house.run()
    assert house.receipts() == [("UKM1AAAAAA", 50, True), ("UKM2BBBBBB", 50, False)]
    assert (house.clearing(), house.own_money(buyer)) == (100, 50)
    assert house.texts() == ["money_kept"]


def test_a_reference_typed_by_hand_with_another_amount_leaves_the_prompt_alone(house: Any) -> None:
    house.prompt()
    house.tell_c2b(said.c2b(house.collection().reference, shillings="1", receipt="UKM2BBBBBB"))
    house.run()
    assert house.collection().state == "prompted"
    house.tell_stk(said.stk(CHECKOUT))
    house.run()
    assert house.purchase().state == "paid"
    assert (house.clearing(), house.own_money(house.purchase().buyer_id)) == (51, 1)


def test_a_till_tells_of_a_payment_before_the_callback_does(house: Any) -> None:
    house.prompt()
    house.tell_c2b(said.c2b(""))
    house.run()
    assert house.books() == {"clearing.mpesa": 5_000, "suspense": -5_000}
    house.tell_stk(said.stk(CHECKOUT))
    house.run()
    assert house.purchase().state == "paid"
    assert (house.clearing(), house.books().get("suspense")) == (50, None)


def test_a_till_tells_of_a_payment_that_the_query_had_settled(house: Any) -> None:
    house.prompt()
    house.gateway.verdicts[CHECKOUT] = PAID
    house.after(seconds=20)
    house.tell_c2b(said.c2b(""))
    house.run()
    assert house.clearing() == 100  # for now: nothing says yet that they are one
    house.tell_stk(said.stk(CHECKOUT))
    house.run()
    assert (house.clearing(), house.books().get("suspense")) == (50, None)
    assert house.own_money(house.purchase().buyer_id) == 0
    assert house.receipts() == [("UKM1AAAAAA", 50, True)]


def test_one_receipt_for_two_collections_pays_one(house: Any) -> None:
    house.prompt()
    house.prompt(JUMA)
    house.tell_stk(said.stk(CHECKOUT))
    house.tell_stk(said.stk("ws_CO_000002", payer=JUMA.digits), number=2)
    house.run()
    assert [house.collection(n).state for n in (1, 2)] == ["paid", "prompted"]
    assert house.incidents() == ["receipt_used_twice"]
    assert house.clearing() == 50


@pytest.mark.parametrize(
    "changes",
    [{"shillings": "60.00"}, {"TransTime": "20261122150030"}],
    ids=["another amount", "another time"],
)
def test_a_receipt_told_with_other_facts_is_no_silent_repeat(house: Any, changes: dict[str, Any]) -> None:
    house.tell_c2b(said.c2b("nobody"))
    house.tell_c2b(said.c2b("nobody", **changes))
    house.run()
    assert house.incidents() == ["receipt_differs"]
    assert house.clearing() == 50


def test_two_settle_at_once_for_each_other_without_a_deadlock(house: Any) -> None:
    """Amina buys for Juma while Juma buys for Amina: subscribers are locked in one order."""
    house.prompt(AMINA, beneficiary=JUMA)
    house.prompt(JUMA, beneficiary=AMINA)
    house.tell_stk(said.stk(CHECKOUT))
    house.tell_stk(said.stk("ws_CO_000002", receipt="UKM2BBBBBB", payer=JUMA.digits), number=2)
    with ThreadPoolExecutor(2) as threads:
        for found in [threads.submit(jobs.read_callback, house, inbox_id=n) for n in (1, 2)]:
            found.result()
    assert [house.purchase(n).state for n in (1, 2)] == ["paid", "paid"]
    assert house.clearing() == 100


def test_a_home_line_paid_by_another_stands_on_its_owners_account(house: Any) -> None:
    with house.work() as work:
        owner, plan = a_subscriber(work), a_home_plan(work)
        line = a_home_line(work, owner, plan)
        a_subscriber(work, JUMA)
        a_collection(work, plan, JUMA, beneficiary=AMINA, renews=line.id)
    house.run()
    house.tell_stk(said.stk(CHECKOUT, shillings=1_500, payer=JUMA.digits))
    house.run()
    assert house.purchase(2).state == "served"
    assert house.own_money(owner.id) == 0
    assert house.texts() == ["receipt", "receipt_payer"]
