"""One database for all transcripts of a language and a way to talk: each is held by a number of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from bando.embedded import Servers
from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from core.switchboard import routes
from tests.conftest import START
from tests.core.conversation.chatting import CHANNELS, ChatHouse
from tests.ussd.provider import Provider

KEY = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def places(servers: Servers) -> Iterator[dict[tuple[str, str], str]]:
    """A migrated database for each language and each way to talk, by the URL of the program's role."""
    engine = create_engine(servers.superuser_url, isolation_level="AUTOCOMMIT")
    owner, app = make_url(servers.owner_url), make_url(servers.app_url)
    found = {}
    with engine.connect() as connection:
        for language in ("en", "sw"):
            for way in ("ussd", *CHANNELS):
                name = f"talk_{language}_{way}"
                connection.exec_driver_sql(
                    f"CREATE DATABASE {name} TEMPLATE {owner.database} OWNER {owner.username}"
                )
                found[language, way] = app.set(database=name).render_as_string(hide_password=False)
    yield found
    with engine.connect() as connection:
        for language, way in found:
            connection.exec_driver_sql(f"DROP DATABASE talk_{language}_{way} WITH (FORCE)")
    engine.dispose()


@pytest.fixture(scope="module")
def providers(places: dict[tuple[str, str], str]) -> Iterator[dict[str, Provider]]:
    """The provider that is dialled, for each language, as the program sees it."""
    found = {}
    for language in ("en", "sw"):
        clock = SetClock(START)
        database = Database(places[language, "ussd"], clock=clock, keyring=Keyring([KEY]), routes=routes)
        found[language] = Provider(database, clock)
    yield found
    for provider in found.values():
        provider.database.engine.dispose()


@pytest.fixture(scope="module")
def chats(places: dict[tuple[str, str], str], servers: Servers) -> Iterator[dict[tuple[str, str], ChatHouse]]:
    """The same provider in each chat, for each language."""
    found = {
        (language, way): ChatHouse(url, servers.redis_url, SetClock(START), Keyring([KEY]))
        for (language, way), url in places.items()
        if way in CHANNELS
    }
    yield found
    for house in found.values():
        house.close()


# What a test wrote goes, the provider's sites and plans stay: a tenth of the time of an emptied database.
_SWEEP = """
DO $$
DECLARE t text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
        AND tablename NOT IN ('alembic_version', 'accounts', 'plans', 'sites', 'plan_sites', 'settings_history') LOOP
        EXECUTE format('DELETE FROM %I', t);
    END LOOP;
    DELETE FROM accounts WHERE subscriber_id IS NOT NULL;
    PERFORM setval(pg_get_serial_sequence('inbox', 'id'), 1, false);
END $$
"""


@pytest.fixture(scope="module")
def swept_house(servers: Servers) -> Iterator[tuple[ChatHouse, Engine]]:
    """Chats of a small provider, for all tests of a module, and the superuser's connection for the broom."""
    name, owner = "talk_house", make_url(servers.owner_url)
    server = create_engine(servers.superuser_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {owner.database} OWNER {owner.username}")
    url = make_url(servers.app_url).set(database=name).render_as_string(hide_password=False)
    house = ChatHouse(url, servers.redis_url, SetClock(START), Keyring([KEY]))
    broom = create_engine(make_url(servers.superuser_url or "").set(database=name))
    yield house, broom
    house.close()
    broom.dispose()
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    server.dispose()


@pytest.fixture
def house(swept_house: tuple[ChatHouse, Engine]) -> ChatHouse:
    """The same, with nobody known and nothing said yet."""
    house, broom = swept_house
    with broom.begin() as connection:
        connection.execute(text(_SWEEP))
    house.redis.flushall()
    house.clock.at = START
    house.reset()
    return house
