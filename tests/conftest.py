"""Real servers for every test: one embedded PostgreSQL and one Valkey a test process, emptied for each test."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from hypothesis import settings
from sqlalchemy import Engine, create_engine, make_url

from bando.embedded import Servers, start
from bando.migrate import migrate
from core.base.clock import SetClock
from core.base.database import Database, Routes
from core.base.secrets import Keyring
from tests import spread

# No test speaks TLS with the world. Reading a system's list of authorities for each client takes longer than a test.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull

# Two shared cores: an example may take its time, the suite as a whole may not.
settings.register_profile("bando", deadline=None, max_examples=45)
settings.load_profile("bando")

START = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
"""Sunday, 10:00 in Nairobi: the instant at which every test begins."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):  # one of several processes
        spread.longest_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> spread.Spread:
    config.option.loadscopereorder = False  # the number of tests says little of their time
    return spread.Spread(config, log)


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
# out of the way for this session alone. The journal's fixed accounts, the policy "home" and the schema's own rows
# stay. Connections that hold nothing may stay for the next test; whoever is still at work, or holds a lock, is ended.
# A call that comes late from the test before waits until all is empty: else its row stood in the way of a number that
# is drawn again.
_EMPTY = """
DO $$
DECLARE t text; s record; found boolean;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND (state IS DISTINCT FROM 'idle' OR pid IN (SELECT pid FROM pg_locks));
    EXECUTE (SELECT 'LOCK TABLE ' || string_agg(quote_ident(tablename), ', ') || ' IN SHARE ROW EXCLUSIVE MODE'
        FROM pg_tables WHERE schemaname = 'public');
    SET LOCAL session_replication_role = replica;
    FOR t IN SELECT tablename FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN
            ('alembic_version', 'accounts', 'dunning_policies', 'dunning_steps', 'calendar_days') LOOP
        EXECUTE format('DELETE FROM %I', t);
    END LOOP;
    DELETE FROM accounts WHERE subscriber_id IS NOT NULL;
    DELETE FROM dunning_steps WHERE policy_id > 1;
    DELETE FROM dunning_policies WHERE id > 1;
    FOR s IN SELECT sequencename, start_value FROM pg_sequences
        WHERE schemaname = 'public' AND last_value IS NOT NULL AND sequencename NOT IN
            ('accounts_id_seq', 'dunning_policies_id_seq', 'dunning_steps_id_seq', 'calendar_days_id_seq') LOOP
        PERFORM setval(quote_ident(s.sequencename)::regclass, s.start_value, false);
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def broom(servers: Servers, test_database: str) -> Iterator[psycopg.Connection]:
    """The superuser's connection that empties the tests' database, kept: a new one knows no table yet."""
    url = make_url(servers.superuser_url or "").set(drivername="postgresql", database=test_database)
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def standing_engine(servers: Servers, test_database: str) -> Iterator[Engine]:
    """The program's connections and compiled statements, kept from test to test."""
    url = make_url(servers.app_url).set(database=test_database).render_as_string(hide_password=False)
    engine = Database(url, clock=SetClock(START), keyring=Keyring(["00" * 32]), routes=lambda _: ()).engine
    yield engine
    engine.dispose()


def sweep(broom: psycopg.Connection) -> None:
    """Empty the database; once more where a late call of an earlier test holds one table and waits for another."""
    for _ in range(4):
        try:
            broom.execute(_EMPTY)
            return
        except psycopg.errors.DeadlockDetected:
            continue
    broom.execute(_EMPTY)


@pytest.fixture
def database_urls(servers: Servers, test_database: str, broom: psycopg.Connection) -> tuple[str, str]:
    """(owner URL, app URL) of an emptied, migrated database."""
    sweep(broom)
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
def open_database(
    database_urls: tuple[str, str], standing_engine: Engine, clock: SetClock, keyring: Keyring
) -> Callable[[Routes], Database]:
    """A Database of the app role on the kept connections; what a test listens to on its engine is heard there alone."""

    def open_with(routes: Routes) -> Database:
        found = Database(database_urls[1], clock=clock, keyring=keyring, routes=routes)
        found.engine = standing_engine.execution_options()
        return found

    return open_with


@pytest.fixture
def database(open_database: Callable[[Routes], Database]) -> Database:
    """A Database as the program sees it: the app role, the switchboard's routes, a clock that is set."""
    from core.switchboard import routes

    return open_database(routes)


@pytest.fixture
def redis_url(servers: Servers) -> str:
    """An emptied Valkey."""
    client = redis.Redis.from_url(servers.redis_url)
    client.flushall()
    client.close()
    return servers.redis_url
