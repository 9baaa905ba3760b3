"""The doctor on real servers: a healthy house, and one ailment at a time."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import create_engine, make_url, text

from bando.doctor import examine
from bando.embedded import Servers
from core.base.clock import MachineClock, SetClock
from core.base.database import Database, Route
from core.base.keymarks import check_keys
from core.base.secrets import Keyring
from core.billing.events import AccessChanged
from core.switchboard import routes

KEY, OLDER = "a1" * 32, "b2" * 32
DOOR = "0123456789abcdef" * 2
SECRETS = {
    "BANDO_SECRET_KEY": KEY,
    "BANDO_DOOR_SECRETS": DOOR,
    "BANDO_DARAJA_CONSUMER_KEY": "consumer-key-of-ours",
    "BANDO_DARAJA_CONSUMER_SECRET": "consumer-secret-of-ours",
    "BANDO_DARAJA_PASSKEY": "passkey-of-ours",
    "BANDO_AFRICASTALKING_API_KEY": "api-key-of-ours",
}

Set = Callable[[str, str], None]


@pytest.fixture
def setting(
    database_urls: tuple[str, str], redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Set:
    """A trial's settings on the test's own servers; returns a way to change one."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BANDO_")]:
        monkeypatch.delenv(name)
    settings = SECRETS | {
        "BANDO_DARAJA_SHORTCODE": "123456",
        "BANDO_DATABASE_URL": database_urls[1],
        "BANDO_REDIS_URL": redis_url,
        "BANDO_HOME": str(tmp_path / "home"),
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    return monkeypatch.setenv


@pytest.fixture
def house(setting: Set, database_urls: tuple[str, str]) -> Iterator[Database]:
    """The same database as the program would open it, with its key noted."""
    found = Database(database_urls[1], clock=MachineClock(), keyring=Keyring([KEY]), routes=routes)
    with found.work() as work:
        check_keys(work)
    yield found
    found.engine.dispose()


def _bad() -> list[str]:
    return [finding.line for finding in examine() if finding.bad]


def test_a_healthy_house_is_told_in_good_lines(house: Database) -> None:
    found = examine()
    assert [finding.line for finding in found if finding.bad] == []
    assert len(found) >= 12
    assert all(finding.line.startswith("ok   ") and len(finding.line.splitlines()) == 1 for finding in found)


def test_no_line_holds_a_secret(house: Database, setting: Set, redis_url: str) -> None:
    setting("BANDO_DARAJA_BASE_URL", "https://api.safaricom.co.ke")
    setting("BANDO_REDIS_URL", redis_url.replace("redis://:", "redis://:not-"))
    password = make_url(redis_url).password
    told = " ".join(finding.line for finding in examine())
    assert [secret for secret in [*SECRETS.values(), password] if secret and secret in told] == []


def test_a_setting_that_cannot_be_read_is_named(house: Database, setting: Set) -> None:
    setting("BANDO_MODE", "production")
    (line,) = _bad()
    assert "MODE" in line


def test_mixed_settings_are_told_and_the_rest_is_still_looked_at(house: Database, setting: Set) -> None:
    setting("BANDO_DARAJA_BASE_URL", "https://api.safaricom.co.ke")
    found = [finding.line for finding in examine()]
    assert "BAD  BANDO_DARAJA_BASE_URL must be a loopback address in trial mode" in found
    assert "ok   PostgreSQL answers" in found
    assert "ok   Valkey answers" in found


def test_settings_that_are_not_there_are_told_once(setting: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BANDO_DATABASE_URL")
    monkeypatch.delenv("BANDO_SECRET_KEY")
    bad = _bad()
    assert len(bad) == len(set(bad)) == 2


def test_servers_that_do_not_answer_are_told(setting: Set) -> None:
    setting("BANDO_DATABASE_URL", "postgresql+psycopg://bando_app:pw@127.0.0.1:1/bando")
    setting("BANDO_REDIS_URL", "redis://127.0.0.1:1/0")
    bad = _bad()
    assert [line.split(":")[0] for line in bad] == [
        "BAD  PostgreSQL does not answer as it should",
        "BAD  Valkey does not answer as it should",
    ]


def test_a_valkey_that_forgets_or_drops_is_told(house: Database, redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    try:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("appendonly", "no")
        assert _bad() == [
            "BAD  Valkey: set appendonly to yes",
            "BAD  Valkey: set maxmemory-policy to noeviction",
        ]
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "yes")
        client.close()


def test_a_valkey_without_a_password_is_told(house: Database, redis_url: str) -> None:
    client = redis.Redis.from_url(redis_url)
    password = make_url(redis_url).password
    try:
        client.config_set("requirepass", "")
        assert _bad() == ["BAD  Valkey answers anybody without a password: set requirepass"]
    finally:
        client.config_set("requirepass", password)
        client.close()


def test_a_role_that_could_rewrite_the_past_is_told(
    house: Database, setting: Set, database_urls: tuple[str, str], servers: Servers
) -> None:
    setting("BANDO_DATABASE_URL", database_urls[0])
    assert any("as the owner of" in line for line in _bad())
    superuser = make_url(servers.superuser_url).set(database=make_url(database_urls[0]).database)
    setting("BANDO_DATABASE_URL", superuser.render_as_string(hide_password=False))
    assert any("as a superuser" in line for line in _bad())


def test_another_schema_is_told(house: Database, database_urls: tuple[str, str]) -> None:
    owner = create_engine(database_urls[0])
    try:
        with owner.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'x' || version_num")
        assert _bad() == ["BAD  the database has another schema: run `bando migrate`"]
    finally:
        with owner.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = substr(version_num, 2)")
        owner.dispose()


def test_a_wrong_key_is_told_and_nothing_is_written(house: Database, setting: Set) -> None:
    setting("BANDO_SECRET_KEY", OLDER)
    assert _bad() == ["BAD  BANDO_SECRET_KEY opens nothing in this database: it was written with another key"]
    with house.work() as work:
        assert work.scalar("SELECT count(*) FROM key_marks") == 1


def test_a_key_that_is_missing_from_the_list_is_told(house: Database, setting: Set) -> None:
    house.keyring = Keyring([OLDER, KEY])
    with house.work() as work:
        check_keys(work)
    assert _bad() == ["BAD  BANDO_SECRET_KEY lacks a key that this database was written with"]


def test_rows_on_an_older_key_are_counted(house: Database, setting: Set) -> None:
    with house.work() as work:
        row = work.next_id("gateway_tokens")
        sealed = work.keyring.seal("token", table="gateway_tokens", column="token_sealed", row=row)
        work.session.execute(
            text("INSERT INTO gateway_tokens (id, gateway, token_sealed) VALUES (:id, 'mpesa', :sealed)"),
            {"id": row, "sealed": sealed},
        )
    setting("BANDO_SECRET_KEY", f"{OLDER},{KEY}")
    assert _bad() == ["BAD  1 rows of gateway_tokens are sealed with an older key: run `bando keys rotate`"]


def test_work_that_waits_or_was_given_up_and_open_incidents_are_told(house: Database) -> None:
    house.clock = SetClock(MachineClock().now() - timedelta(hours=1))
    with house.work() as work:
        work.record_all([AccessChanged(1), AccessChanged(2)], only_to=Route("test.note", "notify"))
    with house.work() as work:
        work.session.execute(
            text("UPDATE deliveries SET given_up_at = now() WHERE id = (SELECT min(id) FROM deliveries)")
        )
        work.session.execute(
            text("INSERT INTO incidents (kind, key, at, detail) VALUES ('x', 'x', now(), 'x')")
        )
    bad = _bad()
    assert bad[0] == "BAD  1 deliveries were given up: each has an incident that says why"
    assert bad[1].startswith("BAD  a delivery is due since 360")
    assert bad[2:] == ["BAD  1 incidents are open: somebody must look at them"]


def test_routers_that_are_away_are_named(house: Database) -> None:
    with house.work() as work:
        work.session.execute(text("INSERT INTO sites (name) VALUES ('Town')"))
        work.session.execute(
            text(
                "INSERT INTO routers (site_id, name, host, port, username, password_sealed, serves_pppoe, "
                "serves_hotspot, away_since) VALUES (1, 'town-1', '10.0.0.1', 8728, 'bando', :sealed, true, "
                "true, now())"
            ),
            {"sealed": house.keyring.seal("x", table="routers", column="password_sealed", row=1)},
        )
    assert _bad() == ["BAD  router town-1 does not answer"]


def _certificate(path: Path, until: datetime) -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, until - timedelta(days=9), until)
    path.write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda path: None, "cannot be read: No such file"),
        (lambda path: path.write_text("-----BEGIN CERTIFICATE-----\nx\n"), "is no certificate in PEM"),
        (lambda path: _certificate(path, datetime(2020, 1, 1, tzinfo=UTC)), "valid until 01/01/2020"),
    ],
    ids=["missing", "broken", "over"],
)
def test_a_certificate_that_does_not_serve_is_told(
    house: Database, setting: Set, tmp_path: Path, prepare: Callable[[Path], None], words: str
) -> None:
    prepare(tmp_path / "daraja.pem")
    setting("BANDO_DARAJA_CERTIFICATE", str(tmp_path / "daraja.pem"))
    (line,) = _bad()
    assert words in line


def test_a_certificate_that_holds_is_told(house: Database, setting: Set, tmp_path: Path) -> None:
    _certificate(tmp_path / "daraja.pem", datetime(2099, 12, 31, tzinfo=UTC))
    setting("BANDO_DARAJA_CERTIFICATE", str(tmp_path / "daraja.pem"))
    assert "ok   BANDO_DARAJA_CERTIFICATE: valid until 31/12/2099" in [finding.line for finding in examine()]


def test_an_initiator_without_a_certificate_is_told(house: Database, setting: Set) -> None:
    setting("BANDO_DARAJA_INITIATOR", "bando")
    (line,) = _bad()
    assert "BANDO_DARAJA_CERTIFICATE is not set" in line


def test_files_that_others_can_read_are_told(house: Database, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("")
    (tmp_path / ".env").chmod(0o644)
    assert _bad() == ["BAD  .env can be read by other users of this machine: take their rights away"]


def test_a_trial_s_servers_and_keys_are_not_for_live(
    house: Database, setting: Set, tmp_path: Path, redis_url: str
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "servers.json").write_text(f'{{"valkey_port": {make_url(redis_url).port}, "postgres_port": 1}}')
    (home / "trial.json").write_text(f'{{"settings": {{"BANDO_SECRET_KEY": "{KEY}"}}}}')
    assert _bad() == []
    setting("BANDO_MODE", "live")
    bad = _bad()
    assert "BAD  BANDO_REDIS_URL points at the embedded server, which is for trials only" in bad
    assert "BAD  BANDO_SECRET_KEY is that of a trial: draw another one for live mode" in bad
    assert not [line for line in bad if "BANDO_DATABASE_URL points" in line]


def test_a_door_secret_that_is_also_a_key_is_told(house: Database, setting: Set) -> None:
    setting("BANDO_DOOR_SECRETS", KEY)
    (line,) = _bad()
    assert "holds a key of BANDO_SECRET_KEY" in line
