"""M-Pesa Express: prompts and how they end, the money, the query."""

import re
from typing import Any

import pytest


def test_pin_moves_the_money_once_and_tells_everybody(trial: Any, product: Any) -> None:
    trial.register()
    payer = trial.number()
    answer = trial.push(payer, 1500).json()
    assert answer["ResponseCode"] == "0"
    assert re.fullmatch(r"ws_CO_\d{14}\d{3}7\d{8}", answer["CheckoutRequestID"])
    prompt = trial.prompt(payer)
    assert (prompt["amount"], prompt["business"], prompt["account"]) == (1500, "PWANINET", "100001")

    assert trial.touch(payer, "pin")["state"] == "paid"

    (callback,) = trial.told(payer)
    assert callback["ResultCode"] == 0
    assert callback["CheckoutRequestID"] == answer["CheckoutRequestID"]
    told = trial.metadata(callback)
    assert told["Amount"] == 1500.0
    assert isinstance(told["PhoneNumber"], int)
    assert isinstance(told["TransactionDate"], int)
    assert {"Name": "Balance"} in callback["CallbackMetadata"]["Item"]
    assert re.fullmatch(r"[A-Z][A-L][1-9A-V][A-Z0-9]{7}", told["MpesaReceiptNumber"])
    (call,) = product.at(f"/pay/{payer}")
    assert call.headers["businessshortcode"] == "174379"
    assert call.headers["content-type"] == "application/json;charset=UTF-8"
    assert call.source == "127.0.0.1"
    (confirmation,) = product.wait("/c2b/confirmation")
    assert confirmation.body["TransID"] == told["MpesaReceiptNumber"]
    assert confirmation.body["BillRefNumber"] == "100001"
    assert product.received.index(call) < product.received.index(confirmation)
    assert product.at("/c2b/validation") == []

    phone = trial.phone(payer)
    assert phone["wallet"] == 3500
    assert [text["from"] for text in phone["texts"]] == ["MPESA"]
    (movement,) = trial.movements(payer)
    assert (movement["receipt"], movement["amount"]) == (told["MpesaReceiptNumber"], 1500)
    assert trial.query(answer["CheckoutRequestID"]).json()["ResultCode"] == "0"


@pytest.mark.parametrize(
    ("action", "code", "state"),
    [("wrong_pin", 2001, "failed"), ("cancel", 1032, "cancelled"), ("ignore", 1037, "expired")],
)
def test_other_endings_move_nothing(trial: Any, action: str, code: int, state: str) -> None:
    payer = trial.number()
    id_ = trial.push(payer).json()["CheckoutRequestID"]
    assert trial.touch(payer, action)["state"] == state
    (callback,) = trial.told(payer)
    assert callback["ResultCode"] == code
    assert "CallbackMetadata" not in callback
    asked = trial.query(id_).json()
    assert asked["ResultCode"] == str(code)
    assert trial.phone(payer)["wallet"] == 5000
    assert trial.movements(payer) == []


def test_the_same_failure_reads_differently_when_asked(trial: Any) -> None:
    payer = trial.number()
    id_ = trial.push(payer).json()["CheckoutRequestID"]
    trial.touch(payer, "ignore")
    assert trial.told(payer)[0]["ResultDesc"] != trial.query(id_).json()["ResultDesc"]


def test_a_prompt_is_answered_once(trial: Any) -> None:
    payer = trial.number()
    trial.push(payer)
    prompt = trial.prompt(payer)["id"]
    trial.post(f"/phones/{payer}/prompts/{prompt}", {"action": "cancel"})
    trial.post(f"/phones/{payer}/prompts/{prompt}", {"action": "pin"}, status=409)
    trial.post(f"/phones/{trial.number()}/prompts/{prompt}", {"action": "pin"}, status=409)
    assert trial.movements(payer) == []


def test_an_empty_wallet_ends_in_1(trial: Any) -> None:
    payer = trial.number()
    trial.post(f"/phones/{payer}", {"wallet": 49})
    trial.push(payer, 50)
    assert trial.touch(payer, "pin")["result"] == "1"
    assert trial.told(payer)[0]["ResultCode"] == 1
    assert trial.phone(payer)["wallet"] == 49


def test_the_same_amount_rests_two_minutes(fresh_trial: Any) -> None:
    trial = fresh_trial(web="http://127.0.0.1:1")  # nobody listens: the clock moves at once
    payer = trial.number()
    for amount, result in ((50, "0"), (50, "17"), (51, "0")):
        trial.push(payer, amount)
        assert trial.touch(payer, "pin")["result"] == result
    trial.post("/clock", {"advance": "PT2M1S"})
    trial.push(payer, 50)
    assert trial.touch(payer, "pin")["result"] == "0"
    assert trial.phone(payer)["wallet"] == 5000 - 151


def test_one_prompt_a_phone(trial: Any) -> None:
    payer = trial.number()
    trial.push(payer)
    trial.prompt(payer)
    second = trial.push(payer, 60)
    assert second.status_code == 500
    assert second.json()["errorCode"] == "500.001.1001"
    assert second.json()["errorMessage"].startswith("Unable to lock subscriber")
    trial.touch(payer, "cancel")
    assert trial.push(payer, 60).status_code == 200


def test_an_unanswered_prompt_runs_out(trial: Any) -> None:
    trial.faults(prompt_seconds=0.1)
    payer = trial.number()
    trial.push(payer)
    assert trial.told(payer)[0]["ResultCode"] == 1037
    assert trial.phone(payer)["prompts"][0]["state"] == "expired"


@pytest.mark.parametrize(("line", "code"), [("unreachable", 1037), ("busy", 1001)])
def test_a_phone_that_cannot_be_prompted(trial: Any, line: str, code: int) -> None:
    payer = trial.number()
    trial.post(f"/phones/{payer}", {"line": line})
    trial.push(payer)
    assert trial.told(payer)[0]["ResultCode"] == code
    assert trial.phone(payer)["prompts"] == []


def test_an_open_ussd_session_keeps_the_prompt_away(trial: Any, product: Any) -> None:
    product.answers[f"/ussd/africastalking/{trial.world.door_secret}"] = lambda _: (200, "CON Menu")
    payer = trial.number()
    session = trial.post(f"/phones/{payer}/dial", {"code": "*384*123#"})["session"]
    trial.push(payer)
    assert trial.told(payer)[0]["ResultCode"] == 1037
    trial.post(f"/phones/{payer}/ussd/{session}/drop")
    trial.push(payer)
    trial.prompt(payer)


def test_goods_cannot_be_bought_from_a_paybill(trial: Any) -> None:
    payer = trial.number()
    trial.push(payer, TransactionType="CustomerBuyGoodsOnline")
    assert trial.told(payer)[0]["ResultCode"] == 2028


BAD_FIELDS = [
    ({"Amount": 0}, "Amount"), ({"Amount": "10.5"}, "Amount"), ({"Amount": -5}, "Amount"),
    ({"Amount": 250_001}, "Amount"), ({"Amount": 10.0}, "Amount"),
    ({"PhoneNumber": "0712000111"}, "PhoneNumber"),
    ({"PhoneNumber": "+254712000111"}, "PhoneNumber"), ({"PhoneNumber": "254812000111"}, "PhoneNumber"),
    ({"PartyA": None}, "PartyA"), ({"AccountReference": "A" * 13}, "AccountReference"),
    ({"AccountReference": "10-1"}, "AccountReference"), ({"AccountReference": ""}, "AccountReference"),
    ({"TransactionDesc": "x" * 14}, "TransactionDesc"), ({"TransactionType": "Pay"}, "TransactionType"),
    ({"Timestamp": "20261399000000"}, "Timestamp"), ({"BusinessShortCode": "12"}, "BusinessShortCode"),
    ({"CallBackURL": "http://127.0.0.1:1/mpesa/cb"}, "CallBackURL"),
    ({"CallBackURL": "http://127.0.0.1:1/Cb"}, "CallBackURL"),
    ({"CallBackURL": "http://127.0.0.1:1/executive"}, "CallBackURL"),
    ({"CallBackURL": "https://elsewhere.example/cb"}, "CallBackURL"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field"), BAD_FIELDS)
def test_a_wrong_field_is_named(trial: Any, changes: dict[str, Any], field: str) -> None:
    answer = trial.push(trial.number(), **changes)
    assert answer.status_code == 400
    assert set(answer.json()) == {"requestId", "errorCode", "errorMessage"}
    assert answer.json()["errorCode"] == "400.002.02"
    assert answer.json()["errorMessage"] == f"Bad Request - Invalid {field}"


def test_wrong_merchant_password_body_method_and_address(trial: Any) -> None:
    payer = trial.number()
    assert trial.push(payer, BusinessShortCode="600984").json()["errorMessage"] == "Merchant does not exist"
    assert trial.push(payer, Password="bm8=").json()["errorMessage"] == "Wrong credentials"
    bearer = {"Authorization": f"Bearer {trial.token()}"}
    path = "/mpesa/stkpush/v1/processrequest"
    assert trial.http.post(path, data={"Amount": "1"}, headers=bearer).json()["errorMessage"] == (
        "Bad Request - Invalid BusinessShortCode"
    )
    broken = trial.http.post(path, content=b"{", headers=bearer | {"Content-Type": "application/json"})
    assert broken.json()["errorCode"] == "400.002.05"
    assert trial.http.get(path).json()["errorCode"] == "405.001"
    assert trial.http.post("/mpesa/nothing", json={}).json()["errorCode"] == "404.001.01"
    assert trial.phone(payer)["prompts"] == []


def test_tokens(fresh_trial: Any) -> None:
    trial = fresh_trial(web="http://127.0.0.1:1")
    path = "/oauth/v1/generate"
    good = {"grant_type": "client_credentials"}
    assert trial.http.get(path, params=good, auth=("key", "no")).json()["errorCode"] == "400.008.01"
    assert trial.http.get(path, params=good).json()["errorCode"] == "400.008.01"
    assert trial.http.get(path, auth=("key", "secret")).json()["errorCode"] == "400.008.02"
    answer = trial.http.get(path, params=good, auth=("key", "secret")).json()
    assert answer["expires_in"] == 3599

    def asked_with(word: str) -> str:
        body = trial.credentials() | {"CheckoutRequestID": "ws_CO_none"}
        bearer = {"Authorization": f"Bearer {word}"}
        refusal: str = trial.http.post("/mpesa/stkpushquery/v1/query", json=body, headers=bearer).json()[
            "errorCode"
        ]
        return refusal

    first, second = answer["access_token"], trial.token()
    assert asked_with(first) == "404.001.03"
    assert asked_with(second) == "500.001.1001"
    trial.post("/clock", {"advance": "PT1H"})
    assert asked_with(second) == "404.001.03"
    assert trial.http.post("/mpesa/stkpushquery/v1/query", json={}).json()["errorCode"] == "404.001.04"


def test_query_shapes(trial: Any) -> None:
    payer = trial.number()
    id_ = trial.push(payer).json()["CheckoutRequestID"]
    pending = trial.query(id_)
    assert (pending.status_code, pending.json()["errorMessage"]) == (
        500,
        "The transaction is being processed",
    )
    trial.faults(stk_query="pending_empty")
    assert (trial.query(id_).status_code, trial.query(id_).json()["errorMessage"]) == (200, "")
    trial.faults(stk_query="pending_4999")
    assert trial.query(id_).json()["ResultCode"] == "4999"
    trial.faults(stk_query_codes="number")
    assert trial.query(id_).json()["ResultCode"] == 4999
    trial.faults(stk_query="500")
    assert trial.query(id_).json()["errorCode"] == "500.003.1001"
    trial.faults(stk_query="normal")
    trial.touch(payer, "cancel")
    assert trial.query(id_).json()["ResultCode"] == 1032
    trial.faults(stk_query="pending_500")
    assert trial.query(id_).status_code == 500
    unknown = trial.query("ws_CO_none")
    assert (unknown.status_code, unknown.json()["errorMessage"]) == (500, "The transaction does not Exist")
