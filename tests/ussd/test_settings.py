"""Settings of the door, as they stand in the environment."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from ussd.settings import UssdSettings


def test_networks_and_budget_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANDO_AFRICASTALKING_SOURCES", "203.0.113.0/24, 198.51.100.7/32")
    monkeypatch.setenv("BANDO_USSD_BUDGET", "182")
    settings = UssdSettings()
    assert settings.sources == [ip_network("203.0.113.0/24"), ip_network("198.51.100.7/32")]
    assert settings.budget == 182


@pytest.mark.parametrize(
    ("name", "value"), [("BUDGET", "183"), ("BUDGET", "20"), ("PUSH_AFTER_SECONDS", "-1")]
)
def test_values_that_no_network_carries_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"BANDO_USSD_{name}", value)
    with pytest.raises(ValidationError):
        UssdSettings()
