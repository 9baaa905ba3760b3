"""The door from outside: who may knock, and what is answered to nonsense."""

from ipaddress import ip_network

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from tests.ussd.handset import FORM, GONE_WRONG, SECRET, Handset, Service, rows


@pytest.mark.parametrize(
    "path", ["wrong", SECRET[:-1], SECRET.upper(), f"ended/{SECRET[:-1]}", f"{SECRET}/x"]
)
def test_a_wrong_secret_is_no_door_and_leaves_no_row(service: Service, path: str) -> None:
    reply = service.run(service.post(FORM, f"/ussd/africastalking/{path}"))
    assert (reply.status, reply.text) == (404, "")
    assert rows(service.database, "subscribers") == 0


@pytest.mark.parametrize(("mode_is_trial", "status"), [(True, 200), (False, 404)])
@pytest.mark.parametrize("path", ["/ussd/africastalking", "/ussd/africastalking/ended"])
def test_the_path_without_secret_answers_in_trial_mode_alone(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring,
    mode_is_trial: bool, status: int, path: str,
) -> None:  # fmt: skip
    with Service(database, redis_url, clock, keyring, open_without_secret=mode_is_trial) as service:
        assert service.run(service.post(FORM, path)).status == status
        assert service.run(service.post(FORM)).status == 200


def test_every_secret_of_the_list_opens_during_a_rotation(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring
) -> None:
    with Service(database, redis_url, clock, keyring, secrets=["a" * 32, SECRET]) as service:
        assert service.run(service.post(FORM)).status == 200


@pytest.mark.parametrize(
    ("client", "forwarded", "status"),
    [
        ("203.0.113.7", None, 200),
        ("198.51.100.1", None, 404),
        ("198.51.100.1", b"203.0.113.7", 404),
        ("10.0.0.1", b"198.51.100.1, 203.0.113.7", 200),
        ("10.0.0.1", b"203.0.113.7, 198.51.100.1", 404),
        ("10.0.0.1", b"nonsense", 404),
    ],
)
def test_only_listed_sources_are_let_in(
    database: Database, redis_url: str, clock: SetClock, keyring: Keyring,
    client: str, forwarded: bytes | None, status: int,
) -> None:  # fmt: skip
    networks = {"sources": [ip_network("203.0.113.0/24")], "proxies": [ip_network("10.0.0.0/8")]}
    headers = {b"x-forwarded-for": forwarded} if forwarded else {}
    with Service(database, redis_url, clock, keyring, **networks) as service:
        assert service.run(service.post(FORM, client=client, headers=headers)).status == status


def test_other_methods_and_large_bodies(service: Service) -> None:
    assert service.run(service.post(FORM, method="GET")).status == 405
    assert service.run(service.post({**FORM, "text": "1" * 10_000})).status == 413
    announced = {b"content-length": b"9000"}
    assert service.run(service.post(b"", headers=announced)).status == 413


def test_an_end_notice_is_taken_note_of(service: Service) -> None:
    fields = {"sessionId": FORM["sessionId"], "status": "Incomplete", "input": "2*1", "hopsCount": "2"}
    reply = service.run(service.post(fields, f"/ussd/africastalking/ended/{SECRET}"))
    assert (reply.status, reply.text) == (200, "")


def test_what_is_no_request_of_ours_gets_a_polite_end(service: Service) -> None:
    for change in (
        {"phoneNumber": "anonymous"},
        {"phoneNumber": "+255712000111"},
        {"serviceCode": "*999#"},
        {"serviceCode": ""},
        {"sessionId": ""},
    ):
        reply = service.run(service.post({**FORM, **change}))
        assert reply.status == 200
        assert reply.text.startswith("END ")
        assert reply.headers[b"content-type"] == b"text/plain; charset=utf-8"
    assert rows(service.database, "subscribers") == 0


def test_bodies_that_are_no_form_get_a_polite_end(service: Service) -> None:
    for body in (b"", b"\xff\x00", b"{}", b"a=1&" * 50):
        assert service.run(service.post(body)).text == GONE_WRONG


@pytest.mark.parametrize(
    "typed", ["***", "", "1\x00", "\n", "😀", "x" * 7_000, "-1", "00000", "１", "'; --", "%s{0}"]
)
def test_absurd_answers_repeat_the_screen_or_mean_nothing(buyer: Handset, typed: str) -> None:
    first = buyer.dial()
    shown = buyer.press(typed)
    assert shown.startswith("CON ")
    assert shown.endswith(first.removeprefix("CON "))
    assert rows(buyer.service.database, "collections") == 0
