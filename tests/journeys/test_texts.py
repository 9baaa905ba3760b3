"""The SMS gateway refuses, breaks, is slow or loses: the voucher arrives, and can be seen without it."""

import pytest

from tests.journeys.demo import eventually
from tests.journeys.phone import CODE
from tests.journeys.world import World


def notice(world: World, digits: str, template: str = "voucher") -> str:
    """The state of the first text of this template to the number; empty while there is none."""
    found = world.books.rows(
        "SELECT state FROM notices WHERE address = %(digits)s AND template = %(template)s ORDER BY id",
        digits=digits,
        template=template,
    )
    return str(found[0].state) if found else ""


def tries(world: World, digits: str) -> int:
    """How often the texts to this number were handed to the gateway."""
    return int(
        world.books.one(
            "SELECT coalesce(sum(attempts), 0) FROM notices WHERE address = %(digits)s", digits=digits
        )
    )


@pytest.mark.parametrize("fault", ["500", "refused", "no_balance", "slow"])
def test_voucher_arrives_once_the_gateway_is_well_again(world: World, fault: str) -> None:
    world.faults(sms=fault, slow_seconds=2)
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    eventually("try to send", lambda: tries(world, asha.digits) > 0)
    assert "New voucher: 24 hours, not used" in asha.dial("*384*123*3#")
    asha.hang_up()
    world.faults(sms="normal")
    world.advance("PT10M")
    world.advance("PT30M", times=2)
    asha.code()
    eventually("delivery report", lambda: notice(world, asha.digits) == "delivered")
    assert len(asha.texts) == 1


def test_delivery_report_marks_the_voucher_text_delivered(world: World) -> None:
    world.faults(sms_report="late")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    world.comes_to_rest()
    assert notice(world, asha.digits) == "sent"
    world.release()
    eventually("report", lambda: notice(world, asha.digits) == "delivered")


def test_lost_text_leaves_the_code_on_the_screen(world: World) -> None:
    world.faults(sms="lost")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    eventually("text that was handed over", lambda: notice(world, asha.digits) in ("sent", "failed"))
    assert asha.texts == []
    assert "1. Show the code" in asha.dial("*384*123*3#")
    assert "Your WiFi voucher:" in asha.press("1")


def test_voucher_is_sent_again_five_times_a_day_and_then_shown(world: World) -> None:
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    code = asha.code()
    for count in range(1, 6):
        asha.dial("*384*123*3*2#")
        assert "We are sending the voucher" in asha.screen
        asha.has_texts(1 + count)
        world.advance("PT2S")
    assert all(f"{code[:5]}-{code[5:]}" in text for text in asha.texts)
    asha.dial("*384*123*3*2#")
    assert "We sent it 5 times today" in asha.screen
    world.advance("P1DT1M")
    asha.dial("*384*123*3*2#")
    assert "We are sending the voucher" in asha.screen


def test_nobody_else_can_have_the_voucher_sent(world: World) -> None:
    asha, stranger = world.phone(), world.phone()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    assert "You have no voucher yet" in stranger.talk("3")
    assert stranger.texts == []


def test_who_opted_out_of_marketing_still_gets_what_was_bought(world: World) -> None:
    asha = world.phone()
    asha.talk("0")
    asha.hang_up()
    asha.opt_out()
    asha.buy(50)
    asha.answer_prompt()
    eventually("settled payment", lambda: world.books.payments(asha.digits) == [5_000])
    eventually("text that no carrier takes", lambda: notice(world, asha.digits) == "waiting")
    told = asha.dial("*384*123*3*1#")
    assert told.startswith("You have a message:"), "what no carrier took is read here first"
    assert CODE.search(told)
    asha.press("1")
    asha.hang_up()
    assert asha.dial("*384*123*3*1#").startswith("Your WiFi voucher:")


def test_a_text_behind_one_that_is_tried_again_keeps_nobody_from_rest(world: World) -> None:
    world.faults(sms="500")
    asha = world.phone()
    for shillings in (50, 20):
        asha.buy(shillings, for_number="0711599001")
        asha.answer_prompt()
        eventually(
            "settled payment", lambda wanted=shillings: wanted * 100 in world.books.payments(asha.digits)
        )
    eventually(
        "first text that failed", lambda: notice(world, asha.digits, "receipt_gift") not in ("", "sent")
    )
    world.comes_to_rest()
    world.faults(sms="normal")
    world.advance("PT1M", times=4)
    asha.text("Ksh 50")
    asha.text("Ksh 20")
