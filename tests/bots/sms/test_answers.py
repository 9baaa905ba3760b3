"""What Africa's Talking answers, case by case: the recipient's code decides, HTTP 201 means nothing."""

import json
from typing import Any

import pytest

from bots.sms.answers import ACCEPTED, REFUSED, read_answer
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.messaging.carrier import AccountRefused, BlockedByPerson, Sent

OURS = "254712000111"
ACCEPT: dict[str, Any] = {
    "statusCode": 102,
    "number": "+254712000111",
    "status": "Success",
    "cost": "KES 0.8000",
    "messageId": "ATXid_a9aece16db3a68dfbd50003ae524d4fa",
}


def answer(*recipients: Any, message: str = "Sent to 1/1 Total Cost: KES 0.8000") -> bytes:
    return json.dumps({"SMSMessageData": {"Message": message, "Recipients": recipients}}).encode()


def read(body: bytes, status: int = 201, retry_after: str | None = None) -> Sent:
    return read_answer(status, retry_after, body, OURS, parts=1)


@pytest.mark.parametrize("code", ACCEPTED)
def test_processed_sent_and_queued_are_accepted(code: int) -> None:
    sent = read(answer({**ACCEPT, "statusCode": code}))
    assert sent == Sent("ATXid_a9aece16db3a68dfbd50003ae524d4fa", 1, 80)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (401, AccountRefused),
        (402, AccountRefused),
        (403, Rejected),
        (404, Rejected),
        (405, AccountRefused),
        (406, BlockedByPerson),
        (407, Unreachable),
        (409, Rejected),
        (500, Unreachable),
        (501, Unreachable),
        (502, Unreachable),
        (999, OutcomeUnknown),
    ],
)
def test_each_code_of_the_table_is_its_own_no(code: int, error: type[OutsideError]) -> None:
    with pytest.raises(error) as told:
        read(answer({**ACCEPT, "statusCode": code, "messageId": "None", "cost": "0"}))
    assert type(told.value) is error
    assert str(code) in str(told.value)


def test_the_table_is_whole() -> None:
    assert {*ACCEPTED, *REFUSED} == {100, 101, 102, 401, 402, 403, 404, 405, 406, 407, 409, 500, 501, 502}


def test_the_word_success_beside_a_refusing_code_is_no_success() -> None:
    with pytest.raises(Rejected):
        read(answer({**ACCEPT, "statusCode": 403, "status": "Success"}))


def test_an_unknown_sender_is_http_201_with_nobody_in_it() -> None:
    with pytest.raises(AccountRefused) as told:
        read(answer(message="InvalidSenderId"))
    assert told.value.code == "InvalidSenderId"


def test_the_word_none_is_no_message_id() -> None:
    assert read(answer({**ACCEPT, "messageId": "None"})).message_id is None


def test_recipients_are_matched_by_number_not_by_place() -> None:
    other = {**ACCEPT, "number": "+254733000222", "statusCode": 406, "messageId": "None"}
    assert read(answer(other, ACCEPT)).message_id == ACCEPT["messageId"]


def test_an_answer_about_somebody_else_says_nothing_about_us() -> None:
    with pytest.raises(OutcomeUnknown):
        read(answer({**ACCEPT, "number": "+254733000222"}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"SMSMessageData": []}',
        b'{"SMSMessageData": {"Recipients": 7}}',
        b'{"SMSMessageData": {"Recipients": [7]}}',
        b'{"SMSMessageData": {"Recipients": [{"number": "+254712000111"}]}}',
        b'{"SMSMessageData": {"Recipients": [{"number": "+254712000111", "statusCode": "sent"}]}}',
        b"\xff\xfe",
    ],
)
def test_an_answer_that_cannot_be_read_is_an_unknown_outcome(body: bytes) -> None:
    with pytest.raises(OutcomeUnknown):
        read(body)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, AccountRefused),
        (400, Rejected),
        (401, AccountRefused),
        (403, AccountRefused),
        (404, AccountRefused),
        (429, Unreachable),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
    ],
)
def test_each_http_status_is_its_own_no(status: int, error: type[OutsideError]) -> None:
    with pytest.raises(error) as told:
        read(answer(ACCEPT), status=status)
    assert type(told.value) is error


@pytest.mark.parametrize(("header", "seconds"), [("120", 120), ("soon", None), ("-5", None), (None, None)])
def test_a_pause_that_is_asked_for_is_passed_on(header: str | None, seconds: int | None) -> None:
    with pytest.raises(Unreachable) as told:
        read(b"", status=429, retry_after=header)
    assert told.value.retry_after_seconds == seconds
