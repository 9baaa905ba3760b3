"""The doctor on Telegram's webhook and WhatsApp's door: well, and one ailment at a time."""

from collections.abc import Iterator
from typing import Any

import pytest

from bando.compose import AllSettings
from bando.doctor_chats import look_at_chats
from bots.telegram.settings import TelegramSettings
from bots.whatsapp.settings import WhatsAppSettings
from core.base.clock import MachineClock
from core.base.settings import Settings
from tests.bots.provider import Asked, Provider, Reply

DOOR, TOKEN, VERIFY = "0123456789abcdef" * 2, "700100:AAtoken", "verify-me-0123456789"


class Outside:
    """Telegram, and what stands at our public address, on one port."""

    def __init__(self) -> None:
        self.provider = Provider(self._reply)
        self.telegram: dict[str, Any] = {"url": f"{self.provider.url}/telegram/{DOOR}"}
        self.telegram_answer: Reply | None = None
        self.door: Reply | None = None

    def _reply(self, asked: Asked) -> Reply:
        if asked.path == "/whatsapp":
            assert asked.fields["hub.mode"] == "subscribe"
            assert asked.fields["hub.verify_token"] == VERIFY
            return self.door or (200, asked.fields["hub.challenge"].encode())
        told = {"has_custom_certificate": False, "pending_update_count": 0} | self.telegram
        return self.telegram_answer or (200, {"ok": True, "result": told})

    def findings(self, *, telegram: bool = True, whatsapp: bool = True) -> list[str]:
        url = self.provider.url
        settings = AllSettings(
            shared=Settings.model_validate({"public_url": url, "door_secrets": DOOR, "_env_file": None}),
            telegram=TelegramSettings.model_validate(
                {"base_url": url, "token": TOKEN if telegram else "", "webhook_secret": "s" * 32}
            ),
            whatsapp=WhatsAppSettings.model_validate(
                {"token": "EAA" if whatsapp else "", "verify_token": VERIFY}
            ),
        )
        return [finding.line for finding in look_at_chats(settings)]


@pytest.fixture
def outside() -> Iterator[Outside]:
    found = Outside()
    yield found
    found.provider.stop()


def test_all_is_well(outside: Outside) -> None:
    assert outside.findings() == [
        "ok   Telegram sends its updates to our door",
        "ok   our door answers Meta's question at /whatsapp",
    ]


def test_what_is_not_configured_is_not_asked(outside: Outside) -> None:
    assert outside.findings(telegram=False, whatsapp=False) == []
    assert outside.provider.asked == []


@pytest.mark.parametrize("url", ["", "https://elsewhere.example/telegram/x"])
def test_updates_that_go_elsewhere_are_told_with_what_to_do(outside: Outside, url: str) -> None:
    outside.telegram["url"] = url
    (line,) = outside.findings(whatsapp=False)
    assert line == "BAD  Telegram sends its updates elsewhere, or nowhere: run `bando register-urls`"


def test_what_waits_and_what_failed_lately_is_told(outside: Outside) -> None:
    now = int(MachineClock().now().timestamp())
    outside.telegram |= {"pending_update_count": 4_000, "last_error_message": "Wrong response: 502"}
    outside.telegram["last_error_date"] = now - 60
    _, waiting, failed = outside.findings(whatsapp=False)
    assert waiting == "BAD  4000 updates wait at Telegram: does our door answer it?"
    assert failed.startswith("BAD  Telegram could not deliver at ")
    assert failed.endswith("Wrong response: 502")
    outside.telegram |= {"pending_update_count": 3, "last_error_date": now - 86_400}
    assert outside.findings(whatsapp=False) == ["ok   Telegram sends its updates to our door"]


def test_a_token_that_telegram_does_not_know_is_told(outside: Outside) -> None:
    outside.telegram_answer = (401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    (line,) = outside.findings(whatsapp=False)
    assert line == "BAD  Telegram cannot be asked about our door: Telegram does not know our token"


@pytest.mark.parametrize("reply", [(403, b""), (404, b"no"), (200, b"something else")])
def test_a_door_that_answers_wrongly_is_told(outside: Outside, reply: Reply) -> None:
    outside.door = reply
    (line,) = outside.findings(telegram=False)
    assert line.startswith(
        f"BAD  BANDO_PUBLIC_URL answers Meta's question at /whatsapp wrongly (HTTP {reply[0]})"
    )
    assert VERIFY not in line


def test_nobody_at_our_address_is_told_without_the_token(outside: Outside) -> None:
    outside.provider.stop()
    (line,) = outside.findings(telegram=False)
    assert line.startswith(
        "BAD  BANDO_PUBLIC_URL does not answer Meta's question at /whatsapp (ConnectError)"
    )
    assert VERIFY not in line
