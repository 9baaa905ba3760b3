"""Africa's Talking SMS, by the provider's own client library and by hand."""

import re
from typing import Any

import africastalking
import httpx
import pytest

pytestmark = pytest.mark.filterwarnings("ignore:Sandbox is currently not available")


@pytest.fixture
def library(trial: Any) -> Any:
    """The official client, pointed at the sandbox."""
    africastalking.initialize("sandbox", "atkey")
    client = africastalking.SMS
    client._baseUrl = client._contentUrl = f"{trial.url}/version1"
    return client


def send(trial: Any, to: str, message: str = "Karibu", **changes: Any) -> httpx.Response:
    form = {"username": "sandbox", "to": to, "message": message, "from": "PWANINET"} | changes
    answer: httpx.Response = trial.http.post("/version1/messaging", data=form, headers={"apiKey": "atkey"})
    return answer


def recipients(answer: httpx.Response) -> Any:
    assert answer.status_code == 201, answer.text
    return answer.json()["SMSMessageData"]["Recipients"]


def report_path(trial: Any) -> str:
    return f"/sms/africastalking/delivery/{trial.world.door_secret}"


def test_the_official_client_sends_and_the_phone_receives(trial: Any, product: Any, library: Any) -> None:
    to = trial.number()
    answer = library.send("Umelipa KES 50. Asante.", [f"+{to}"], sender_id="PWANINET", enqueue=True)
    (recipient,) = answer["SMSMessageData"]["Recipients"]
    assert (recipient["statusCode"], recipient["status"], recipient["cost"]) == (102, "Success", "KES 0.8000")
    assert re.fullmatch(r"ATXid_[0-9a-f]{32}", recipient["messageId"])
    (text,) = trial.phone(to)["texts"]
    assert (text["from"], text["text"]) == ("PWANINET", "Umelipa KES 50. Asante.")
    (report,) = product.wait(report_path(trial))
    assert report.body == {
        "id": recipient["messageId"], "status": "Success", "phoneNumber": f"+{to}", "networkCode": "63902",
    }  # fmt: skip
    assert report.headers["content-type"].startswith("application/x-www-form-urlencoded")


def test_the_official_client_is_refused_with_a_wrong_key(trial: Any) -> None:
    africastalking.initialize("sandbox", "wrong")
    client = africastalking.SMS
    client._baseUrl = f"{trial.url}/version1"
    with pytest.raises(
        africastalking.Service.AfricasTalkingException, match="supplied authentication is invalid"
    ):
        client.send("Karibu", [f"+{trial.number()}"])


def test_the_content_type_is_bare(trial: Any) -> None:
    assert send(trial, f"+{trial.number()}").headers["content-type"] == "application/json"
    wrong = trial.http.post("/version1/messaging", data={"username": "x"}, headers={"apiKey": "atkey"})
    assert (wrong.status_code, wrong.headers["content-type"].split(";")[0]) == (401, "text/plain")


def test_the_newer_door_takes_json(trial: Any) -> None:
    first, second = trial.number(), trial.number()
    body = {
        "username": "sandbox", "message": "Habari", "senderId": "PWANINET",
        "phoneNumbers": [f"+{first}", f"+{second}", "+15551234567", first], "enqueue": 1,
    }  # fmt: skip
    answer = trial.http.post("/version1/messaging/bulk", json=body, headers={"apiKey": "atkey"})
    assert [row["statusCode"] for row in recipients(answer)] == [102, 102, 403, 403]
    assert recipients(answer)[2]["messageId"] == "None"
    assert [trial.phone(number)["texts"][0]["text"] for number in (first, second)] == ["Habari", "Habari"]


@pytest.mark.parametrize(
    ("message", "cost"),
    [
        ("a" * 160, "0.8000"),
        ("a" * 161, "1.6000"),
        ("€" * 81, "1.6000"),
        ("ŝ" * 70, "0.8000"),
        ("ŝ" * 71, "1.6000"),
    ],
)
def test_parts_are_billed(trial: Any, message: str, cost: str) -> None:
    assert recipients(send(trial, f"+{trial.number()}", message))[0]["cost"] == f"KES {cost}"


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ("refused", 502, "RejectedByGateway"),
        ("no_balance", 405, "InsufficientBalance"),
        ("blacklisted", 406, "UserInBlacklist"),
    ],
)
def test_refusals(trial: Any, fault: str, code: int, status: str) -> None:
    trial.faults(sms=fault)
    to = trial.number()
    (row,) = recipients(send(trial, f"+{to}"))
    assert (row["statusCode"], row["status"], row["messageId"], row["cost"]) == (code, status, "None", "0")
    assert trial.phone(to)["texts"] == []


def test_an_unknown_sender_is_no_recipient(trial: Any) -> None:
    unknown = send(trial, f"+{trial.number()}", **{"from": "SOMEBODY"})
    trial.faults(sms="invalid_sender")
    forced = send(trial, f"+{trial.number()}")
    for answer in (unknown, forced):
        assert answer.status_code == 201
        assert answer.json() == {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}


def test_error_slow_and_lost(trial: Any, product: Any) -> None:
    to = trial.number()
    trial.faults(sms="500")
    assert send(trial, f"+{to}").status_code == 500
    assert trial.phone(to)["texts"] == []
    trial.faults(sms="lost")
    assert recipients(send(trial, f"+{to}"))[0]["statusCode"] == 102
    assert trial.phone(to)["texts"] == []
    trial.faults(sms="slow", slow_seconds=0.5)
    with pytest.raises(httpx.ReadTimeout):
        trial.http.post(
            "/version1/messaging",
            data={"username": "sandbox", "to": f"+{to}", "message": "pole pole", "from": "PWANINET"},
            headers={"apiKey": "atkey"},
            timeout=0.1,
        )
    assert [text["text"] for text in trial.phone(to)["texts"]] == ["pole pole"]


def test_report_faults(trial: Any, product: Any) -> None:
    sent = {}
    for fault in ("dropped", "late", "failed"):
        trial.faults(sms_report=fault)
        to = trial.number()
        sent[fault] = (to, recipients(send(trial, f"+{to}"))[0]["messageId"])
    (failed,) = product.wait(report_path(trial))
    assert (failed.body["id"], failed.body["status"]) == (sent["failed"][1], "Failed")
    assert failed.body["failureReason"] == "DeliveryFailure"
    assert trial.phone(sent["failed"][0])["texts"] == []
    trial.post("/callbacks/release")
    assert [call.body["id"] for call in product.at(report_path(trial))] == [
        sent["failed"][1],
        sent["late"][1],
    ]
    assert len(trial.phone(sent["late"][0])["texts"]) == 1


def test_opting_out(trial: Any, product: Any) -> None:
    to = trial.number()
    assert trial.post(f"/phones/{to}/optout") == {"status": 200, "error": ""}
    (told,) = product.at(f"/sms/africastalking/optout/{trial.world.door_secret}")
    assert told.body == {"senderId": "PWANINET", "phoneNumber": f"+{to}"}
    assert recipients(send(trial, f"+{to}"))[0]["statusCode"] == 406


def test_inbound_and_fetch(trial: Any, product: Any) -> None:
    sender = trial.number()
    before = trial.http.get(
        "/version1/messaging", params={"username": "sandbox"}, headers={"apiKey": "atkey"}
    ).json()["SMSMessageData"]["Messages"]
    assert trial.post(f"/phones/{sender}/sms", {"to": "22384", "text": "BAL + 1"})["status"] == 200
    (told,) = product.at(f"/sms/africastalking/{trial.world.door_secret}")
    assert (told.body["from"], told.body["to"], told.body["text"]) == (f"+{sender}", "22384", "BAL + 1")
    assert set(told.body) == {"date", "from", "id", "linkId", "text", "to", "cost", "networkCode"}
    last = before[-1]["id"] if before else 0
    (fetched,) = trial.http.get(
        "/version1/messaging",
        params={"username": "sandbox", "lastReceivedId": last},
        headers={"apiKey": "atkey"},
    ).json()["SMSMessageData"]["Messages"]
    assert (fetched["id"], fetched["text"], fetched["from"]) == (last + 1, "BAL + 1", f"+{sender}")


def test_inbound_is_tried_again_each_minute_until_200(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    path = f"/sms/africastalking/{trial.world.door_secret}"
    product.answers |= {path: lambda _: (404, ""), "/trial/idle": lambda _: (404, "")}
    assert trial.post(f"/phones/{trial.number()}/sms", {"to": "22384", "text": "STOP"})["status"] == 404
    product.answers[path] = lambda _: (200, "")
    trial.post("/clock", {"advance": "PT1M"})
    first, second = product.wait(path, 2)
    assert first.body == second.body


def test_balance_falls(trial: Any) -> None:
    def balance() -> float:
        answer = trial.http.get("/version1/user", params={"username": "sandbox"}, headers={"apiKey": "atkey"})
        return float(answer.json()["UserData"]["balance"].removeprefix("KES "))

    before = balance()
    send(trial, f"+{trial.number()}")
    assert round(before - balance(), 2) == 0.8


def test_one_call_for_many_has_a_row_for_each(trial: Any, product: Any) -> None:
    first, second, silent = trial.number(), trial.number(), trial.number()
    trial.post(f"/phones/{silent}/optout")
    trial.forget()
    answer = send(trial, f"+{first}, +{second},+{silent},+4412345,,{first}", "a" * 161)
    told = answer.json()["SMSMessageData"]
    assert told["Message"] == "Sent to 2/5 Total Cost: KES 3.2000 Message parts: 2"
    rows = [(row["number"], row["statusCode"], row["cost"]) for row in told["Recipients"]]
    assert rows == [
        (f"+{first}", 102, "KES 1.6000"), (f"+{second}", 102, "KES 1.6000"), (f"+{silent}", 406, "0"),
        ("+4412345", 403, "0"), (first, 403, "0"),
    ]  # fmt: skip
    accepted = {row["messageId"] for row in told["Recipients"] if row["statusCode"] == 102}
    reports = product.wait(report_path(trial), 2)
    assert {(call.body["id"], call.body["status"]) for call in reports} == {
        (id_, "Success") for id_ in accepted
    }
    assert len(accepted) == 2


def test_an_answer_comes_from_the_short_code(trial: Any) -> None:
    sender, code = trial.number(), trial.world.africastalking.short_code
    (row,) = recipients(send(trial, f"+{sender}", **{"from": code}))
    assert row["statusCode"] == 102
    assert trial.phone(sender)["texts"][0]["from"] == code


def test_inbound_faults(trial: Any, product: Any) -> None:
    sender, path = trial.number(), f"/sms/africastalking/{trial.world.door_secret}"

    def said(text: str) -> Any:
        return trial.post(f"/phones/{sender}/sms", {"to": "22384", "text": text})

    trial.faults(sms_inbound="doubled")
    assert said("MENU")["status"] == 200
    assert len({call.body["id"] for call in product.wait(path, 2)}) == 1
    trial.faults(sms_inbound="shuffled")
    said("first")
    said("second")
    assert [call.body["text"] for call in product.wait(path, 4)][2:] == ["second", "first"]
    trial.faults(sms_inbound="late")
    assert said("held") == {"status": None, "error": ""}
    assert len(product.at(path)) == 4
    trial.post("/callbacks/release")
    assert product.at(path)[-1].body["text"] == "held"
