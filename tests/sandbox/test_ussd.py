"""USSD sessions as the gateway plays them."""

import re
from typing import Any

import pytest


@pytest.fixture
def menu(trial: Any, product: Any) -> Any:
    """A product that repeats what it heard and ends when it hears a 0."""

    def answer(form: Any) -> tuple[int, str]:
        return 200, f"{'END' if form['text'].endswith('0') else 'CON'} heard {form['text']}"

    product.answers[door(trial)] = answer
    return answer


def door(trial: Any) -> str:
    return f"/ussd/africastalking/{trial.world.door_secret}"


def ended(trial: Any, product: Any) -> Any:
    (call,) = product.wait(f"/ussd/africastalking/ended/{trial.world.door_secret}")
    return call.body


def dial(trial: Any, msisdn: str, code: str = "*384*123#") -> Any:
    return trial.post(f"/phones/{msisdn}/dial", {"code": code})


def test_text_grows_and_the_end_is_told(trial: Any, product: Any, menu: Any) -> None:
    caller = trial.number()
    first = dial(trial, caller)
    assert re.fullmatch(r"ATUid_[0-9a-f]{32}", first["session"])
    assert (first["screen"], first["open"], first["warnings"]) == ("heard ", True, [])
    for typed, heard in (("1", "1"), ("Asha Ali", "1*Asha Ali"), ("", "1*Asha Ali*"), ("0", "1*Asha Ali**0")):
        screen = trial.post(f"/phones/{caller}/ussd/{first['session']}", {"input": typed})
        assert screen["screen"] == f"heard {heard}"
    assert screen["open"] is False
    assert product.at(door(trial))[0].body == {
        "sessionId": first["session"], "phoneNumber": f"+{caller}", "networkCode": "63902",
        "serviceCode": "*384*123#", "text": "",
    }  # fmt: skip
    told = ended(trial, product)
    assert (told["status"], told["hopsCount"], told["input"]) == ("Success", "5", "1*Asha Ali**0")
    assert told["lastAppResponse"] == "END heard 1*Asha Ali**0"
    assert set(told) == {
        "date", "sessionId", "serviceCode", "networkCode", "phoneNumber", "status", "cost",
        "durationInMillis",
        "hopsCount", "hopsMetadata", "input", "lastAppResponse",
    }  # fmt: skip
    trial.post(f"/phones/{caller}/ussd/{first['session']}", {"input": "1"}, status=409)


def test_hanging_up_is_incomplete(trial: Any, product: Any, menu: Any) -> None:
    caller = trial.number()
    session = dial(trial, caller)["session"]
    assert trial.post(f"/phones/{caller}/ussd/{session}/drop")["open"] is False
    assert ended(trial, product)["status"] == "Incomplete"
    trial.post(f"/phones/{caller}/ussd/{session}", {"input": "1"}, status=409)
    trial.post(f"/phones/{caller}/ussd/{session}/drop", status=409)


def test_dialling_again_ends_the_old_session(trial: Any, product: Any, menu: Any) -> None:
    caller = trial.number()
    first, second = dial(trial, caller)["session"], dial(trial, caller)["session"]
    assert first != second
    assert (ended(trial, product)["sessionId"], ended(trial, product)["status"]) == (first, "Incomplete")


def test_dial_through_in_both_forms(trial: Any, product: Any, menu: Any) -> None:
    caller = trial.number()
    dial(trial, caller, "*384*123*1*2#")
    trial.faults(ussd_dial_through="service_code")
    dial(trial, caller, "*384*123*1*2#")
    forms = [(call.body["serviceCode"], call.body["text"]) for call in product.at(door(trial))]
    assert forms == [("*384*123#", "1*2"), ("*384*123*1*2#", "")]


def test_another_code_is_the_operators_affair(trial: Any, product: Any) -> None:
    screen = dial(trial, trial.number(), "*144#")
    assert (screen["session"], screen["open"]) == ("", False)
    assert product.at(door(trial)) == []


@pytest.mark.parametrize(
    "answer", [(200, "Hello"), (200, ""), (200, "\nCON Menu"), (500, "CON Menu"), (200, "con Menu")]
)
def test_a_bad_answer_shows_the_operators_error(trial: Any, product: Any, answer: tuple[int, str]) -> None:
    product.answers[door(trial)] = lambda _: answer
    screen = dial(trial, trial.number())
    assert screen["open"] is False
    assert "MMI" in screen["screen"]
    told = ended(trial, product)
    assert (told["status"], told["lastAppResponse"]) == ("Failed", answer[1])
    assert told["errorMessage"] in screen["warnings"]


def test_a_product_that_is_away(fresh_trial: Any) -> None:
    trial = fresh_trial(web="http://127.0.0.1:1")
    screen = dial(trial, trial.number())
    assert screen["open"] is False
    assert "did not answer" in screen["warnings"][0]


@pytest.mark.parametrize(
    ("answer", "warning"),
    [
        ("CON " + "a" * 156, None),
        ("CON " + "a" * 157, "161 signs"),
        ("CON " + "[" * 79, "162 signs"),
        ("END Pesa imeingia 🎉", "outside GSM-7: 🎉"),
    ],
)
def test_spoiled_screens_are_flagged(trial: Any, product: Any, answer: str, warning: str | None) -> None:
    product.answers[door(trial)] = lambda _: (200, answer)
    screen = dial(trial, trial.number())
    assert screen["screen"] == answer[4:]
    assert bool(screen["warnings"]) == (warning is not None)
    assert (warning or "") in "; ".join(screen["warnings"])


def test_a_session_left_alone_is_over(fresh_trial: Any, product: Any, menu: Any) -> None:
    trial = fresh_trial()
    product.answers["/trial/idle"] = lambda _: (404, "")
    caller = trial.number()
    session = dial(trial, caller)["session"]
    trial.post("/clock", {"advance": "PT181S"})
    trial.post(f"/phones/{caller}/ussd/{session}", {"input": "1"}, status=409)
    assert ended(trial, product)["status"] == "Incomplete"


def test_the_network_of_the_caller(trial: Any, product: Any, menu: Any) -> None:
    caller = trial.number()
    trial.post(f"/phones/{caller}", {"network_code": "63903"})
    dial(trial, caller)
    assert product.at(door(trial))[0].body["networkCode"] == "63903"
