"""Paybill payments, Transaction Status, Reversal and Pull."""

import base64
import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def pay(
    trial: Any, payer: str, amount: int = 100, account: str = "100 001", shortcode: str = "174379"
) -> Any:
    return trial.post(
        f"/phones/{payer}/paybill", {"shortcode": shortcode, "account": account, "amount": amount}
    )


def test_validated_then_taken_then_confirmed(trial: Any, product: Any) -> None:
    trial.register()
    accept = {"ResultCode": "0", "ResultDesc": "Accepted", "ThirdPartyTransID": "P-7"}
    product.answers["/c2b/validation"] = lambda _: (200, json.dumps(accept))
    payer = trial.number()
    answer = pay(trial, payer)
    assert (answer["ok"], answer["validation"]) == (True, "0")
    (asked,) = product.at("/c2b/validation")
    (told,) = product.wait("/c2b/confirmation")
    assert asked.body["TransID"] == told.body["TransID"] == answer["receipt"]
    assert asked.body["OrgAccountBalance"] == ""
    assert told.body["OrgAccountBalance"].endswith(".00")
    assert told.body["ThirdPartyTransID"] == "P-7"
    assert told.body["TransAmount"] == "100.00"
    assert told.body["BillRefNumber"] == "100 001"
    assert told.body["TransactionType"] == "Pay Bill"
    moment = datetime.strptime(told.body["TransTime"], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert abs(moment - timedelta(hours=3) - datetime.now(UTC)) < timedelta(minutes=1)
    phone = trial.phone(payer)
    assert phone["wallet"] == 4900
    assert answer["receipt"] in phone["texts"][0]["text"]


def test_the_payer_is_masked_in_v2_and_hashed_in_v1(trial: Any, product: Any) -> None:
    payer = trial.number()
    trial.register("v1")
    pay(trial, payer)
    hashed = product.wait("/c2b/confirmation")[0].body["MSISDN"]
    assert hashed == hashlib.sha256(payer.encode()).hexdigest()
    trial.faults(c2b_msisdn="v2")
    pay(trial, payer)
    assert product.wait("/c2b/confirmation", 2)[1].body["MSISDN"] == f"{payer[:4]} ***** {payer[-3:]}"


def test_a_refused_payment_moves_nothing(trial: Any, product: Any) -> None:
    trial.register()
    product.answers["/c2b/validation"] = lambda _: (
        200,
        '{"ResultCode": "C2B00012", "ResultDesc": "Rejected"}',
    )
    payer = trial.number()
    answer = pay(trial, payer)
    assert (answer["ok"], answer["receipt"], answer["validation"]) == (False, None, "C2B00012")
    trial.faults(c2b_validation="off")
    assert pay(trial, payer)["ok"]
    assert trial.phone(payer)["wallet"] == 4900
    assert len(product.wait("/c2b/confirmation")) == 1


@pytest.mark.parametrize(("response_type", "taken"), [("Completed", True), ("Cancelled", False)])
@pytest.mark.parametrize("failing", ["slow", "error"])
def test_no_validation_answer_leaves_it_to_the_response_type(
    trial: Any, product: Any, response_type: str, taken: bool, failing: str
) -> None:
    def answer(_: Any) -> tuple[int, str]:
        if failing == "slow":
            time.sleep(0.2)
        return (200 if failing == "slow" else 500), '{"ResultCode": "0"}'

    trial.register(response_type=response_type)
    trial.faults(c2b_validation_seconds=0.05)
    product.answers["/c2b/validation"] = answer
    payer = trial.number()
    assert pay(trial, payer)["ok"] is taken
    assert trial.phone(payer)["wallet"] == (4900 if taken else 5000)


def test_a_stranger_paybill_and_an_empty_wallet(trial: Any) -> None:
    payer = trial.number()
    assert not pay(trial, payer, shortcode="600984")["ok"]
    assert not pay(trial, payer, amount=5001)["ok"]
    assert trial.phone(payer)["wallet"] == 5000


def test_confirmation_faults(trial: Any, product: Any) -> None:
    trial.register()
    for fault in ("dropped", "late", "doubled"):
        trial.faults(c2b=fault)
        pay(trial, trial.number(), account=fault)
    product.wait("/c2b/confirmation", 2)
    accounts = [call.body["BillRefNumber"] for call in product.at("/c2b/confirmation")]
    assert accounts == ["doubled", "doubled"]
    trial.post("/callbacks/release")
    assert product.at("/c2b/confirmation")[-1].body["BillRefNumber"] == "late"


def test_no_confirmation_after_stk_when_switched_off(trial: Any, product: Any) -> None:
    trial.register()
    trial.faults(c2b_after_stk="off", stk_result="0", callback="doubled")
    payer = trial.number()
    trial.push(payer)
    trial.told(payer, 2)
    trial.faults(c2b_after_stk="on")
    payer = trial.number()
    trial.push(payer)
    (told,) = product.wait("/c2b/confirmation")
    assert told.body["TransID"] == trial.movements(payer)[0]["receipt"]


def test_urls_are_registered_once(trial: Any) -> None:
    assert set(trial.register().json()) == {"OriginatorCoversationID", "ResponseCode", "ResponseDescription"}
    assert trial.register().status_code == 200
    other = trial.register(name="other")
    assert (other.status_code, other.json()["errorCode"]) == (500, "500.003.1001")
    assert other.json()["errorMessage"] == "Urls are already registered"
    trial.faults(c2b_reregister="never")
    assert trial.register().status_code == 500
    trial.http.delete("/mpesa/registration")
    assert trial.register(name="other").status_code == 200
    assert trial.get("/mpesa/registration")["confirmation_url"].endswith("/other/confirmation")
    assert trial.register(response_type="completed").json()["errorMessage"].endswith("ResponseType")


def test_simulate(trial: Any, product: Any) -> None:
    trial.register()
    payer = trial.number()
    body = {
        "ShortCode": 174379, "CommandID": "CustomerPayBillOnline", "Amount": 10, "Msisdn": int(payer),
        "BillRefNumber": "isp 1",
    }  # fmt: skip
    assert trial.daraja("/mpesa/c2b/v2/simulate", body).json()["ResponseCode"] == "0"
    assert product.wait("/c2b/confirmation")[0].body["BillRefNumber"] == "isp 1"


def credential(trial: Any, password: str = "Initiator1!") -> str:
    key = x509.load_pem_x509_certificate(trial.http.get("/daraja/certificate").content).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    return base64.b64encode(key.encrypt(password.encode(), padding.PKCS1v15())).decode()


def ask_status(trial: Any, receipt: str, password: str = "Initiator1!") -> dict[str, Any]:
    body = {
        "Initiator": "bando", "SecurityCredential": credential(trial, password),
        "CommandID": "TransactionStatusQuery", "TransactionID": receipt, "PartyA": "174379",
        "IdentifierType": "4", "ResultURL": f"{trial.product.url}/result",
        "QueueTimeOutURL": f"{trial.product.url}/timeout", "Remarks": "check", "Occasion": "",
    }  # fmt: skip
    answer = trial.daraja("/mpesa/transactionstatus/v1/query", body)
    assert answer.json()["ResponseCode"] == "0", answer.text
    found: dict[str, Any] = answer.json()
    return found


def values(result: dict[str, Any]) -> dict[str, Any]:
    return {row["Key"]: row.get("Value") for row in result["ResultParameters"]["ResultParameter"]}


def test_transaction_status(trial: Any, product: Any) -> None:
    payer = trial.number()
    receipt = pay(trial, payer, 250)["receipt"]
    accepted = ask_status(trial, receipt)
    result = product.wait("/result")[0].body["Result"]
    assert result["ConversationID"] == accepted["ConversationID"]
    assert result["ResultCode"] == 0
    told = values(result)
    assert (told["ReceiptNo"], told["Amount"], told["TransactionStatus"]) == (receipt, 250, "Completed")
    assert told["DebitPartyName"].startswith(payer)

    ask_status(trial, "UZZ0000000")
    unknown = product.wait("/result", 2)[1].body["Result"]
    assert unknown["ResultCode"] == "R000002"
    assert "ResultParameters" not in unknown
    ask_status(trial, receipt, password="wrong")
    assert product.wait("/result", 3)[2].body["Result"]["ResultCode"] == 2001


def test_transaction_status_dropped_and_timed_out(trial: Any, product: Any) -> None:
    receipt = pay(trial, trial.number())["receipt"]
    trial.faults(transaction_status="dropped")
    ask_status(trial, receipt)
    trial.faults(transaction_status="timeout")
    accepted = ask_status(trial, receipt)
    (told,) = product.wait("/timeout")
    assert told.body["Result"]["ConversationID"] == accepted["ConversationID"]
    assert product.at("/result") == []


def reverse(trial: Any, receipt: str, amount: int) -> None:
    body = {
        "Initiator": "bando", "SecurityCredential": credential(trial), "CommandID": "TransactionReversal",
        "TransactionID": receipt, "Amount": str(amount), "ReceiverParty": "174379",
        "RecieverIdentifierType": "11", "ResultURL": f"{trial.product.url}/reversed",
        "QueueTimeOutURL": f"{trial.product.url}/timeout", "Remarks": "paid twice",
    }  # fmt: skip
    assert trial.daraja("/mpesa/reversal/v1/request", body).status_code == 200


def test_reversal_gives_the_money_back_once(trial: Any, product: Any) -> None:
    payer = trial.number()
    receipt = pay(trial, payer, 250)["receipt"]
    for count, code in ((1, 0), (2, "R000001")):
        reverse(trial, receipt, 250)
        assert product.wait("/reversed", count)[-1].body["Result"]["ResultCode"] == code
    reverse(trial, "UZZ0000000", 250)
    assert product.wait("/reversed", 3)[-1].body["Result"]["ResultCode"] == "R000002"
    assert values(product.at("/reversed")[0].body["Result"])["OriginalTransactionID"] == receipt
    assert trial.phone(payer)["wallet"] == 5000
    assert trial.movements(payer)[0]["reversed"] is True


def wall(moment: datetime) -> str:
    return f"{moment + timedelta(hours=3):%Y-%m-%d %H:%M:%S}"


def test_pull_reaches_back_48_hours(fresh_trial: Any, key_pair: Any, tmp_path: Any) -> None:
    now = datetime.now(UTC)
    seeded = [
        {"receipt": f"UK{n:08d}", "amount": 10 + n, "msisdn": "254712000111", "account": f"A{n}",
         "at": (now - timedelta(hours=age)).isoformat()}
        for n, age in enumerate((72, 47, 1))
    ]  # fmt: skip
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "receipts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in seeded))
    trial = fresh_trial(web="http://127.0.0.1:1")
    query = {
        "ShortCode": "174379",
        "StartDate": wall(now - timedelta(days=30)),
        "EndDate": wall(now),
        "OffSetValue": "0",
    }
    assert trial.daraja("/pulltransactions/v1/query", query).status_code == 400
    register = {
        "ShortCode": "174379", "RequestType": "Pull", "NominatedNumber": "254722000000",
        "CallBackURL": "http://127.0.0.1:1/pull",
    }  # fmt: skip
    for status in ("1000", "1001"):
        assert trial.daraja("/pulltransactions/v1/register", register).json()["ResponseStatus"] == status
    answer = trial.daraja("/pulltransactions/v1/query", query).json()
    assert answer["ResponseCode"] == "1000"
    ((older, newer),) = answer["Response"]
    assert (older["transactionId"], newer["transactionId"]) == ("UK00000001", "UK00000002")
    assert (newer["msisdn"], newer["billreference"], newer["amount"]) == (712000111, "A2", "12.00")
    beyond = trial.daraja("/pulltransactions/v1/query", query | {"OffSetValue": "2"}).json()
    assert (beyond["ResponseCode"], beyond["Response"]) == ("1001", "[[]]")
    assert [row["receipt"] for row in trial.get("/mpesa/statement")] == [row["receipt"] for row in seeded]
    with (tmp_path / "state" / "receipts.jsonl").open("a") as file:
        file.write(json.dumps(seeded[2] | {"receipt": "UK00000009"}) + "\n" + json.dumps(seeded[0])[:20])
    assert len(trial.get("/mpesa/statement")) == 4
