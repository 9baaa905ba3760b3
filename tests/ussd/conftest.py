"""One database for all tests of the door; what a test wrote is wiped before the next."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from bando.embedded import Servers
from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from core.switchboard import routes
from tests.ussd.handset import PHONE, Handset, Service
from tests.ussd.provider import Provider

NAME = "door"


@pytest.fixture(scope="module")
def door_database(servers: Servers) -> Iterator[tuple[Engine, str]]:
    """The superuser's engine and the program's URL."""
    owner = make_url(servers.owner_url)
    server = create_engine(servers.superuser_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {NAME} TEMPLATE {owner.database} OWNER {owner.username}")
    engine = create_engine(make_url(servers.superuser_url).set(database=NAME))
    yield engine, make_url(servers.app_url).set(database=NAME).render_as_string(hide_password=False)
    engine.dispose()
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {NAME} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def database(door_database: tuple[Engine, str], clock: SetClock, keyring: Keyring) -> Iterator[Database]:
    engine, url = door_database
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # no guard stops a test's broom
        for table in connection.execute(text(WRITTEN)).scalars().all():
            connection.execute(text(f"DELETE FROM {table}"))
    found = Database(url, clock=clock, keyring=keyring, routes=routes)
    yield found
    found.engine.dispose()


WRITTEN = """
    SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = 'public'
    AND c.relname NOT IN ('alembic_version', 'accounts', 'invoice_series')
"""


@pytest.fixture
def service(database: Database, redis_url: str, clock: SetClock, keyring: Keyring) -> Iterator[Service]:
    with Service(database, redis_url, clock, keyring) as opened:
        yield opened


@pytest.fixture
def buyer(service: Service) -> Handset:
    """A hotspot buyer's phone."""
    Provider(service.database, service.clock).hotspot_buyer(PHONE, "en")
    return Handset(service, PHONE)
