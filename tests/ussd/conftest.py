"""The USSD door on real servers, and a phone that dials it."""

from collections.abc import Iterator

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from tests.ussd.handset import PHONE, Handset, Service
from tests.ussd.provider import Provider


@pytest.fixture
def service(database: Database, redis_url: str, clock: SetClock, keyring: Keyring) -> Iterator[Service]:
    with Service(database, redis_url, clock, keyring) as opened:
        yield opened


@pytest.fixture
def buyer(service: Service) -> Handset:
    """A hotspot buyer's phone."""
    Provider(service.database, service.clock).hotspot_buyer(PHONE, "en")
    return Handset(service, PHONE)
