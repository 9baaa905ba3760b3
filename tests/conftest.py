"""Real servers for every test: one embedded PostgreSQL and one Valkey a test process, emptied for each test."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import redis
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

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


@pytest.fixture(scope="session")
def test_database(servers: Servers) -> str:
    """The name of this process's database, cloned once from the template; every test finds it emptied."""
    name = "tests"
    owner = make_url(servers.owner_url)
    engine = create_engine(servers.superuser_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {owner.database} OWNER {owner.username}")
    engine.dispose()
    return name


# Deleting the few rows of a test is a hundred times cheaper than a new database; triggers and foreign keys are
# out of the way for this session alone. The journal's fixed accounts and the schema's own rows stay.
_EMPTY = """
DO $$
DECLARE t text; s text;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR t IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'accounts') LOOP
        EXECUTE format('DELETE FROM %I', t);
    END LOOP;
    DELETE FROM accounts WHERE subscriber_id IS NOT NULL;
    FOR s IN SELECT sequencename FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename <> 'accounts_id_seq' LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', s);
    END LOOP;
END $$
"""


@pytest.fixture
def database_urls(servers: Servers, test_database: str) -> tuple[str, str]:
    """(owner URL, app URL) of an emptied, migrated database."""
    engine = create_engine(make_url(servers.superuser_url or "").set(database=test_database))
    with engine.begin() as connection:
        connection.execute(text(_EMPTY))
    engine.dispose()
    owner, app = make_url(servers.owner_url), make_url(servers.app_url)
    return (
        owner.set(database=test_database).render_as_string(hide_password=False),
        app.set(database=test_database).render_as_string(hide_password=False),
    )


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
