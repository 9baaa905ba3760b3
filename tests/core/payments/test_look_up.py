"""Asking what became of a prompt: when, how often, what each code means, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest

from core.payments import jobs
from core.payments.check import check_now
from core.payments.gateway import REASONS, Verdict
from core.payments.mpesa.payloads import verdict_of
from core.payments.mpesa.results import REASON_OF
from core.payments.queries import open_payment
from tests.core.payments import said
from tests.factories import AMINA

CHECKOUT = "ws_CO_000001"
TEXT_OF = {
    "1": "failed_balance", "2": "failed_limit", "3": "failed_limit", "4": "failed_limit", "8": "failed_other",
    "17": "failed_same_amount", "26": "failed_other", "1019": "failed_no_answer", "1025": "failed_other",
    "1031": "failed_cancelled", "1032": "failed_cancelled", "1037": "failed_no_answer", "2001": "failed_pin",
    "2006": "failed_other", "2028": "failed_other", "8006": "failed_locked", "9999": "failed_other",
    "SFC_IC0003": "failed_other",
}  # fmt: skip


def test_every_code_has_a_reason_that_we_know() -> None:
    assert set(REASON_OF.values()) <= set(REASONS)
    assert set(REASON_OF) == {*TEXT_OF, "1001"}


@pytest.mark.parametrize("code", TEXT_OF)
@pytest.mark.parametrize("way", ["callback", "query"])
def test_a_code_fails_the_collection_and_is_told_once(house: Any, code: str, way: str) -> None:
    house.prompt()
    if way == "callback":
        house.tell_stk(said.stk(CHECKOUT, int(code) if code.isdigit() else code))
        house.run()
    else:
        house.gateway.verdicts[CHECKOUT] = verdict_of(code)
        house.after(seconds=20)
    found = house.collection()
    assert (found.state, found.reason, found.result_code) == ("failed", REASON_OF[code], code)
    assert house.purchase().state == "unpaid"
    house.after(hours=1)
    assert house.texts() == [TEXT_OF[code]]
    assert house.books() == {}


@pytest.mark.parametrize("code", ["1", "2001", "1032", "17", "8", "1037"])
def test_a_phone_is_free_again_after_a_failure(house: Any, code: str) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, code))
    house.run()
    house.prompt(shillings=20)
    assert len(house.gateway.orders) == 2


@pytest.mark.parametrize("code", ["4999", "12345", "", "None", "-1"])
def test_a_code_that_ends_nothing_keeps_asking(house: Any, code: str) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, code))
    house.gateway.verdicts[CHECKOUT] = verdict_of(code)
    house.after(seconds=60)
    assert house.collection().state == "prompted"
    house.gateway.verdicts[CHECKOUT] = verdict_of("0")
    house.after(seconds=60)
    house.is_served_once()


def test_the_schedule_of_looks(house: Any) -> None:
    house.prompt()
    begun, seen = house.clock.at, []
    for _ in range(4_000 // 5):
        before = len(house.gateway.looked_up)
        house.after(seconds=5)
        if len(house.gateway.looked_up) > before:
            seen.append(int((house.clock.at - begun).total_seconds()))
        if house.collection().state == "lapsed":
            break
    assert seen == [20, 40, 70, 120, *range(420, 3_421, 300)]
    assert house.incidents() == ["payment_unknown"]
    assert house.texts() == ["payment_unknown"]
    with house.work() as work:
        assert open_payment(work, AMINA) is None


def test_the_payer_is_told_once_that_nothing_is_known(house: Any) -> None:
    house.prompt()
    house.after(seconds=69)
    assert house.texts() == []
    house.after(seconds=1)
    assert (house.texts(), house.collection().state) == (["payment_unknown"], "unknown")


def test_a_look_run_twice_is_followed_by_one(house: Any) -> None:
    collection_id = house.prompt()
    house.clock.advance(timedelta(seconds=20))
    for _ in range(3):
        jobs.look_up_silent(house, collection_id=collection_id, look=1)
    house.after(seconds=20)
    assert len(house.gateway.looked_up) == 2


def test_the_payer_may_ask_twice_a_minute(house: Any) -> None:
    house.prompt()
    for _ in range(5):
        with house.work() as work:
            check_now(work, msisdn=AMINA)
    house.run()
    assert len(house.gateway.looked_up) == 2
    house.clock.advance(timedelta(seconds=61))
    with house.work() as work:
        check_now(work, msisdn=AMINA)
    house.gateway.verdicts[CHECKOUT] = Verdict(paid=True)
    house.run()
    house.is_served_once()


def test_asking_where_nothing_is_open_does_nothing(house: Any) -> None:
    house.begin()
    with house.work() as work:
        check_now(work, msisdn=AMINA)
        assert work.scalar("SELECT count(*) FROM outbox WHERE event = 'CollectionSilent'") == 0


def test_settled_by_query_then_its_receipt_comes(house: Any) -> None:
    house.prompt()
    house.gateway.verdicts[CHECKOUT] = Verdict(paid=True)
    house.after(seconds=20)
    house.is_served_once()
    assert house.receipts() == []
    house.tell_c2b(said.c2b(house.collection().reference))
    house.tell_stk(said.stk(CHECKOUT))
    house.run()
    house.is_served_once()
    assert house.receipts() == [("UKM1AAAAAA", 50, True)]


def test_a_collection_whose_jobs_were_given_up_blocks_no_phone(house: Any) -> None:
    for state in ("requested", "asking", "prompted", "unknown"):
        with house.work() as work:
            work.session.connection().exec_driver_sql("UPDATE deliveries SET finished_at = available_at")
        house.begin()
        with house.work() as work:
            work.session.connection().exec_driver_sql(
                "UPDATE collections SET state = %(state)s WHERE state = 'requested'", {"state": state}
            )
            work.session.connection().exec_driver_sql("UPDATE deliveries SET finished_at = available_at")
        jobs.check_claims(house)
        with house.work() as work:
            found = open_payment(work, AMINA)
        assert found is not None
        assert found.state == state
        house.clock.advance(timedelta(hours=2, minutes=10))
        jobs.check_claims(house)
        with house.work() as work:
            assert open_payment(work, AMINA) is None
    assert house.incidents() == ["payment_unknown"] * 3
    assert house.gateway.orders == []
