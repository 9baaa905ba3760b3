"""Mixed or missing settings of WhatsApp are told in plain sentences."""

import pytest

from bots.whatsapp.settings import WhatsAppSettings

LIVE = {
    "base_url": "https://graph.facebook.com",
    "phone_number_id": "5550001",
    "token": "EAAtoken",
    "app_secrets": "0123456789abcdef,fedcba9876543210",
    "verify_token": "0123456789abcdef",
}


def problems(live: bool, **changed: object) -> list[str]:
    return WhatsAppSettings.model_validate({**LIVE, **changed}).problems(live)


def test_a_whole_number_has_no_problems_and_none_has_none() -> None:
    assert problems(True) == []
    assert problems(False, base_url="http://127.0.0.1:8100") == []
    assert problems(True, token="", app_secrets="", base_url="http://127.0.0.1:8100") == []
    assert not WhatsAppSettings.model_validate({}).configured


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"base_url": "http://127.0.0.1:8100"}, "BANDO_WHATSAPP_BASE_URL"),
        ({"base_url": "https://graph.facebook.com.evil.ke"}, "BANDO_WHATSAPP_BASE_URL"),
        ({"version": "26"}, "BANDO_WHATSAPP_VERSION"),
        ({"phone_number_id": "+254709000001"}, "BANDO_WHATSAPP_PHONE_NUMBER_ID"),
        ({"app_secrets": ""}, "BANDO_WHATSAPP_APP_SECRETS"),
        ({"app_secrets": "0123456789abcdef,short"}, "BANDO_WHATSAPP_APP_SECRETS"),
        ({"verify_token": ""}, "BANDO_WHATSAPP_VERIFY_TOKEN"),
    ],
)
def test_each_problem_is_named(changed: dict[str, object], named: str) -> None:
    (problem,) = problems(True, **changed)
    assert named in problem


def test_a_trial_does_not_write_to_the_world() -> None:
    (problem,) = problems(False)
    assert "loopback" in problem


def test_settings_are_read_from_the_environment_and_secrets_are_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BANDO_WHATSAPP_APP_SECRETS", "canary-one, canary-two")
    monkeypatch.setenv("BANDO_WHATSAPP_TOKEN", "canary-three")
    settings = WhatsAppSettings()
    assert [secret.get_secret_value() for secret in settings.app_secrets] == ["canary-one", "canary-two"]
    assert "canary" not in repr(settings)
