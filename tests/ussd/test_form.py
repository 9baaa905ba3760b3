"""Africa's Talking's forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd.form import Malformed, UssdRequest, phone_number, read_end_notice, read_request

RECORDED = (
    b"phoneNumber=%2B254712000111&serviceCode=%2A384%2A10234%23&text=&"
    b"sessionId=ATUid_0f1e2d3c4b5a69788796a5b4c3d2e1f0&networkCode=63902"
)


def test_a_recorded_request() -> None:
    assert read_request(RECORDED) == UssdRequest(
        "ATUid_0f1e2d3c4b5a69788796a5b4c3d2e1f0", "+254712000111", "*384*10234#", "", "63902"
    )


@pytest.mark.parametrize("text", ["+254712000111", " 254712000111", "254712000111", "0712000111"])
def test_a_caller_however_written(text: str) -> None:
    number = phone_number(text)
    assert number is not None
    assert number.digits == "254712000111"


@pytest.mark.parametrize("text", ["", "+255712000111", "anonymous", "+254712", "\x00", "+254712000111; DROP"])
def test_no_caller(text: str) -> None:
    assert phone_number(text) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"phoneNumber=%2B254712000111&serviceCode=x&text=",
        b"sessionId=&phoneNumber=1&serviceCode=1",
        b"sessionId=" + b"a" * 101 + b"&phoneNumber=1&serviceCode=1",
        b"&".join(b"a%d=1" % n for n in range(30)),
    ],
)
def test_what_is_no_request(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_request(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        request = read_request(body)
    except Malformed:
        return
    assert request.session_id


def test_an_end_notice_is_read_without_what_was_typed() -> None:
    notice = read_end_notice(
        b"date=2026-03-01+11%3A30%3A47&sessionId=ATUid_1&status=Incomplete&durationInMillis=31250&hopsCount=3"
        b"&input=2*1500&lastAppResponse=CON+Confirm&phoneNumber=%2B254712000111"
    )
    assert (notice.status, notice.hops, notice.milliseconds) == ("Incomplete", 3, 31250)
    assert read_end_notice(b"status=Failed&hopsCount=%F0%9F%98%80").hops == 0
