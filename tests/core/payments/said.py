"""What Daraja says, as bytes: composed after daraja.md, sections 5, 8 and 9."""

import json
from typing import Any

SHORTCODE = "600984"


def stk(
    checkout: str,
    code: Any = 0,
    *,
    shillings: Any = 50,
    receipt: Any = "UKM1AAAAAA",
    payer: Any = 254712345678,
    at: Any = 20261122100030,
    request: str | None = None,
) -> bytes:
    """An STK callback."""
    said: dict[str, Any] = {"CheckoutRequestID": checkout, "ResultCode": code, "ResultDesc": "said"}
    if request is not None:
        said["MerchantRequestID"] = request
    if str(code) == "0":
        items = {"Amount": shillings, "MpesaReceiptNumber": receipt, "Balance": None}
        items |= {"TransactionDate": at, "PhoneNumber": payer}
        rows = [
            {"Name": name} if value is None else {"Name": name, "Value": value}
            for name, value in items.items()
        ]
        said["CallbackMetadata"] = {"Item": rows}
    return json.dumps({"Body": {"stkCallback": said}}).encode()


def c2b(account: str, *, shillings: Any = "50.00", receipt: str = "UKM1AAAAAA", **changes: Any) -> bytes:
    """A C2B confirmation."""
    said = {
        "TransactionType": "Pay Bill",
        "TransID": receipt,
        "TransTime": "20261122100030",
        "TransAmount": shillings,
        "BusinessShortCode": SHORTCODE,
        "BillRefNumber": account,
        "MSISDN": "2547 ***** 678",
        "FirstName": "AMINA",
    }
    return json.dumps(said | changes).encode()


def status(
    conversation: str,
    *,
    receipt: str = "UKM1AAAAAA",
    shillings: Any = 50,
    state: str = "Completed",
    shortcode: str = SHORTCODE,
    code: Any = 0,
) -> bytes:
    """The answer to a Transaction Status question."""
    said: dict[str, Any] = {"ResultType": 0, "ResultCode": code, "OriginatorConversationID": conversation}
    if str(code) == "0":
        rows = {
            "ReceiptNo": receipt,
            "TransactionStatus": state,
            "Amount": shillings,
            "DebitPartyName": "254712345678 - AMINA",
            "CreditPartyName": f"{shortcode} - ISP Ltd",
            "FinalisedTime": 20261122100030,
        }
        said["ResultParameters"] = {
            "ResultParameter": [{"Key": key, "Value": value} for key, value in rows.items()]
        }
    return json.dumps({"Result": said}).encode()
