"""What Africa's Talking posts, read into our words."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.sms.forms import read_opt_out, read_report
from core.messaging.carrier import Fate, Report, Unreadable

REPORT = {"id": "ATXid_1", "status": "Success", "phoneNumber": "+254712000111", "networkCode": "63902"}


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


@pytest.mark.parametrize(
    ("status", "reason", "fate"),
    [
        ("Sent", "", Fate.UNDER_WAY),
        ("Submitted", "", Fate.UNDER_WAY),
        ("Buffered", "", Fate.UNDER_WAY),
        ("Success", "", Fate.DELIVERED),
        ("Failed", "DeliveryFailure", Fate.FAILED),
        ("Rejected", "InsufficientCredit", Fate.FAILED),
        ("AbsentSubscriber", "", Fate.FAILED),
        ("Expired", "", Fate.FAILED),
        ("Failed", "UserInBlackList", Fate.BLOCKED),
        ("Rejected", "UserInBlacklist", Fate.BLOCKED),
        ("NeverHeardOf", "", Fate.UNDER_WAY),
    ],
)
def test_each_status_is_a_fate(status: str, reason: str, fate: Fate) -> None:
    report = read_report(form(**{**REPORT, "status": status, "failureReason": reason}))
    assert report == Report("ATXid_1", "254712000111", fate, f"{status} {reason}".strip())


def test_a_plus_that_was_not_encoded_is_read_all_the_same() -> None:
    body = b"id=ATXid_1&status=Success&phoneNumber=+254712000111&networkCode=63902"
    assert read_report(body).address == "254712000111"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff",
        form(**{**REPORT, "id": ""}),
        form(**{**REPORT, "id": "None"}),
        form(**{**REPORT, "status": ""}),
        form(**{**REPORT, "phoneNumber": "+15551234567"}),
        form(**{f"field{number}": "x" for number in range(30)}, **REPORT),
    ],
)
def test_what_is_no_report_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_report(body)


def test_an_opt_out_names_a_number() -> None:
    assert read_opt_out(form(senderId="PWANINET", phoneNumber="+254712000111")) == "254712000111"
    with pytest.raises(Unreadable):
        read_opt_out(form(senderId="PWANINET"))


@given(st.binary(max_size=300))
def test_no_body_does_more_than_be_refused(body: bytes) -> None:
    for read in (read_report, read_opt_out):
        try:
            read(body)
        except Unreadable as why:
            assert str(why)  # noqa: PT017 - any other error fails the test
