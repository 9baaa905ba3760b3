"""How a prompt can end: Daraja's result codes in its own words (portal and third-party lists)."""

from typing import Any, Literal

from pydantic import BaseModel

from sandbox.clock import digits14
from sandbox.daraja.ledger import Movement

PAID, NO_FUNDS, RESTING, LOCKED = "0", "1", "17", "1001"
CANCELLED, UNREACHED, WRONG_PIN, NOT_ASSIGNED = "1032", "1037", "2001", "2028"

MEANING = {
    PAID: "The service request is processed successfully.",
    NO_FUNDS: "The balance is insufficient for the transaction.",
    "2": "Declined due to limit rule: less than the minimum transaction amount.",
    "3": "Declined due to limit rule: greater than the maximum transaction amount.",
    "4": "Declined due to limit rule: would exceed daily transfer limit.",
    "8": "Declined due to limit rule: would exceed the maximum balance.",
    RESTING: "Rule limited.",
    "26": "System internal error. Traffic blocking condition is in place.",
    LOCKED: "Unable to lock subscriber, a transaction is already in process for the current subscriber.",
    "1019": "Transaction has expired.",
    "1025": "An error occurred while sending a push request.",
    "1031": "Request cancelled by user.",
    CANCELLED: "Request cancelled by user",
    UNREACHED: "No response from user.",
    WRONG_PIN: "The initiator information is invalid.",
    "2006": "Declined due to account rule: the account status does not allow this transaction.",
    NOT_ASSIGNED: "The request is not permitted according to product assignment.",
    "8006": "The security credential is locked.",
    "9999": "An error occurred while sending a push request.",
    "SFC_IC0003": "The operator does not exist.",
}
# Safaricom says the same thing in other words when it is asked: nobody may branch on prose.
MEANING_WHEN_ASKED = MEANING | {UNREACHED: "DS timeout user cannot be reached."}

PromptState = Literal["open", "paid", "cancelled", "expired", "failed"]
_ENDED: dict[str, PromptState] = {
    PAID: "paid",
    CANCELLED: "cancelled",
    "1031": "cancelled",
    UNREACHED: "expired",
}


def state_after(code: str) -> PromptState:
    return _ENDED.get(code, "failed")


def as_code(code: str) -> int | str:
    """Callbacks carry a number where the code is one, and the word where it is not (SFC_IC0003)."""
    return int(code) if code.isdigit() else code


class PromptView(BaseModel):
    """A PIN prompt as the phone shows it; `id` is its CheckoutRequestID, `amount` in whole shillings,
    `result` the code it ended with, null while it is open."""

    id: str
    amount: int
    business: str
    account: str
    state: PromptState
    result: str | None


def callback_body(
    merchant_request_id: str,
    checkout_request_id: str,
    code: str,
    movement: Movement | None,
    amount: int | None = None,
) -> dict[str, Any]:
    """The STK callback; a payment carries its receipt, `amount` replaces the true one (a lie under test).

    `Balance` comes without a value and `Amount` as a decimal number, as captured from production.
    """
    told: dict[str, Any] = {
        "MerchantRequestID": merchant_request_id,
        "CheckoutRequestID": checkout_request_id,
        "ResultCode": as_code(code),
        "ResultDesc": MEANING[code],
    }
    if movement is not None:
        told["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": float(amount or movement.amount)},
                {"Name": "MpesaReceiptNumber", "Value": movement.receipt},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": int(digits14(movement.at))},
                {"Name": "PhoneNumber", "Value": int(movement.msisdn)},
            ]
        }
    return {"Body": {"stkCallback": told}}
