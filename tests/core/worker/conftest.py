"""The real servers below the machinery."""

import signal
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

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


@pytest.fixture(autouse=True)
def lines() -> Iterator[list[MutableMapping[str, Any]]]:
    """The log lines of the test, not written out: tracebacks in colour take longer than the tests."""
    with structlog.testing.capture_logs() as captured:
        yield captured
