"""Reading what Daraja sends (daraja.md sections 5, 8, 9): tolerant of shape, never of nonsense."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.payments.mpesa.payloads import NotUnderstood, amount, c2b, nairobi_time, status_result, stk_callback
from tests.core.payments import said

READERS = (stk_callback, c2b, status_result)
SPELLINGS = st.sampled_from([int, float, str, lambda n: f"{n}.00", lambda n: f" {n} "])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("1e999999")


@given(
    shillings=st.integers(1, 250_000),
    spelt=SPELLINGS,
    number_as=st.sampled_from([int, float, str]),
    order=st.permutations(["Amount", "MpesaReceiptNumber", "Balance", "TransactionDate", "PhoneNumber"]),
    balance=st.sampled_from(["absent", "empty", "null", "there"]),
)
def test_a_success_is_read_whatever_its_shape(
    shillings: int, spelt: Any, number_as: Any, order: list[str], balance: str
) -> None:
    values: dict[str, Any] = {
        "Amount": spelt(shillings),
        "MpesaReceiptNumber": "UC12EXAMPL",
        "TransactionDate": number_as(20260301143047),
        "PhoneNumber": number_as(254712000111),
        "Balance": {"null": None, "there": 48_211.0}.get(balance),
    }
    items = [
        {"Name": name} if name == "Balance" and balance == "empty" else {"Name": name, "Value": values[name]}
        for name in order
        if not (name == "Balance" and balance == "absent")
    ]
    for row in items:
        if isinstance(row.get("Value"), str) and row["Name"] in ("TransactionDate", "PhoneNumber"):
            row["Value"] = row["Value"].removesuffix(".0")
    body = {"CheckoutRequestID": "ws_CO_1", "ResultCode": 0, "CallbackMetadata": {"Item": items}}
    found = stk_callback(json.dumps({"Body": {"stkCallback": body}}).encode())
    assert (found.paid, found.receipt, found.payer) == (True, "UC12EXAMPL", "254712000111")
    assert found.amount is not None
    assert found.amount.minor == shillings * 100
    assert found.paid_at == datetime(2026, 3, 1, 11, 30, 47, tzinfo=UTC)


@given(body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_but_not_understood_is_raised(body: bytes) -> None:
    for read in READERS:
        with contextlib.suppress(NotUnderstood):
            read(body)


@given(values=st.lists(SCALARS | JSON, min_size=6, max_size=6))
def test_nor_by_the_right_shape_with_the_wrong_values(values: list[Any]) -> None:
    bodies = {
        stk_callback: said.stk("x", shillings=values[0], receipt=values[1], payer=values[2], at=values[3]),
        c2b: said.c2b(
            values[0], shillings=values[1], receipt=values[2], MSISDN=values[3], TransTime=values[4]
        ),
        status_result: said.status(values[0], receipt=values[1], shillings=values[2], shortcode=values[3]),
    }
    for read, body in bodies.items():
        try:
            found = read(body)
        except NotUnderstood:
            continue
        assert "\x00" not in str(found)
        str(found).encode()  # no half characters


@pytest.mark.parametrize(
    "body",
    [b"", b"[" * 100_000, b"\xff", b'{"Body": {}}', b"null", b'"x"', b"1", b'{"Body": {"stkCallback": {}}}'],
    ids=["empty", "deep", "not text", "no callback", "null", "text", "number", "no id"],
)
def test_a_body_that_is_none(body: bytes) -> None:
    for read in READERS:
        with pytest.raises(NotUnderstood):
            read(body)


@pytest.mark.parametrize("code", [0, "0"])
def test_a_code_as_number_or_text(code: Any) -> None:
    assert stk_callback(said.stk("x", code)).paid is True


def test_a_failure_has_no_metadata() -> None:
    found = stk_callback(said.stk("ws_CO_1", "SFC_IC0003"))
    assert (found.paid, found.reason, found.amount, found.receipt) == (False, "configuration", None, "")


@pytest.mark.parametrize(
    "value", ["", None, True, 0, -5, "0.001", "NaN", "Infinity", "1e999999", "ten", [], {}, 1e300]
)
def test_no_amount(value: Any) -> None:
    assert amount(value) is None


@pytest.mark.parametrize(
    "value", ["", None, 0, "20261332000000", "00010101000000", "99991231235959", "today"]
)
def test_no_time(value: Any) -> None:
    assert nairobi_time(value) is None


@pytest.mark.parametrize("receipt", ["UC12 EXAMPL", "UC12-1", "ÜC12", "A" * 33, "A\u0000B;"])
def test_no_receipt(receipt: str) -> None:
    with pytest.raises(NotUnderstood):
        c2b(said.c2b("1000015", receipt=receipt))


def test_a_confirmation_is_read() -> None:
    found = c2b(said.c2b(" isp 10234 ", shillings="1500.00", receipt="UC12EXAMPL"))
    assert (found.receipt, found.amount.minor, found.shortcode) == ("UC12EXAMPL", 150_000, said.SHORTCODE)
    assert (found.account_text, found.payer_hint, found.payer_name) == (
        "isp 10234",
        "2547 ***** 678",
        "AMINA",
    )


def test_names_that_are_missing_or_null() -> None:
    assert c2b(said.c2b("1", FirstName=None, MSISDN=None)).payer_name == ""


def test_a_status_with_repeated_keys_and_keys_with_spaces() -> None:
    rows = [
        {"Key": "Receipt No", "Value": "UC12EXAMPL"},
        {"Key": "DebitPartyName", "Value": "254712000111 - ASHA M"},
        {"Key": "DebitPartyName", "Value": "another"},
        {"Key": "TransactionStatus", "Value": "Completed"},
        {"Key": "TransactionReason"},
        {"Key": "Amount", "Value": "1500.0"},
        {"Key": "CreditPartyName", "Value": "600984 - ISP Ltd"},
    ]
    body = {
        "Originator ConversationID": "c-1",
        "ResultCode": "0",
        "ResultParameters": {"ResultParameter": rows},
    }
    found = status_result(json.dumps({"Result": body}).encode())
    assert (found.conversation, found.completed) == ("c-1", True)
    assert found.paid is not None
    assert (found.paid.receipt, found.paid.payer_hint) == ("UC12EXAMPL", "254712000111")
    assert (found.paid.amount.minor, found.paid.shortcode) == (150_000, "600984")
