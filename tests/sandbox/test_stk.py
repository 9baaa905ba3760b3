"""M-Pesa Express: prompts and how they end, the money, the query, the faults."""

import re
import threading
from typing import Any

import httpx
import pytest


def items(callback: Any) -> dict[str, Any]:
    return {item["Name"]: item.get("Value") for item in callback["CallbackMetadata"]["Item"]}


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
    told = items(callback)
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


@pytest.mark.parametrize("code", ["0", "1", "17", "1019", "1025", "2006", "8006", "SFC_IC0003"])
def test_a_forced_result_needs_no_hand(trial: Any, code: str) -> None:
    trial.faults(stk_result=code)
    payer = trial.number()
    assert trial.push(payer).status_code == 200
    assert str(trial.told(payer)[0]["ResultCode"]) == code
    assert trial.phone(payer)["wallet"] == (4950 if code == "0" else 5000)


@pytest.mark.parametrize(("fault", "status"), [("500", 500), ("spike", 500), ("locked", 500), ("html", 503)])
def test_a_push_that_fails_prompts_nobody(trial: Any, fault: str, status: int) -> None:
    trial.faults(stk_push=fault)
    payer = trial.number()
    answer = trial.push(payer)
    assert answer.status_code == status
    assert ("html" in answer.headers["content-type"]) == (fault == "html")
    assert trial.phone(payer)["prompts"] == []


def test_token_expired_wants_a_fresh_token_for_each_push(trial: Any) -> None:
    trial.token()
    trial.push(trial.number())
    trial.faults(stk_push="token_expired")
    payer = trial.number()
    body = trial.push_body(payer)
    path, old = "/mpesa/stkpush/v1/processrequest", trial._bearer
    answer = trial.http.post(path, json=body, headers={"Authorization": f"Bearer {old}"})
    assert answer.json()["errorCode"] == "404.001.03"
    assert trial.push(payer).status_code == 200
    assert trial.push(trial.number()).status_code == 200
    assert trial._bearer != old


def test_accepted_silent_is_known_by_query_alone(trial: Any) -> None:
    trial.faults(stk_push="accepted_silent", prompt_seconds=0.1)
    payer = trial.number()
    id_ = trial.push(payer).json()["CheckoutRequestID"]
    while (asked := trial.query(id_).json()).get("errorCode"):
        assert asked["errorMessage"] == "The transaction is being processed"
    assert asked["ResultCode"] == "1037"
    assert trial.phone(payer)["prompts"] == []
    assert [c for c in trial.get("/callbacks") if c["url"].endswith(payer)] == []


@pytest.mark.parametrize("fault", ["accepted_no_answer", "slow"])
def test_a_prompt_without_an_answer(trial: Any, fault: str) -> None:
    trial.faults(stk_push=fault, slow_seconds=60)
    payer = trial.number()
    trial.token()
    with pytest.raises(httpx.ReadTimeout):
        trial.http.post(
            "/mpesa/stkpush/v1/processrequest",
            json=trial.push_body(payer),
            headers={"Authorization": f"Bearer {trial._bearer}"},
            timeout=0.3,
        )
    trial.touch(payer, "pin")
    assert trial.told(payer)[0]["ResultCode"] == 0


def test_slow_answers_in_the_end(trial: Any) -> None:
    trial.faults(stk_push="slow", slow_seconds=0.05)
    assert trial.push(trial.number()).json()["ResponseCode"] == "0"


@pytest.mark.parametrize(("fault", "count"), [("doubled", 2), ("tenfold", 10)])
def test_repeated_callbacks(trial: Any, fault: str, count: int) -> None:
    trial.faults(callback=fault, stk_result="0")
    payer = trial.number()
    trial.push(payer)
    told = trial.told(payer, count)
    assert all(callback == told[0] for callback in told)
    assert len(trial.movements(payer)) == 1


def test_late_callbacks_wait_for_release_and_dropped_ones_never_come(trial: Any, product: Any) -> None:
    trial.register()
    late, dropped = trial.number(), trial.number()
    for payer, fault in ((late, "late"), (dropped, "dropped")):
        trial.faults(callback=fault, stk_result="0")
        trial.push(payer)
    product.wait("/c2b/confirmation", 2)  # follows the callback, which therefore is not on its way
    assert [c["url"].rsplit("/")[-1] for c in trial.get("/callbacks?state=held")] == [late]
    (released,) = trial.post("/callbacks/release")
    assert (released["status"], released["state"]) == (200, "answered")
    assert trial.told(late)[0]["ResultCode"] == 0
    assert trial.get("/callbacks?state=held") == []
    assert product.at(f"/pay/{dropped}") == []


def test_out_of_order(trial: Any, product: Any) -> None:
    trial.register()
    trial.faults(callback="out_of_order", stk_result="0")
    payer = trial.number()
    trial.push(payer)
    assert [callback["ResultCode"] for callback in trial.told(payer, 2)] == [1037, 0]
    assert [call.path for call in product.received] == ["/c2b/confirmation", f"/pay/{payer}", f"/pay/{payer}"]


def test_before_answer(trial: Any, product: Any) -> None:
    trial.faults(callback="before_answer")
    payer = trial.number()
    answers: list[httpx.Response] = []
    pushing = threading.Thread(target=lambda: answers.append(trial.push(payer)))
    pushing.start()
    trial.touch(payer, "pin")
    (callback,) = trial.told(payer)
    pushing.join(5)
    assert answers[0].json()["CheckoutRequestID"] == callback["CheckoutRequestID"]
    trial.faults(stk_result="1032")
    payer = trial.number()
    trial.push(payer)
    assert len(product.at(f"/pay/{payer}")) == 1


def test_forged_success_comes_from_elsewhere_and_moves_nothing(trial: Any, product: Any) -> None:
    trial.faults(callback="forged", forged_source="127.0.0.66")
    payer = trial.number()
    trial.push(payer)
    (forged,) = product.wait(f"/pay/{payer}")
    assert forged.source == "127.0.0.66"
    assert forged.body["Body"]["stkCallback"]["ResultCode"] == 0
    assert trial.movements(payer) == []
    trial.touch(payer, "cancel")
    assert trial.told(payer, 2)[1]["ResultCode"] == 1032


def test_wrong_amount_unknown_id_and_foreign_source(trial: Any, product: Any) -> None:
    trial.faults(callback="wrong_amount", stk_result="0")
    payer = trial.number()
    trial.push(payer, 70)
    assert items(trial.told(payer)[0])["Amount"] == 140.0
    assert trial.movements(payer)[0]["amount"] == 70
    trial.faults(callback="unknown_id")
    payer = trial.number()
    id_ = trial.push(payer).json()["CheckoutRequestID"]
    assert trial.told(payer)[0]["CheckoutRequestID"] != id_
    trial.faults(callback="foreign_source")
    payer = trial.number()
    trial.push(payer)
    assert product.wait(f"/pay/{payer}")[0].source == "127.0.0.9"


def test_callback_delay_follows_the_trial_clock(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    product.answers["/trial/idle"] = lambda _: (404, "")
    trial.faults(callback_delay_seconds=3600, stk_result="0", c2b_after_stk="off")
    payer = trial.number()
    trial.push(payer)
    assert trial.get("/callbacks") == []
    trial.post("/clock", {"advance": "PT1H"})
    assert trial.told(payer)[0]["ResultCode"] == 0
