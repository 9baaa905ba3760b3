"""Who knows the secret of the payment doors, but is not Safaricom, makes no money (T6)."""

from typing import Any

from tests.journeys.demo import eventually
from tests.journeys.phone import Phone
from tests.journeys.world import World

CONFIRMATION = "c2b confirmation"


def person(world: World) -> tuple[Phone, str]:
    """A phone and its account number."""
    found = world.phone()
    found.talk("0")
    found.hang_up()
    return found, world.books.account_no(found.digits)


def claim(world: World, receipt: str) -> Any:
    found = world.books.rows("SELECT * FROM claims WHERE number = %(n)s ORDER BY id DESC LIMIT 1", n=receipt)
    return found[0] if found else None


def claimed(world: World, receipt: str, state: str) -> Any:
    return eventually(
        f"{state} claim",
        lambda: (found := claim(world, receipt)) is not None and found.state == state and found,
    )


def test_made_up_confirmation_is_refuted_and_credits_nobody(world: World) -> None:
    juma, account = person(world)
    world.faults(c2b="late")
    amina, _ = person(world)
    amina.pay_bill(100, amina.number)
    true = world.call_about(CONFIRMATION, amina.number)["body"]
    forged = {**true, "TransID": "UKM9FORGED", "TransAmount": "9000.00", "BillRefNumber": account}
    assert world.forge(f"/pay/{world.secret}/c2b/confirmation", forged)["status"] == 200
    claimed(world, "UKM9FORGED", "refuted")
    assert world.books.own_money(juma.digits) == 0
    assert world.books.payments(juma.digits) == []
    assert world.books.rows("SELECT 1 FROM incidents WHERE kind = 'claim_refuted'")


def test_true_confirmation_from_a_foreign_address_waits_for_the_providers_word(world: World) -> None:
    juma, account = person(world)
    world.faults(c2b="dropped", transaction_status="dropped")
    receipt = juma.pay_bill(300, account)["receipt"]
    body = world.call_about(CONFIRMATION, receipt)["body"]
    world.forge(f"/pay/{world.secret}/c2b/confirmation", body)
    claimed(world, receipt, "waiting")
    world.comes_to_rest()
    assert world.books.own_money(juma.digits) == 0, "unconfirmed money is no credit"
    world.faults(transaction_status="normal")
    world.advance("PT2M")
    claimed(world, receipt, "confirmed")
    assert world.books.own_money(juma.digits) == 30_000
    juma.text("Received Ksh 300", "balance Ksh 300")


def test_same_receipt_with_another_amount_first_forged_then_true(world: World) -> None:
    juma, account = person(world)
    world.faults(c2b="late")
    receipt = juma.pay_bill(300, account)["receipt"]
    body = world.call_about(CONFIRMATION, receipt)["body"]
    world.forge(f"/pay/{world.secret}/c2b/confirmation", {**body, "TransAmount": "5000.00"})
    lied = claimed(world, receipt, "confirmed")
    world.release()
    world.comes_to_rest()
    assert world.books.payments(juma.digits) == [30_000], "what M-PESA moved, once"
    assert world.books.rows("SELECT 1 FROM incidents WHERE key = %(key)s", key=f"claim:{lied.id}")


def test_known_receipt_told_again_with_another_amount_is_an_incident_and_no_money(world: World) -> None:
    juma, account = person(world)
    receipt = juma.pay_bill(300, account)["receipt"]
    eventually("credit", lambda: world.books.own_money(juma.digits) == 30_000)
    body = world.call_about(CONFIRMATION, receipt)["body"]
    world.forge(
        f"/pay/{world.secret}/c2b/confirmation", {**body, "TransAmount": "900.00"}, source="127.0.0.1"
    )
    eventually(
        "incident",
        lambda: world.books.rows(
            "SELECT 1 FROM incidents WHERE kind = 'receipt_differs' AND key LIKE %(key)s", key=f"%{receipt}%"
        ),
    )
    assert world.books.own_money(juma.digits) == 30_000


def test_forged_result_confirms_no_claim(world: World) -> None:
    juma, account = person(world)
    world.faults(c2b="dropped", transaction_status="dropped")
    receipt = juma.pay_bill(300, account)["receipt"]
    body = world.call_about(CONFIRMATION, receipt)["body"]
    world.forge(f"/pay/{world.secret}/c2b/confirmation", body)
    waiting = eventually(
        "question", lambda: (found := claim(world, receipt)) and found.conversation and found
    )
    asked = next(call for call in reversed(world.calls()) if waiting.conversation in str(call["body"]))
    world.forge(f"/pay/{world.secret}/result", asked["body"])
    world.comes_to_rest()
    assert claim(world, receipt).state == "waiting"
    assert world.books.own_money(juma.digits) == 0
    world.faults(transaction_status="normal")
    world.advance("PT2M")
    claimed(world, receipt, "confirmed")


def test_another_shortcodes_payment_is_not_ours(world: World) -> None:
    juma, account = person(world)
    receipt = juma.pay_bill(300, account)["receipt"]
    eventually("credit", lambda: world.books.own_money(juma.digits) == 30_000)
    body = world.call_about(CONFIRMATION, receipt)["body"]
    with world.nothing_changes():
        stranger = {**body, "BusinessShortCode": "999999", "TransID": "UKM0OTHERS"}
        answer = world.forge(f"/pay/{world.secret}/c2b/confirmation", stranger, source="127.0.0.1")
        assert answer["status"] == 404


def test_wrong_secret_is_no_page_at_any_payment_door(world: World) -> None:
    with world.nothing_changes():
        for door in ("stk/0", "c2b/validation", "c2b/confirmation", "result", "timeout"):
            assert world.forge(f"/pay/{'0' * 32}/{door}", {"any": "thing"})["status"] == 404
