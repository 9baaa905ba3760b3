"""M-PESA says no: each code has its sentence, nothing is served, and the next try is free."""

import pytest

from tests.journeys.demo import eventually
from tests.journeys.world import World

NOTHING = "We have received nothing"
OTHER = "The payment of Ksh 50 was not completed. " + NOTHING
LIMIT = "Ksh 50 not paid: above an M-PESA limit. " + NOTHING
NO_ANSWER = "The M-PESA request for Ksh 50 was not answered. " + NOTHING
STOPPED = "The payment of Ksh 50 was stopped. " + NOTHING

SENTENCES = {
    "1": "Ksh 50 not paid: not enough money in M-PESA. " + NOTHING,
    "2": LIMIT,
    "3": LIMIT,
    "4": LIMIT,
    "8": OTHER,
    "17": "M-PESA refused a second Ksh 50 within 2 minutes",
    "26": OTHER,
    "1019": NO_ANSWER,
    "1025": OTHER,
    "1031": STOPPED,
    "1032": STOPPED,
    "1037": NO_ANSWER,
    "2001": "M-PESA did not accept the PIN for Ksh 50. " + NOTHING,
    "2006": OTHER,
    "2028": OTHER,
    "8006": "Ksh 50 not paid: your M-PESA PIN is locked. " + NOTHING,
    "9999": OTHER,
    "SFC_IC0003": OTHER,
}


@pytest.mark.parametrize("code", SENTENCES)
def test_each_code_has_its_sentence_and_the_next_purchase_is_free(world: World, code: str) -> None:
    world.faults(stk_result=code)
    asha = world.phone()
    asha.buy(50)
    asha.text(SENTENCES[code])
    world.books.has_nothing(asha.digits)
    assert asha.wallet == 5_000

    world.faults(stk_result="none")
    assert "checking" not in asha.dial()
    asha.press("2", "3", "1")
    asha.answer_prompt()
    asha.code()
    assert len(asha.texts) == 2
    assert world.books.payments(asha.digits) == [5_000]
    assert [c.state for c in world.books.collections(asha.digits)] == ["failed", "paid"]


@pytest.mark.parametrize(
    ("action", "sentence"),
    [("wrong_pin", SENTENCES["2001"]), ("cancel", STOPPED), ("ignore", NO_ANSWER)],
)
def test_what_the_person_does_with_the_prompt_is_told_in_swahili_too(
    world: World, action: str, sentence: str
) -> None:
    asha, juma = world.phone(language="1"), world.phone(language="2")
    for phone in (asha, juma):
        phone.buy(50)
        phone.answer_prompt(action)
    asha.text(sentence)
    said = juma.text("Ksh 50", "Pwani Net")
    assert sentence not in said
    for phone in (asha, juma):
        world.books.has_nothing(phone.digits)


def test_empty_wallet_and_a_phone_that_is_off_have_their_words(world: World) -> None:
    poor, off = world.phone(), world.phone()
    poor.set_up(wallet=20)
    off.set_up(line="unreachable")
    poor.buy(50)
    poor.answer_prompt()
    poor.text(SENTENCES["1"])
    off.buy(50)
    off.text(NO_ANSWER)
    assert poor.wallet == 20


def test_busy_phone_is_asked_once_more_by_itself(world: World) -> None:
    asha = world.phone()
    asha.set_up(line="busy")
    asha.buy(50)
    eventually("second attempt", lambda: len(world.books.collections(asha.digits)) == 2)
    asha.set_up(line="free")
    assert asha.texts == [], "nobody is frightened before the second attempt"
    world.advance("PT80S")
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


def test_phone_that_stays_busy_is_told_after_the_one_retry(world: World) -> None:
    asha = world.phone()
    asha.set_up(line="busy")
    asha.buy(50)
    eventually("second attempt", lambda: len(world.books.collections(asha.digits)) == 2)
    world.advance("PT80S")
    asha.text("Your phone was busy, so M-PESA could not ask for the PIN", NOTHING)
    world.advance("PT5M")
    assert len(world.books.collections(asha.digits)) == 2
    world.books.has_nothing(asha.digits)


def test_late_success_after_a_failure_still_counts(world: World) -> None:
    world.faults(callback="out_of_order", c2b_after_stk="off")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)
    causes = world.books.rows(
        "SELECT m.to_state FROM collection_moves m JOIN collections c ON c.id = m.collection_id "
        "WHERE c.payer = %(digits)s ORDER BY m.id",
        digits=asha.digits,
    )
    assert causes[-1].to_state == "paid"
