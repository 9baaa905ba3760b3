"""A real database in front of which the doors of the chats stand."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from core.base.database import Database, Route, Routes
from core.base.events import Event

TABLES = ("inbox", "inbox_bodies", "outbox", "deliveries", "evidence")


class Store:
    """What doors leave behind; every event has one listener."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def counts(self) -> tuple[int, ...]:
        """Rows of inbox, bodies, outbox, deliveries and evidence."""
        with self.database.work() as work:
            return tuple(int(work.scalar(f"SELECT count(*) FROM {table}")) for table in TABLES)

    def rows(self, statement: str) -> list[Any]:
        with self.database.work() as work:
            return [tuple(row) for row in work.session.execute(text(statement))]

    def bodies(self, door: str) -> list[bytes]:
        """Of one door, oldest first."""
        found = "SELECT body FROM inbox JOIN inbox_bodies ON id = inbox_id WHERE door = '{}' ORDER BY id"
        return [bytes(row[0]) for row in self.rows(found.format(door))]


@pytest.fixture
def store(open_database: Callable[[Routes], Database]) -> Store:
    def routes(event: type[Event]) -> list[Route]:
        return [Route(f"test.{event.__name__}", "talk")]

    return Store(open_database(routes))
