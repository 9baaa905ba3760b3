"""Nonsense at every door: a fitting answer, one line in the log, nothing changed, no traceback."""

import pytest

from tests.journeys.test_at_doors import key_press
from tests.journeys.world import World

DEEP = "[" * 5_000
LONG = "7" * 7_000
DOORS = (
    "/pay/{}/c2b/confirmation",
    "/pay/{}/c2b/validation",
    "/pay/{}/result",
    "/pay/{}/timeout",
    "/pay/{}/stk/0",
    "/ussd/africastalking/{}",
    "/ussd/africastalking/ended/{}",
    "/sms/africastalking/delivery/{}",
    "/sms/africastalking/optout/{}",
)


def web_lines(world: World) -> int:
    return len((world.demo.home / "log" / "web.log").read_text().splitlines())


@pytest.mark.parametrize(
    "phone", ["", "abc", "254", "15551234567", "254711'; DROP TABLE x--", "2547119999999999", "\0"]
)
def test_malformed_phone_gets_a_polite_end(world: World, phone: str) -> None:
    with world.nothing_changes():
        before = web_lines(world)
        answer = world.web.post(f"/ussd/africastalking/{world.secret}", data=key_press(phone, "ATUid_bad_1"))
        assert answer.status_code == 200
        assert answer.text.startswith("END ")
        assert web_lines(world) == before + 1


@pytest.mark.parametrize(
    "text",
    ["***", "*" * 500, "\N{PILE OF POO}", "\0", "1\r\n2", "' OR 1=1 --", "{0.__class__}", "9" * 200, LONG],
)
def test_odd_text_gets_a_screen_or_a_polite_end(world: World, text: str) -> None:
    with world.nothing_changes():
        form = key_press("254711900911", f"ATUid_{abs(hash(text)):x}")
        for typed in ("", text):
            answer = world.web.post(f"/ussd/africastalking/{world.secret}", data={**form, "text": typed})
            assert answer.status_code == 200
            assert answer.text[:4] in ("CON ", "END ")
            assert len(answer.text) <= 182


def test_unknown_service_code_is_told_ours(world: World) -> None:
    with world.nothing_changes():
        form = {**key_press("254711900912", "ATUid_bad_2"), "serviceCode": "*999#"}
        answer = world.web.post(f"/ussd/africastalking/{world.secret}", data=form)
        assert answer.text.startswith("END ")
        assert "*384*123#" in answer.text


@pytest.mark.parametrize("missing", ["sessionId", "phoneNumber", "serviceCode"])
def test_missing_field_gets_a_polite_end(world: World, missing: str) -> None:
    form = key_press("254711900913", "ATUid_bad_3")
    del form[missing]
    with world.nothing_changes():
        answer = world.web.post(f"/ussd/africastalking/{world.secret}", data=form)
        assert (answer.status_code, answer.text[:4]) == (200, "END ")


@pytest.mark.parametrize("door", ["c2b/confirmation", "result"])
@pytest.mark.parametrize(
    "body",
    ["", "not JSON", "[]", "null", '"text"', DEEP, '{"Body": 1}', "{}", "\0\xff", '{"TransAmount": NaN}'],
)
def test_payment_doors_refuse_what_is_not_daraja(world: World, door: str, body: str) -> None:
    with world.nothing_changes():
        before = web_lines(world)
        answer = world.web.post(f"/pay/{world.secret}/{door}", content=body.encode("latin-1"))
        assert answer.status_code in (400, 404), answer.text
        assert "Traceback" not in answer.text
        assert web_lines(world) == before + 1


@pytest.mark.parametrize("path", DOORS)
def test_too_large_and_the_wrong_method_are_refused_at_every_door(world: World, path: str) -> None:
    with world.nothing_changes():
        before = web_lines(world)
        door = path.format(world.secret)
        assert world.web.post(door, content=b"x" * 9_000).status_code == 413
        assert web_lines(world) == before + 1
        assert world.web.get(door).status_code == 405
        assert world.web.delete(door).status_code == 405


def test_validation_of_nonsense_refuses_the_payment(world: World) -> None:
    with world.nothing_changes():
        for body in ("not JSON", "{}", DEEP):
            answer = world.web.post(f"/pay/{world.secret}/c2b/validation", content=body)
            assert answer.status_code == 200
            assert answer.json()["ResultCode"] != "0"


@pytest.mark.parametrize("path", ["/", "/.env", "/pay", "/docs", "/openapi.json", "/trial/journey/abc"])
def test_no_page_where_there_is_none(world: World, path: str) -> None:
    assert world.web.get(path).status_code == 404
