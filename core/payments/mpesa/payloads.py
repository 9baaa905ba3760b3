"""What Daraja sends, read tolerantly (daraja.md sections 5, 8, 9): numbers come as int, text or float, items in any
order, with or without a value, keys with and without spaces."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.base.clock import NAIROBI
from core.base.money import Money
from core.payments.gateway import Paid, Verdict
from core.payments.mpesa.results import PENDING, reason_of


class NotUnderstood(ValueError):
    """The body is not what Daraja sends. It stays in the inbox; nothing is moved by it."""


def read_json(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`. Raises NotUnderstood."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise NotUnderstood("not JSON") from None
    if not isinstance(found, dict):
        raise NotUnderstood("not a JSON object")
    return found


def amount(value: object) -> Money | None:
    """1, 1.0, '1.00' → one shilling; None where it is no amount of whole cents."""
    if isinstance(value, bool) or value in (None, ""):
        return None
    try:
        cents = Decimal(str(value)) * 100
    except ArithmeticError:  # no number, or one beyond all numbers: 1e999999
        return None
    if not cents.is_finite() or cents != cents.to_integral_value() or not 0 < cents < 10**12:
        return None
    return Money(int(cents))


def words(value: object, most: int) -> str:
    """A text that may have come as anything, without what no database takes (NUL, half characters)."""
    if value is None or isinstance(value, dict | list):
        return ""
    text = str(value)
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isprintable())
    return text.strip()[:most]


def digits(value: object) -> str:
    """A number that may have come as int, float or text, as its digits; masked texts stay as they are."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return words(value, 64)


def receipt_number(value: object) -> str:
    """UC12EXAMPL; empty where it is none. Raises NotUnderstood for what no receipt looks like."""
    number = words(value, 65)
    if number and not (number.isascii() and number.isalnum() and len(number) <= 32):
        raise NotUnderstood("not a receipt number")
    return number


def nairobi_time(value: object) -> datetime | None:
    """20260301143047 (Nairobi wall clock) → the instant; None for a time in which there is no M-Pesa."""
    try:
        found = datetime.strptime(digits(value), "%Y%m%d%H%M%S").replace(tzinfo=NAIROBI)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def verdict_of(code: str, **facts: Any) -> Verdict:
    """The verdict that a result code pronounces; an unknown code pronounces none."""
    if code == "0":
        return Verdict(paid=True, code=code, **facts)
    reason = None if code in PENDING else reason_of(code)
    if reason is None:
        return Verdict(paid=None, code=code, **facts)
    return Verdict(paid=False, code=code, reason=reason, **facts)


def stk_callback(body: bytes) -> Verdict:
    """The verdict in an STK callback. Raises NotUnderstood."""
    match read_json(body):
        case {"Body": {"stkCallback": {"CheckoutRequestID": str() as checkout, "ResultCode": code} as said}}:
            pass
        case _:
            raise NotUnderstood("not an STK callback")
    items = _items(said.get("CallbackMetadata"), "Item", "Name")
    return verdict_of(
        words(code, 32),
        checkout_id=words(checkout, 128),
        request_id=words(said.get("MerchantRequestID"), 128),
        amount=amount(items.get("Amount")),
        receipt=receipt_number(items.get("MpesaReceiptNumber")),
        payer=digits(items.get("PhoneNumber")),
        paid_at=nairobi_time(items.get("TransactionDate")),
    )


def c2b(body: bytes) -> Paid:
    """The payment that a C2B validation or confirmation tells of. Raises NotUnderstood."""
    said = read_json(body)
    received = amount(said.get("TransAmount"))
    if received is None:
        raise NotUnderstood("no amount")
    return Paid(
        receipt=receipt_number(said.get("TransID")),
        amount=received,
        shortcode=digits(said.get("BusinessShortCode")),
        account_text=words(said.get("BillRefNumber"), 40),
        payer_hint=digits(said.get("MSISDN")),
        payer_name=words(said.get("FirstName"), 40),
        paid_at=nairobi_time(said.get("TransTime")),
    )


@dataclass(frozen=True, slots=True)
class StatusResult:
    """The answer to a Transaction Status question. paid None: the provider did not find it or could not say."""

    conversation: str
    code: str
    paid: Paid | None
    completed: bool
    reversed: bool = False


def status_result(body: bytes) -> StatusResult:
    """Read a message to the result or timeout address. Raises NotUnderstood."""
    match read_json(body):
        case {"Result": dict() as said}:
            pass
        case _:
            raise NotUnderstood("not a result")
    fields = {_squeezed(key): value for key, value in said.items()}
    items = _items(said.get("ResultParameters"), "ResultParameter", "Key")
    received = amount(items.get("Amount"))
    receipt = receipt_number(items.get("ReceiptNo"))
    paid = None
    if received is not None and receipt:
        paid = Paid(
            receipt=receipt,
            amount=received,
            shortcode=digits(items.get("CreditPartyName")).split(" ")[0],
            payer_hint=digits(items.get("DebitPartyName")).split(" ")[0],
            paid_at=nairobi_time(items.get("FinalisedTime")),
        )
    return StatusResult(
        conversation=words(fields.get("OriginatorConversationID"), 128),
        code=words(fields.get("ResultCode"), 32),
        paid=paid,
        completed=items.get("TransactionStatus") == "Completed",
        reversed=items.get("TransactionStatus") == "Reversed",
    )


def _items(holder: object, list_name: str, key_name: str) -> dict[str, object]:
    """A list of named items as a dict; the first of a repeated name wins; an item without a value is None."""
    found: dict[str, object] = {}
    rows = holder.get(list_name) if isinstance(holder, dict) else None
    for row in rows if isinstance(rows, list) else [rows]:
        if isinstance(row, dict) and isinstance(row.get(key_name), str):
            found.setdefault(_squeezed(row[key_name]), row.get("Value"))
    return found


def _squeezed(key: str) -> str:
    return key.replace(" ", "")


def pulled(answer: dict[str, Any]) -> list[Paid]:
    """The payments of one page of Pull Transactions: a list inside a list, or a text where there are none
    (daraja.md section 11). The time is left out: whether its Z is true is not known. Rows without a receipt or an
    amount are passed over."""
    found: list[Paid] = []
    pages = answer.get("Response")
    for page in pages if isinstance(pages, list) else []:
        for row in page if isinstance(page, list) else []:
            received = amount(row.get("amount")) if isinstance(row, dict) else None
            receipt = str(row.get("transactionId") or "") if isinstance(row, dict) else ""
            if received is None or not receipt.isalnum():
                continue
            found.append(
                Paid(
                    receipt=receipt[:32],
                    amount=received,
                    shortcode="",
                    account_text=str(row.get("billreference") or "").strip()[:40],
                    payer_hint=digits(row.get("msisdn"))[:64],
                    payer_name=str(row.get("sender") or "").strip()[:40],
                )
            )
    return found
