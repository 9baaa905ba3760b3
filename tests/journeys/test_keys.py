"""Keys pressed twice, sessions that drop, strings dialled through: one wish is one purchase."""

import pytest

from tests.journeys.demo import eventually
from tests.journeys.world import World


def test_the_last_key_heard_again_repeats_its_screen_and_buys_nothing_more(world: World) -> None:
    asha = world.phone()
    said = asha.buy(50)
    last = world.calls("ussd")[-1]
    assert last["answer"] == f"END {said}"
    again = world.replay(last, times=5)
    assert [call["answer"] for call in again] == [f"END {said}"] * 5
    asha.answer_prompt()
    asha.code()
    assert [call["answer"] for call in world.replay(last, times=2)] == [f"END {said}"] * 2
    world.comes_to_rest()
    world.books.is_bought_once(asha.digits, 50)
    assert len(asha.prompts) == 1


def test_every_key_of_a_talk_heard_twice_leads_to_the_same_purchase(world: World) -> None:
    asha = world.phone()
    asha.dial()
    for key in ("1", "2", "3", "1"):
        shown = asha.press(key)
        (repeated,) = world.replay(world.calls("ussd")[-1])
        assert repeated["answer"][4:] == shown
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


def test_the_paying_key_sent_ten_times_at_once_is_one_purchase(world: World) -> None:
    asha = world.phone()
    asha.talk("2", "3")
    asha.hang_up()  # on the sandbox's side only: a phone in a session could not be asked for its PIN
    shown = world.calls("ussd")[-1]
    body = {**shown["body"], "text": shown["body"]["text"] + "*1"}
    answers = {call["answer"] for call in world.replay(shown, times=10, body=body)}
    assert len(answers) == 1
    assert answers.pop().startswith("END M-PESA will ask for your PIN: Ksh 50")
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


def test_dropped_session_is_offered_again_and_goes_on_where_it_stood(world: World) -> None:
    asha = world.phone()
    asha.talk("2", "3")
    asha.hang_up()
    assert "you were not finished" in asha.dial()
    assert "Continue: WiFi 24 hours Ksh 50" in asha.screen
    assert "WiFi 24 hours, Ksh 50, 1 phone" in asha.press("1")
    assert world.books.collections(asha.digits) == [], "to go on is not to pay"
    asha.press("1")
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


def test_dropped_after_the_paying_key_is_not_paid_twice(world: World) -> None:
    asha = world.phone()
    asha.buy(50)
    asha.prompt()
    assert "We are checking your Ksh 50" in asha.dial()
    asha.hang_up()
    assert "We are checking your Ksh 50" in asha.dial("*384*123*1*1#")
    asha.hang_up()
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


@pytest.mark.parametrize("keys", [("00", "2"), ("00", "4", "1"), ("00", "3"), ("3",), ("1",), ("2",)])
def test_no_way_through_the_menu_starts_another_payment_while_one_is_open(
    world: World, keys: tuple[str, ...]
) -> None:
    asha = world.phone()
    asha.buy(50)
    asha.prompt()
    for string in ("*384*123*2*3*1#", "*384*123*1*1#", "*384*123*2*1*1#"):
        assert "We are checking your Ksh 50" in asha.dial(string)
    asha.dial()
    asha.press(*keys)
    if asha.is_open:
        asha.hang_up()
    assert len(world.books.collections(asha.digits)) == 1
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


def test_another_phone_cannot_be_prompted_twice_at_once(world: World) -> None:
    asha, juma, payer = world.phone(), world.phone(), world.phone()
    asha.talk("2", "3", "4", payer.number, "1")
    assert "M-PESA will ask" in asha.screen
    payer.prompt()
    juma.talk("2", "3", "4", payer.number, "1")
    assert "A payment is still open for that phone" in juma.screen
    payer.answer_prompt()
    asha.code()
    assert world.books.vouchers(juma.digits) == []
    assert payer.texts == [], "a payer who never wrote to us is not written to"
    assert payer.wallet == 4_950


def test_second_purchase_of_the_same_amount_waits_two_minutes_by_itself(world: World) -> None:
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    asha.talk("2", "3", "1")
    assert not asha.is_open
    first, second = world.books.collections(asha.digits)
    assert (second.push_due_at - first.asked_at).total_seconds() >= 120
    world.comes_to_rest()
    assert [prompt["state"] for prompt in asha.prompts] == ["paid"]
    world.advance("PT130S")
    asha.answer_prompt()
    eventually("second voucher", lambda: len(asha.texts) == 2)
    assert world.books.payments(asha.digits) == [5_000, 5_000]
    assert len(world.books.vouchers(asha.digits)) == 2


def test_second_purchase_of_another_amount_waits_for_nothing(world: World) -> None:
    asha = world.phone()
    for count, shillings in enumerate((50, 20), 1):
        asha.buy(shillings)
        asha.answer_prompt()
        asha.has_texts(count)
    assert world.books.payments(asha.digits) == [5_000, 2_000]


def test_buy_again_takes_two_keys_and_the_pin(world: World) -> None:
    asha = world.phone()
    asha.buy(20)
    asha.answer_prompt()
    asha.code()
    world.advance("P1D")
    assert "1. Buy again: 3 hours Ksh 20" in asha.dial()
    asha.press("1", "1")
    asha.answer_prompt()
    eventually("second voucher", lambda: len(world.books.vouchers(asha.digits)) == 2)
