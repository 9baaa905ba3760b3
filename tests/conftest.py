"""Real servers for every test: one embedded PostgreSQL and one Valkey a test process, a fresh database a test."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from hypothesis import settings
from sqlalchemy import create_engine, make_url

from bando.embedded import Servers, start
from bando.migrate import migrate
from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring

# Two shared cores: an example may take its time, the suite as a whole may not.
settings.register_profile("bando", deadline=None, max_examples=60)
settings.load_profile("bando")

START = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
"""Sunday, 10:00 in Nairobi: the instant at which every test begins."""
_serial = itertools.count(1)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """The servers of this test process, fsync off, with a migrated template database."""
    home: Path = tmp_path_factory.mktemp("home")
    home.chmod(0o700)
    running = start(home, fsync=False, for_tests=True)
    try:
        migrate(running.owner_url)
        yield running
    finally:
        running.stop()


@pytest.fixture
def database_urls(servers: Servers) -> Iterator[tuple[str, str]]:
    """(owner URL, app URL) of a fresh migrated database, dropped when the test ends."""
    name = f"test_{next(_serial)}"
    owner = make_url(servers.owner_url)
    # Dropping WITH FORCE ends other roles' connections, which only the superuser may do.
    engine = create_engine(servers.superuser_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {owner.database} OWNER {owner.username}")
    try:
        app = make_url(servers.app_url)
        yield (
            owner.set(database=name).render_as_string(hide_password=False),
            app.set(database=name).render_as_string(hide_password=False),
        )
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        engine.dispose()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(["0123456789abcdef" * 4])


@pytest.fixture
def database(database_urls: tuple[str, str], clock: SetClock, keyring: Keyring) -> Iterator[Database]:
    """A Database as the program sees it: the app role, the switchboard's routes, a clock that is set."""
    from core.switchboard import routes

    found = Database(database_urls[1], clock=clock, keyring=keyring, routes=routes)
    yield found
    found.engine.dispose()


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An emptied Valkey."""
    client = redis.Redis.from_url(servers.redis_url)
    client.flushall()
    client.close()
    return servers.redis_url
