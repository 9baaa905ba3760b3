"""Mixed, missing and wrong settings refuse to start, each named in words (M46)."""

from collections.abc import Callable

import pytest

from bando.compose import assemble, pick_clock, read_settings
from core.base.clock import MachineClock, SetClock, TrialClock
from core.base.errors import Misconfigured

DOOR = "0123456789abcdef" * 2
TRIAL = {
    "BANDO_MODE": "trial",
    "BANDO_SECRET_KEY": "a1" * 32,
    "BANDO_DOOR_SECRETS": DOOR,
    "BANDO_PUBLIC_URL": "http://127.0.0.1:8000",
    "BANDO_DARAJA_BASE_URL": "http://127.0.0.1:8100",
    "BANDO_DARAJA_CONSUMER_KEY": "key",
    "BANDO_DARAJA_CONSUMER_SECRET": "secret",
    "BANDO_DARAJA_SHORTCODE": "123456",
    "BANDO_DARAJA_PASSKEY": "passkey",
    "BANDO_AFRICASTALKING_BASE_URL": "http://127.0.0.1:8100",
    "BANDO_AFRICASTALKING_USERNAME": "sandbox",
    "BANDO_AFRICASTALKING_API_KEY": "at-key",
}
LIVE = TRIAL | {
    "BANDO_MODE": "live",
    "BANDO_DATABASE_URL": "postgresql+psycopg://bando_app@db.internal/bando",
    "BANDO_REDIS_URL": "redis://:password@valkey.internal/0",
    "BANDO_PUBLIC_URL": "https://wifi.example.co.ke",
    "BANDO_DARAJA_BASE_URL": "https://api.safaricom.co.ke",
    "BANDO_DARAJA_SHORTCODE": "4123456",
    "BANDO_DARAJA_SOURCES": "196.201.214.0/24",
    "BANDO_AFRICASTALKING_BASE_URL": "https://api.africastalking.com",
    "BANDO_AFRICASTALKING_USERNAME": "pwaninet",
    "BANDO_AFRICASTALKING_SENDER_ID": "PWANINET",
}
ABSENT = ""

SetUp = Callable[[dict[str, str]], None]


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch, tmp_path) -> SetUp:  # type: ignore[no-untyped-def]
    """Only these settings stand in the environment, and there is no .env."""
    import os

    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BANDO_")]:
        monkeypatch.delenv(name)

    def set_all(settings: dict[str, str]) -> None:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)

    return set_all


def _problems(setting: SetUp, settings: dict[str, str]) -> list[str]:
    setting({name: value for name, value in settings.items() if value != ABSENT})
    with pytest.raises(Misconfigured) as refused:
        read_settings()
    return refused.value.problems


@pytest.mark.parametrize("settings", [TRIAL, LIVE], ids=["trial", "live"])
def test_settings_that_fit_together_are_taken(setting: SetUp, settings: dict[str, str]) -> None:
    setting(settings)
    assert read_settings().shared.mode == settings["BANDO_MODE"]


MIXED_TRIAL = {
    "live Daraja": ("BANDO_DARAJA_BASE_URL", "https://api.safaricom.co.ke"),
    "Daraja's own sandbox": ("BANDO_DARAJA_BASE_URL", "https://sandbox.safaricom.co.ke"),
    "a name that looks like loopback": ("BANDO_DARAJA_BASE_URL", "http://127.0.0.1.example.com"),
    "a user that looks like loopback": ("BANDO_DARAJA_BASE_URL", "http://127.0.0.1@example.com"),
    "live Africa's Talking": ("BANDO_AFRICASTALKING_BASE_URL", "https://api.africastalking.com"),
    "a public address": ("BANDO_PUBLIC_URL", "https://wifi.example.co.ke"),
    "no key": ("BANDO_SECRET_KEY", ABSENT),
    "no door secret": ("BANDO_DOOR_SECRETS", ABSENT),
    "a short door secret": ("BANDO_DOOR_SECRETS", "0123456789abcdef"),
    "a door secret that is no hex": ("BANDO_DOOR_SECRETS", "z" * 32),
    "a door secret in capitals": ("BANDO_DOOR_SECRETS", DOOR.upper()),
    "one of two door secrets is short": ("BANDO_DOOR_SECRETS", f"{DOOR},abc"),
    "no consumer key": ("BANDO_DARAJA_CONSUMER_KEY", ABSENT),
    "no consumer secret": ("BANDO_DARAJA_CONSUMER_SECRET", ABSENT),
    "no shortcode": ("BANDO_DARAJA_SHORTCODE", ABSENT),
    "no passkey": ("BANDO_DARAJA_PASSKEY", ABSENT),
    "no SMS key": ("BANDO_AFRICASTALKING_API_KEY", ABSENT),
    "numbers that begin with a name": ("BANDO_SMS_PREFIXES", "kenya"),
}
MIXED_LIVE = {
    "loopback Daraja": ("BANDO_DARAJA_BASE_URL", "http://127.0.0.1:8100"),
    "Daraja's own sandbox": ("BANDO_DARAJA_BASE_URL", "https://sandbox.safaricom.co.ke"),
    "Daraja without TLS": ("BANDO_DARAJA_BASE_URL", "http://api.safaricom.co.ke"),
    "a name that looks like Daraja's": ("BANDO_DARAJA_BASE_URL", "https://api.safaricom.co.ke.example.com"),
    "a user that looks like Daraja": ("BANDO_DARAJA_BASE_URL", "https://api.safaricom.co.ke@example.com"),
    "the sandbox's paybill": ("BANDO_DARAJA_SHORTCODE", "174379"),
    "no list of sources": ("BANDO_DARAJA_SOURCES", ABSENT),
    "loopback Africa's Talking": ("BANDO_AFRICASTALKING_BASE_URL", "http://127.0.0.1:8100"),
    "Africa's Talking's sandbox": ("BANDO_AFRICASTALKING_BASE_URL", "https://api.sandbox.africastalking.com"),
    "the sandbox's user": ("BANDO_AFRICASTALKING_USERNAME", "sandbox"),
    "no sender": ("BANDO_AFRICASTALKING_SENDER_ID", ABSENT),
    "a clock that can be moved": ("BANDO_TRIAL_CLOCK", "/tmp/clock"),  # noqa: S108
    "the embedded PostgreSQL": ("BANDO_DATABASE_URL", ABSENT),
    "the embedded Valkey": ("BANDO_REDIS_URL", ABSENT),
    "a public address without TLS": ("BANDO_PUBLIC_URL", "http://wifi.example.co.ke"),
    "a loopback public address": ("BANDO_PUBLIC_URL", "https://127.0.0.1"),
    "no key": ("BANDO_SECRET_KEY", ABSENT),
    "no door secret": ("BANDO_DOOR_SECRETS", ABSENT),
}


@pytest.mark.parametrize(("name", "value"), MIXED_TRIAL.values(), ids=MIXED_TRIAL)
def test_a_trial_refuses_one_odd_setting_and_names_it(setting: SetUp, name: str, value: str) -> None:
    problems = _problems(setting, TRIAL | {name: value})
    assert [problem for problem in problems if name not in problem] == []


@pytest.mark.parametrize(("name", "value"), MIXED_LIVE.values(), ids=MIXED_LIVE)
def test_live_refuses_one_odd_setting_and_names_it(setting: SetUp, name: str, value: str) -> None:
    problems = _problems(setting, LIVE | {name: value})
    assert [problem for problem in problems if name not in problem] == []


def test_everything_that_is_wrong_is_named_at_once(setting: SetUp) -> None:
    problems = _problems(setting, TRIAL | {"BANDO_MODE": "live"})
    for name in sorted(LIVE.keys() - {"BANDO_MODE", "BANDO_SECRET_KEY", "BANDO_DOOR_SECRETS"}):
        if LIVE[name] != TRIAL.get(name) and name != "BANDO_DARAJA_SHORTCODE":
            assert any(name in problem for problem in problems), name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BANDO_MODE", "production"),
        ("BANDO_PORT", "eighty"),
        ("BANDO_ROUTER_NETWORKS", "10.0.0.0/33"),
        ("BANDO_DARAJA_SHORTCODE", "abc"),
        ("BANDO_SERVICE_CODE", "384"),
    ],
)
def test_what_cannot_be_read_is_named(setting: SetUp, name: str, value: str) -> None:
    problems = " ".join(_problems(setting, TRIAL | {name: value})).lower()
    assert name.removeprefix("BANDO_").removeprefix("DARAJA_").lower() in problems


def test_no_problem_shows_a_secret(setting: SetUp) -> None:
    secrets = {"BANDO_DOOR_SECRETS": "short-door-secret", "BANDO_SECRET_KEY": "typed-by-hand"}
    problems = _problems(setting, TRIAL | secrets)
    assert not [problem for problem in problems for secret in secrets.values() if secret in problem]


def test_a_typed_key_is_refused_before_anything_is_assembled(setting: SetUp) -> None:
    setting(LIVE | {"BANDO_SECRET_KEY": "typed-by-hand"})
    with pytest.raises(Misconfigured, match="BANDO_SECRET_KEY"):
        assemble(read_settings())


def test_without_servers_nothing_is_assembled(setting: SetUp) -> None:
    setting(TRIAL)
    with pytest.raises(Misconfigured, match="BANDO_DATABASE_URL"):
        assemble(read_settings())


def test_only_a_trial_s_clock_can_be_moved(setting: SetUp, tmp_path) -> None:  # type: ignore[no-untyped-def]
    setting(TRIAL)
    assert isinstance(pick_clock(read_settings().shared), MachineClock)
    setting({"BANDO_TRIAL_CLOCK": str(tmp_path / "clock")})
    shared = read_settings().shared
    assert isinstance(pick_clock(shared), TrialClock)
    assert isinstance(pick_clock(shared.model_copy(update={"mode": "live"})), MachineClock)
    assert not isinstance(pick_clock(shared), SetClock)
