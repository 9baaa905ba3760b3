"""The real servers below the machinery."""

import signal
from collections.abc import Iterator

import pytest

from core.base.database import Database
from core.worker import queues
from tests.core.worker.house import House


@pytest.fixture
def house(database: Database, redis_url: str) -> Iterator[House]:
    connection = queues.connect(redis_url)
    yield House(database, connection)
    connection.close()


@pytest.fixture(autouse=True)
def _signals_as_before() -> Iterator[None]:
    """RQ's worker takes the signals and leaves its own handlers behind."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
