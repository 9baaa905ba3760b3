"""Mixed or missing settings are told in plain sentences."""

import pytest
from pydantic import SecretStr, ValidationError

from bots.sms.settings import AfricasTalkingSettings
from core.messaging.settings import SmsSettings

LIVE = {
    "base_url": "https://api.africastalking.com",
    "username": "pwaninet",
    "api_key": SecretStr("key"),
    "sender_id": "PWANINET",
}


def problems(live: bool, **changed: object) -> list[str]:
    return AfricasTalkingSettings.model_validate({**LIVE, **changed}).problems(live)


def test_a_whole_account_has_no_problems() -> None:
    assert problems(True) == []
    assert problems(False, base_url="http://127.0.0.1:8100") == []


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"base_url": "http://127.0.0.1:8100"}, "BANDO_AFRICASTALKING_BASE_URL"),
        ({"base_url": "http://api.africastalking.com"}, "BANDO_AFRICASTALKING_BASE_URL"),
        ({"base_url": "https://api.africastalking.com.evil.ke"}, "BANDO_AFRICASTALKING_BASE_URL"),
        ({"api_key": SecretStr("")}, "BANDO_AFRICASTALKING_API_KEY"),
        ({"username": "sandbox"}, "BANDO_AFRICASTALKING_USERNAME"),
        ({"sender_id": ""}, "BANDO_AFRICASTALKING_SENDER_ID"),
    ],
)
def test_each_problem_of_a_live_account_is_named(changed: dict[str, object], named: str) -> None:
    (problem,) = problems(True, **changed)
    assert named in problem


def test_a_trial_does_not_write_to_the_world() -> None:
    (problem,) = problems(False)
    assert "loopback" in problem


def test_a_sender_name_is_as_long_as_gsm_allows() -> None:
    with pytest.raises(ValidationError):
        problems(True, sender_id="PWANI NET KE")


def test_the_key_is_not_shown() -> None:
    settings = AfricasTalkingSettings.model_validate({**LIVE, "api_key": "canary"})
    assert "canary" not in repr(settings)


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDO_AFRICASTALKING_SOURCES", "10.0.0.0/8, 192.0.2.7/32")
    monkeypatch.setenv("BANDO_SMS_PREFIXES", "2547,2541")
    assert [str(each) for each in AfricasTalkingSettings().sources] == ["10.0.0.0/8", "192.0.2.7/32"]
    assert SmsSettings().allows("254110123456")
    assert not SmsSettings().allows("254200123456")


@pytest.mark.parametrize("prefixes", [[], [""], ["+254"]])
def test_prefixes_are_digits(prefixes: list[str]) -> None:
    assert len(SmsSettings(prefixes=prefixes).problems()) == 1
