"""Africa's Talking signs nothing: who knows no secret finds no door, and who knows it moves little (T1)."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.journeys.demo import eventually
from tests.journeys.phone import Phone
from tests.journeys.world import World

DOORS = (
    "/ussd/africastalking/{}",
    "/ussd/africastalking/ended/{}",
    "/sms/africastalking/delivery/{}",
    "/sms/africastalking/optout/{}",
)
ROTATED_OUT = secrets.token_hex(16)
FLOOD = 300


def key_press(phone: str, session: str, text: str = "") -> dict[str, Any]:
    return {
        "sessionId": session,
        "phoneNumber": f"+{phone}",
        "networkCode": "63902",
        "serviceCode": "*384*123#",
        "text": text,
    }


def form_for(door: str, phone: str) -> dict[str, Any]:
    if "ussd" in door:
        return key_press(phone, f"ATUid_{secrets.token_hex(16)}", "1")
    return {"id": "ATXid_1", "status": "Success", "phoneNumber": f"+{phone}", "senderId": "PWANINET"}


def voucher_notice(world: World, phone: Phone) -> Any:
    return world.books.rows(
        "SELECT n.state, t.carrier_message_id FROM notices n JOIN notice_tries t ON t.notice_id = n.id "
        "WHERE n.address = %(digits)s AND n.template = 'voucher'",
        digits=phone.digits,
    )[0]


@pytest.mark.parametrize("door", DOORS)
def test_wrong_and_rotated_out_secrets_find_no_door_and_leave_no_row(world: World, door: str) -> None:
    evidence = world.books.one("SELECT count(*) FROM evidence")
    newest, older = world.demo.door_secrets
    wrong = ["0" * 32, ROTATED_OUT, newest[:-1], newest.upper() + "0", f"{newest}{older}", "%20", "ended/x"]
    with world.nothing_changes():
        for secret in wrong:
            answer = world.forge(door.format(secret), form_for(door, "254711900900"), form=True)
            assert answer["status"] == 404, (secret, answer)
            assert newest not in answer["answer"]
    assert world.books.one("SELECT count(*) FROM evidence") == evidence


@pytest.mark.parametrize("door", DOORS)
def test_the_newest_and_the_older_secret_both_open(world: World, door: str) -> None:
    for secret in world.demo.door_secrets:
        assert world.forge(door.format(secret), form_for(door, "254711900901"), form=True)["status"] == 200


def test_a_session_of_another_number_is_touched_by_nobody_else(world: World) -> None:
    asha = world.phone()
    asha.talk("2", "3")
    spoken = world.calls("ussd")[-1]["body"]
    with world.nothing_changes():
        for text in ("", "1", spoken["text"], f"{spoken['text']}*1"):
            answer = world.forge(
                f"/ussd/africastalking/{world.secret}",
                key_press("254711900902", spoken["sessionId"], text),
                form=True,
            )
            assert answer["answer"].startswith("END "), answer
            assert "Ksh" not in answer["answer"]
    asha.press("1")
    assert "M-PESA will ask for your PIN" in asha.screen, "her own talk goes on"
    asha.answer_prompt()
    asha.code()
    world.books.is_bought_once(asha.digits, 50)


def test_forged_report_moves_only_the_notice_that_it_names_with_its_number(world: World) -> None:
    world.faults(sms_report="dropped")
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    notice = eventually("sent text", lambda: (found := voucher_notice(world, asha)).state == "sent" and found)
    door = f"/sms/africastalking/delivery/{world.secret}"
    for number, message in (("254711900903", notice.carrier_message_id), (asha.digits, "ATXid_unknown")):
        body = {
            "id": message,
            "status": "Failed",
            "phoneNumber": f"+{number}",
            "failureReason": "UserInBlacklist",
        }
        assert world.forge(door, body, form=True)["status"] == 200
        world.comes_to_rest()
        assert voucher_notice(world, asha).state == "sent"
    body = {"id": notice.carrier_message_id, "status": "Success", "phoneNumber": f"+{asha.digits}"}
    world.forge(door, body, form=True)
    world.comes_to_rest()
    (voucher,) = world.books.vouchers(asha.digits)
    assert (voucher.state, voucher.seen_at) == ("sold", None), "a report proves no arrival of a voucher"


def test_forged_opt_out_stops_no_voucher(world: World) -> None:
    asha = world.phone()
    asha.talk("0")
    asha.hang_up()
    world.forge(
        f"/sms/africastalking/optout/{world.secret}",
        {"senderId": "PWANINET", "phoneNumber": f"+{asha.digits}"},
        form=True,
    )
    asha.buy(50)
    asha.answer_prompt()
    asha.code()


def test_a_flood_of_forged_sessions_holds_up_no_callback_and_makes_no_subscriber(world: World) -> None:
    asha = world.phone()
    asha.buy(50)
    asha.prompt()
    before = world.books.counts()

    def forge(number: int) -> str:
        form = key_press(f"2547119{number:05d}", f"ATUid_{secrets.token_hex(16)}")
        return world.web.post(f"/ussd/africastalking/{world.secret}", data=form).text

    with ThreadPoolExecutor(6) as forgers:
        flood = [forgers.submit(forge, number) for number in range(FLOOD)]
        asha.answer_prompt()
        eventually("settled payment", lambda: world.books.payments(asha.digits) == [5_000], within=10)
        answers = [answer.result() for answer in flood]
    assert {answer[:4] for answer in answers} <= {"CON ", "END "}
    asha.code()
    world.comes_to_rest()
    after = world.books.counts()
    assert (after["subscribers"], after["purchases"]) == (before["subscribers"], before["purchases"])


def test_one_number_that_dials_on_and_on_is_asked_to_wait(world: World) -> None:
    def dial() -> str:
        form = key_press("254711900905", f"ATUid_{secrets.token_hex(16)}")
        return world.web.post(f"/ussd/africastalking/{world.secret}", data=form).text

    answers = [dial() for _ in range(40)]
    assert answers[0].startswith("CON ")
    assert answers[-1].startswith("END ")
    assert sum(answer.startswith("CON ") for answer in answers) <= 30
    other = world.phone()
    assert "Pwani Net" in other.dial(), "nobody else waits"
