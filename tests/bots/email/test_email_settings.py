"""The mail server's settings: none at all is no channel, and live mail is encrypted."""

import pytest

from bots.email.settings import EmailSettings

LIVE = {"host": "mail.example.com", "sender": "wifi@pwani.example"}
TRIAL = {"host": "127.0.0.1", "sender": "wifi@pwani.example", "tls": "none"}


def made(**values: object) -> EmailSettings:
    return EmailSettings.model_validate(values)


def test_without_a_host_there_is_no_channel_and_no_problem() -> None:
    assert not made().configured
    assert made(tls="none").problems(live=True) == []


@pytest.mark.parametrize(("values", "live"), [(LIVE, True), (TRIAL, False), ({**LIVE, "tls": "tls"}, True)])
def test_what_is_right(values: dict[str, object], live: bool) -> None:
    assert made(**values).configured
    assert made(**values).problems(live) == []


@pytest.mark.parametrize(
    ("values", "live", "named"),
    [
        ({**LIVE, "tls": "none"}, True, "BANDO_EMAIL_TLS"),
        (TRIAL, True, "BANDO_EMAIL_HOST"),
        (LIVE, False, "BANDO_EMAIL_HOST"),
        ({**LIVE, "sender": ""}, True, "BANDO_EMAIL_SENDER"),
        ({**LIVE, "sender": "a@b.c\r\nBcc: x@y.z"}, True, "BANDO_EMAIL_SENDER"),
        ({**LIVE, "username": "wifi"}, True, "BANDO_EMAIL_PASSWORD"),
        ({**LIVE, "password": "p"}, True, "BANDO_EMAIL_USERNAME"),
    ],
)
def test_what_is_missing_or_mixed_is_named(values: dict[str, object], live: bool, named: str) -> None:
    assert any(named in problem for problem in made(**values).problems(live))
