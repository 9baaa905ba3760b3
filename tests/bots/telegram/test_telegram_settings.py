"""Mixed or missing settings of Telegram are told in plain sentences."""

import pytest

from bots.telegram.settings import TelegramSettings

LIVE = {
    "base_url": "https://api.telegram.org",
    "token": "700100:AAtoken_-x",
    "webhook_secret": "0123456789abcdef" * 2,
}


def problems(live: bool, **changed: object) -> list[str]:
    return TelegramSettings.model_validate({**LIVE, **changed}).problems(live)


def test_a_whole_bot_has_no_problems_and_none_has_none() -> None:
    assert problems(True) == []
    assert problems(False, base_url="http://127.0.0.1:8100") == []
    assert problems(True, token="", webhook_secret="", base_url="http://127.0.0.1:8100") == []
    assert not TelegramSettings.model_validate({}).configured
    assert TelegramSettings.model_validate(LIVE).bot_id == 700100


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"base_url": "http://127.0.0.1:8100"}, "BANDO_TELEGRAM_BASE_URL"),
        ({"base_url": "https://api.telegram.org.evil.ke"}, "BANDO_TELEGRAM_BASE_URL"),
        ({"token": "AAtoken"}, "BANDO_TELEGRAM_TOKEN"),
        ({"token": "700100:AA/token"}, "BANDO_TELEGRAM_TOKEN"),
        ({"webhook_secret": ""}, "BANDO_TELEGRAM_WEBHOOK_SECRET"),
        ({"webhook_secret": "short"}, "BANDO_TELEGRAM_WEBHOOK_SECRET"),
        ({"webhook_secret": "x" * 40 + " "}, "BANDO_TELEGRAM_WEBHOOK_SECRET"),
    ],
)
def test_each_problem_is_named(changed: dict[str, object], named: str) -> None:
    (problem,) = problems(True, **changed)
    assert named in problem


def test_a_trial_does_not_write_to_the_world() -> None:
    (problem,) = problems(False)
    assert "loopback" in problem


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDO_TELEGRAM_TOKEN", "700100:canary")
    settings = TelegramSettings()
    assert settings.configured
    assert "canary" not in repr(settings)
