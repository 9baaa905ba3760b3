"""M-Pesa Express going wrong: forced results, failing pushes, twisted callbacks."""

import threading
from typing import Any

import httpx
import pytest


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
    assert trial.metadata(trial.told(payer)[0])["Amount"] == 140.0
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
