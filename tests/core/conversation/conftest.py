"""One database for all transcripts of a language: each is held by a number of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, make_url

from bando.embedded import Servers
from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from core.switchboard import routes
from tests.conftest import START
from tests.ussd.provider import Provider


@pytest.fixture(scope="module")
def providers(servers: Servers) -> Iterator[dict[str, Provider]]:
    """A provider for each language, on a migrated database as the program sees it."""
    found = {}
    engine = create_engine(servers.superuser_url, isolation_level="AUTOCOMMIT")
    owner = make_url(servers.owner_url)
    for language in ("en", "sw"):
        name = f"talk_{language}"
        with engine.connect() as connection:
            connection.exec_driver_sql(
                f"CREATE DATABASE {name} TEMPLATE {owner.database} OWNER {owner.username}"
            )
        url = make_url(servers.app_url).set(database=name).render_as_string(hide_password=False)
        clock = SetClock(START)
        keyring = Keyring(["0123456789abcdef" * 4])
        found[language] = Provider(Database(url, clock=clock, keyring=keyring, routes=routes), clock)
    yield found
    for language, provider in found.items():
        provider.database.engine.dispose()
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE talk_{language} WITH (FORCE)")
    engine.dispose()
