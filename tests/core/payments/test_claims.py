"""Words that do not count by themselves: kept, confirmed by the provider, then settled by what it says."""

from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import NotReady, Rejected, Unreachable
from core.base.inbox import Evidence
from core.payments import jobs
from core.payments.gateway import Verdict
from core.payments.model import Claim
from core.payments.mpesa.door import Outcome
from tests.core.payments import said
from tests.factories import a_subscriber

CHECKOUT = "ws_CO_000001"


def test_a_forged_success_credits_nothing(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT), trusted=False)
    house.run()
    assert (house.books(), house.collection().state, house.claims()) == ({}, "prompted", ["waiting"])
    assert house.gateway.questions == ["UKM1AAAAAA"]
    house.tell_status(said.status("conversation-1", code=2032))
    house.run()
    assert (house.books(), house.claims(), house.incidents()) == ({}, ["refuted"], ["claim_refuted"])


def test_a_success_from_an_unlisted_source_is_confirmed_by_the_query_at_once(house: Any) -> None:
    house.prompt()
    house.gateway.verdicts[CHECKOUT] = Verdict(paid=True)
    house.tell_stk(said.stk(CHECKOUT), trusted=False)
    house.run()
    house.is_served_once()
    house.tell_status(said.status("conversation-1"))
    house.run()
    house.is_served_once()
    assert house.receipts() == [("UKM1AAAAAA", 50, True)]


@pytest.mark.parametrize("first", ["failed", "lapsed"])
def test_also_after_the_collection_was_given_up(house: Any, first: str) -> None:
    house.prompt()
    if first == "failed":
        house.tell_stk(said.stk(CHECKOUT, 1032))
        house.run()
    else:
        house.after(hours=1)
    house.gateway.verdicts[CHECKOUT] = Verdict(paid=True)
    house.tell_stk(said.stk(CHECKOUT), trusted=False)
    house.run()
    house.is_served_once()


def test_a_forged_failure_fails_nothing(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, 1032), trusted=False)
    house.run()
    assert house.collection().state == "prompted"
    assert house.gateway.looked_up == [CHECKOUT]


def test_another_checkout_id_moves_nothing_and_is_evidence(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk("ws_CO_666"))
    house.tell_stk(said.stk(CHECKOUT, request="another-request"))
    house.run()
    assert (house.books(), house.collection().state) == ({}, "prompted")
    assert house.incidents() == ["callback_mixed_up"] * 2
    assert [found.reason for found in house.all(Evidence)] == ["wrong request id"] * 2


def test_a_forger_cannot_choose_the_checkout_id_that_we_ask_about(house: Any) -> None:
    house.gateway.while_asking = lambda _: (
        house.tell_stk(said.stk("ws_CO_PAID_BY_ANOTHER"), trusted=False),
        jobs.read_callback(house, inbox_id=1),
    )
    house.prompt()
    assert house.collection().gateway_checkout_id == CHECKOUT


@pytest.mark.parametrize("received", [40, 60])
@pytest.mark.parametrize("first", ["callback", "query"])
def test_another_amount_waits_until_it_is_confirmed_and_is_counted_once(
    house: Any, received: int, first: str
) -> None:
    house.prompt()
    buyer = house.purchase().buyer_id
    house.gateway.verdicts[CHECKOUT] = Verdict(paid=True)
    if first == "query":
        house.after(seconds=20)
        assert house.clearing() == 50
    house.tell_stk(said.stk(CHECKOUT, shillings=received))
    house.after(seconds=70)
    assert house.clearing() == (50 if first == "query" else 0)
    house.tell_status(said.status("conversation-1", shillings=received))
    house.after(hours=2)
    assert house.clearing() == received
    assert house.receipts() == [("UKM1AAAAAA", received, True)]
    is_bought = received > 50 or first == "query"
    assert house.purchase().state == ("paid" if is_bought else "unpaid")
    assert house.own_money(buyer) == received - (50 if is_bought else 0)
    assert "amount_differs" in house.texts()


def test_a_callback_that_lies_about_the_amount_is_corrected(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, shillings=5_000))
    house.run()
    house.tell_status(said.status("conversation-1", shillings=50))
    house.run()
    house.is_served_once()
    assert house.clearing() == 50
    assert house.incidents() == ["claim_differs"]


def test_another_payer_is_credited_by_our_row_and_flagged(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, payer=254733999888))
    house.run()
    assert house.books() == {}
    house.tell_status(said.status("conversation-1"))
    house.run()
    house.is_served_once()
    assert house.incidents() == ["payer_differs"]


def test_a_masked_payer_is_no_other_payer(house: Any) -> None:
    house.prompt()
    house.tell_stk(said.stk(CHECKOUT, payer="2547 ***** 678"))
    house.run()
    house.is_served_once()


def test_first_forged_then_true(house: Any) -> None:
    """T6: the true amount is credited, an incident stands, whatever comes first."""
    with house.work() as work:
        owner = a_subscriber(work)
    house.tell_c2b(said.c2b(owner.account_no, shillings="9000"), trusted=False)
    house.run()
    assert house.books() == {}
    house.tell_c2b(said.c2b(owner.account_no, shillings="10"))
    house.run()
    house.tell_status(said.status("conversation-1", shillings=10))
    house.run()
    assert (house.clearing(), house.own_money(owner.id)) == (10, 10)
    assert house.incidents() == ["claim_differs"]


def test_unlisted_word_of_the_paybill_counts_once_confirmed(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
    house.tell_c2b(said.c2b(owner.account_no), trusted=False)
    house.run()
    house.tell_status(said.status("conversation-1"))
    house.tell_status(said.status("conversation-1", shillings="50.00"))
    house.run()
    assert (house.clearing(), house.own_money(owner.id), house.claims()) == (50, 50, ["confirmed"])


@pytest.mark.parametrize(
    ("answer", "trusted"),
    [
        (said.status("conversation-1", state="Reversed"), True),
        (said.status("conversation-1", receipt="UKM9ZZZZZZ"), True),
        (said.status("conversation-1"), False),
        (said.status("conversation-1", shortcode="111222"), True),
        (said.status("conversation-1", code=1), True),
    ],
    ids=["reversed", "another receipt", "unlisted source", "another shortcode", "no answer"],
)
def test_an_answer_that_confirms_nothing(house: Any, answer: bytes, trusted: bool) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
    house.tell_c2b(said.c2b(owner.account_no), trusted=False)
    house.run()
    house.tell_status(answer, trusted=trusted)
    house.run()
    assert house.books() == {}


def test_an_answer_to_no_question_of_ours_moves_nothing(house: Any) -> None:
    assert house.tell_status(said.status("conversation-77")) is Outcome.STORED
    with pytest.raises(NotReady):
        jobs.read_callback(house, inbox_id=1)
    assert house.books() == {}


def test_the_answer_may_be_faster_than_our_note(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
    house.tell_c2b(said.c2b(owner.account_no), trusted=False)
    house.tell_status(said.status("conversation-1"))
    house.run()
    house.run()
    assert house.own_money(owner.id) == 50


def test_a_worker_killed_between_the_question_and_its_note_asks_again(house: Any) -> None:
    with house.work() as work:
        owner = a_subscriber(work)
    house.tell_c2b(said.c2b(owner.account_no), trusted=False)
    jobs.read_callback(house, inbox_id=1)
    house.gateway.ask_about("UKM1AAAAAA")  # asked, and nothing was noted
    jobs.ask_about_claim(house, claim_id=1)
    house.tell_status(said.status("conversation-2"))
    house.run()
    assert (house.own_money(owner.id), house.claims()) == (50, ["confirmed"])


def test_an_outage_costs_no_question(house: Any) -> None:
    house.tell_c2b(said.c2b("nobody"), trusted=False)
    house.gateway.refusals.extend([Unreachable("down")] * 10)
    for _ in range(11):
        house.run()
    assert (house.claims(), house.all(Claim)[0].asks) == (["waiting"], 1)


def test_a_question_without_an_answer_is_put_five_times(house: Any) -> None:
    house.tell_c2b(said.c2b("nobody"), trusted=False)
    house.after(hours=6)
    assert len(house.gateway.questions) == 5
    assert (house.claims(), house.incidents()) == (["unanswered"], ["claim_unanswered"])
    house.tell_status(said.status("conversation-5"))
    house.run()
    assert (house.claims(), house.clearing()) == (["confirmed"], 50)


def test_a_question_that_cannot_be_put_calls_a_person(house: Any) -> None:
    house.gateway.refusals.append(Rejected("BANDO_DARAJA_INITIATOR is not set"))
    house.tell_c2b(said.c2b("nobody"), trusted=False)
    house.run()
    assert (house.claims(), house.incidents()) == (["unanswered"], ["claim_unanswered"])


@pytest.mark.parametrize(("shillings", "incidents"), [("20000", []), ("20001", ["claim_overdue"])])
def test_a_large_claim_is_confirmed_within_the_hour_or_looked_at(
    house: Any, shillings: str, incidents: list[str]
) -> None:
    house.tell_c2b(said.c2b("nobody", shillings=shillings), trusted=False)
    house.run()
    house.clock.advance(timedelta(minutes=59))
    jobs.check_claims(house)
    assert house.incidents() == []
    house.clock.advance(timedelta(minutes=2))
    jobs.check_claims(house)
    jobs.check_claims(house)
    assert house.incidents() == incidents


def test_no_claim_waits_for_ever(house: Any) -> None:
    house.tell_c2b(said.c2b("nobody"), trusted=False)
    jobs.read_callback(house, inbox_id=1)
    house.clock.advance(timedelta(days=2, minutes=1))
    jobs.check_claims(house)
    assert (house.claims(), house.incidents()) == (["unanswered"], ["claim_unanswered"])
