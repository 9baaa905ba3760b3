"""M-PESA's word comes twice, late, never, in the wrong order, or from somebody else: the money counts once."""

import pytest

from tests.journeys.demo import eventually
from tests.journeys.phone import Phone
from tests.journeys.world import World

STK = "stk callback"


def receipts(world: World, phone: Phone) -> list[str]:
    """Receipts that stand under the phone's collections."""
    return [
        row.number
        for row in world.books.rows(
            "SELECT r.number FROM receipts r JOIN collections c ON c.id = r.collection_id WHERE c.payer = %(digits)s",
            digits=phone.digits,
        )
    ]


def state(world: World, phone: Phone) -> str:
    return str(world.books.collections(phone.digits)[-1].state)


def paid_receipt(world: World, phone: Phone) -> str:
    """The number under which M-PESA took the phone's money."""
    return str(next(row["receipt"] for row in world.statement() if row["msisdn"] == phone.digits))


def is_settled_once(world: World, phone: Phone, shillings: int = 50) -> None:
    world.comes_to_rest()
    world.books.is_bought_once(phone.digits, shillings)
    assert receipts(world, phone) == [paid_receipt(world, phone)]
    phone.code()
    assert len(phone.texts) == 1, phone.texts


def evidence(world: World, reason: str) -> int:
    return int(world.books.one("SELECT count(*) FROM evidence WHERE reason = %(reason)s", reason=reason))


def incidents(world: World, kind: str) -> int:
    return int(world.books.one("SELECT count(*) FROM incidents WHERE kind = %(kind)s", kind=kind))


@pytest.mark.parametrize("how", ["normal", "doubled", "tenfold", "out_of_order", "before_answer"])
@pytest.mark.parametrize("c2b", ["on", "off"])
def test_callback_counts_once_however_it_comes(world: World, how: str, c2b: str) -> None:
    world.faults(callback=how, c2b_after_stk=c2b)
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    if how == "out_of_order" and c2b == "off":  # the notice of failure was true news for a moment
        world.comes_to_rest()
        world.books.is_bought_once(asha.digits, 50)
        return
    is_settled_once(world, asha)


def test_dropped_callback_is_asked_for_and_the_receipt_joins_later(world: World) -> None:
    world.faults(callback="dropped", c2b="late")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    eventually("the prompt is noted", lambda: state(world, asha) == "prompted")
    world.advance("PT25S")
    asha.code()
    world.books.is_bought_once(asha.digits, 50)
    assert receipts(world, asha) == [], "the query names no receipt"
    world.release()
    is_settled_once(world, asha)


def test_late_callback_after_the_query_has_settled_is_its_receipt(world: World) -> None:
    world.faults(callback="late", c2b_after_stk="off")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    world.advance("PT25S")
    asha.code()
    world.release()
    is_settled_once(world, asha)


def test_payment_of_which_nobody_tells_is_found_in_the_providers_list_and_an_hour_late_callback_adds_nothing(
    world: World,
) -> None:
    world.faults(callback="late", c2b_after_stk="off", stk_query="pending_500", pull="behind")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    world.advance("PT30S", times=4)
    asha.text("We do not know yet if your Ksh 50 was paid")
    assert state(world, asha) == "unknown"
    world.books.has_nothing(asha.digits)
    world.faults(pull="normal")
    world.advance("PT5M", times=13)
    asha.code()
    world.release()
    world.comes_to_rest()
    world.books.is_bought_once(asha.digits, 50)
    assert receipts(world, asha) == [paid_receipt(world, asha)]


def test_wrong_token_is_no_page_and_moves_nothing(world: World) -> None:
    world.faults(callback="late", c2b_after_stk="off", stk_query="pending_500")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    held = world.call_about(STK, asha.digits)
    kept = evidence(world, "wrong token")
    with world.nothing_changes():
        answer = world.forge(f"/pay/{world.secret}/stk/{'0' * 32}", held["body"], source="127.0.0.1")
        assert answer["status"] == 404
        assert world.forge(f"/pay/{'1' * 32}/stk/{'0' * 32}", held["body"])["status"] == 404
    assert evidence(world, "wrong token") == kept + 1
    eventually("the prompt is noted", lambda: state(world, asha) == "prompted")
    world.release()
    is_settled_once(world, asha)


def test_right_token_with_another_requests_id_moves_nothing_and_is_an_incident(world: World) -> None:
    world.faults(callback="unknown_id", c2b_after_stk="off", stk_query="pending_500")
    asha = world.phone()
    known, seen = incidents(world, "callback_mixed_up"), evidence(world, "wrong request id")
    asha.buy(50)
    asha.answer_prompt()
    eventually("incident", lambda: incidents(world, "callback_mixed_up") == known + 1)
    assert evidence(world, "wrong request id") == seen + 1
    eventually("the prompt is noted", lambda: state(world, asha) == "prompted")
    world.books.has_nothing(asha.digits)
    world.faults(stk_query="normal")
    world.advance("PT25S")
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


def test_foreign_source_settles_only_when_the_provider_confirms(world: World) -> None:
    world.faults(
        callback="foreign_source", c2b_after_stk="off", stk_query="pending_500", transaction_status="dropped"
    )
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    eventually(
        "claim",
        lambda: world.books.rows("SELECT 1 FROM claims WHERE number = %(n)s", n=paid_receipt(world, asha)),
    )
    world.comes_to_rest()
    world.books.has_nothing(asha.digits)
    world.faults(transaction_status="normal")
    world.advance("PT2M")
    asha.code()
    world.books.is_bought_once(asha.digits, 50)
    assert receipts(world, asha) == [paid_receipt(world, asha)]


def test_made_up_success_is_refuted_and_the_person_may_still_say_no(world: World) -> None:
    world.faults(callback="forged")
    asha = world.phone()
    known = incidents(world, "claim_refuted")
    asha.buy(50)
    asha.prompt()
    eventually("refuted claim", lambda: incidents(world, "claim_refuted") == known + 1)
    world.books.has_nothing(asha.digits)
    asha.answer_prompt("cancel")
    asha.text("The payment of Ksh 50 was stopped")
    world.comes_to_rest()
    world.books.has_nothing(asha.digits)


def test_made_up_success_beside_a_true_payment_counts_once(world: World) -> None:
    world.faults(callback="forged")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    is_settled_once(world, asha)


def test_wrong_amount_is_served_only_once_the_received_amount_is_confirmed(world: World) -> None:
    world.faults(
        callback="wrong_amount", c2b_after_stk="off", stk_query="pending_500", transaction_status="dropped"
    )
    asha = world.phone()
    known = incidents(world, "claim_differs")
    asha.buy(50)
    asha.answer_prompt()
    world.call_about(STK, asha.digits)
    world.comes_to_rest()
    world.books.has_nothing(asha.digits)
    world.faults(transaction_status="normal")
    world.advance("PT2M")
    asha.code()
    world.books.is_bought_once(asha.digits, 50)
    assert incidents(world, "claim_differs") == known + 1, "100 were claimed, 50 received"
    assert receipts(world, asha) == [paid_receipt(world, asha)]


@pytest.mark.parametrize("fault", ["500", "spike", "html", "token_expired", "accepted_no_answer", "slow"])
def test_a_gateway_in_trouble_costs_nobody_money(world: World, fault: str) -> None:
    """Whatever the push does, what M-PESA takes is served, and what it does not take is not."""
    world.faults(stk_push=fault, slow_seconds=1, prompt_seconds=300)
    asha = world.phone()
    asha.buy(50)
    if fault in ("500", "spike", "html"):
        eventually("attempt", lambda: world.books.collections(asha.digits)[-1].asked_at)
        world.faults(stk_push="normal")
        world.comes_to_rest()
        world.books.has_nothing(asha.digits)
        if fault == "spike":  # refused outright: asked again, once
            world.advance("PT1M")
            asha.answer_prompt()
            asha.code()
            world.books.is_bought_once(asha.digits, 50)
        assert len(asha.prompts) <= 1
        return
    asha.answer_prompt()
    asha.code(within=30)
    world.books.is_bought_once(asha.digits, 50)
    assert len(asha.prompts) == 1
