"""`bando doctor`: what is missing or wrong, one plain sentence a line, good ones too. None holds a secret."""

import json
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from cryptography import x509
from pydantic import ValidationError
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from bando.compose import AllSettings, Program, assemble
from bando.doctor_chats import look_at_chats
from bando.findings import Finding
from bando.findings import amiss as _bad
from bando.findings import fine as _ok
from bando.keys import rows_on_old_keys
from bando.migrate import is_current
from core.base.clock import MachineClock
from core.base.database import Work
from core.base.errors import Misconfigured
from core.base.keymarks import known_marks
from core.base.log import mask
from core.base.settings import Settings, is_loopback

CLOCKS_APART_SECONDS = 5
DUE_TOO_LONG_SECONDS = 120
"""A delivery that is due for so long waits for a worker or a relay that is not there."""
_ONCE: dict[str, Any] = {"socket_timeout": 3, "socket_connect_timeout": 3, "retry": Retry(NoBackoff(), 0)}
"""A doctor asks Valkey once, and not for long."""

_TROUBLES = text(
    """
    SELECT
        (SELECT count(*) FROM deliveries WHERE given_up_at IS NOT NULL) AS given_up,
        (SELECT coalesce(extract(epoch FROM CAST(:now AS timestamptz) - min(available_at)), 0)::bigint
            FROM deliveries
            WHERE finished_at IS NULL AND given_up_at IS NULL AND available_at <= :now) AS due,
        (SELECT count(*) FROM incidents WHERE closed_at IS NULL) AS incidents
    """
)
_AWAY = text("SELECT name FROM routers WHERE away_since IS NOT NULL ORDER BY name")
_BEHIND = text(
    """
    SELECT r.name, count(*) AS accounts
    FROM router_accounts ra
    JOIN access_accounts a ON a.id = ra.account_id JOIN routers r ON r.id = ra.router_id
    WHERE ra.applied_revision < a.revision GROUP BY r.name ORDER BY r.name
    """
)
_RIGHTS = text(
    """
    SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
        (SELECT count(*) FROM pg_class c JOIN pg_roles o ON o.oid = c.relowner
            WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
            AND pg_has_role(current_user, o.oid, 'MEMBER')) AS owned
    """
)


def examine() -> list[Finding]:
    """Look at everything that can be looked at from here. Never raises for what it finds."""
    try:
        settings = AllSettings()
    except ValidationError as error:
        return [_bad(f"{_setting_name(problem['loc'])}: {problem['msg']}") for problem in error.errors()]
    found = [_bad(problem) for problem in settings.problems()]
    if not found:
        found.append(_ok(f"the settings fit together, for {settings.shared.mode} mode"))
    for look in (_door_secrets, _certificate, _private_files, _of_a_trial):
        found += look(settings)
    try:
        program = assemble(settings)
    except Misconfigured as error:
        return [*found, *(_bad(problem) for problem in error.problems if _bad(problem) not in found)]
    try:
        found += _database(program)
    finally:
        program.database.engine.dispose()
    return [*found, *_valkey(settings.shared), *look_at_chats(settings)]


def _setting_name(where: tuple[int | str, ...]) -> str:
    name = ".".join(str(part) for part in where).upper()
    return name if name.startswith("BANDO_") else f"the setting …{name}"


def _door_secrets(settings: AllSettings) -> Iterator[Finding]:
    shared = settings.shared
    if set(shared.door_secrets) & set(shared.secret_key):
        yield _bad("BANDO_DOOR_SECRETS holds a key of BANDO_SECRET_KEY: door secrets travel in addresses")
    elif shared.door_secrets and not any("BANDO_DOOR_SECRETS" in problem for problem in shared.problems()):
        yield _ok(f"door secrets: {len(shared.door_secrets)}, each drawn and long enough")


def _certificate(settings: AllSettings) -> Iterator[Finding]:
    """Safaricom's public certificate, under which the initiator's password is sent."""
    path, name = settings.daraja.certificate, "BANDO_DARAJA_CERTIFICATE"
    if not path:
        if settings.daraja.initiator:
            yield _bad(f"{name} is not set: receipts cannot be confirmed by Transaction Status")
        return
    try:
        pem = Path(path).read_bytes()
        if b"BEGIN CERTIFICATE" not in pem:
            yield _ok(f"{name}: a bare public key")
            return
        until = x509.load_pem_x509_certificate(pem).not_valid_after_utc
    except OSError as error:
        yield _bad(f"{name} cannot be read: {error.strerror}")
    except ValueError:
        yield _bad(f"{name} is no certificate in PEM")
    else:
        over = until < MachineClock().now()
        yield (_bad if over else _ok)(f"{name}: valid until {until:%d/%m/%Y}")


def _private_files(settings: AllSettings) -> Iterator[Finding]:
    for path in (Path(".env"), settings.shared.home):
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield _bad(f"{path.name} can be read by other users of this machine: take their rights away")


def _of_a_trial(settings: AllSettings) -> Iterator[Finding]:
    """A trial's servers (from wheels: nobody keeps them up to date, M53) and its keys are not for live mode."""
    shared = settings.shared
    if not shared.live:
        return
    servers, drawn = (
        _json(shared.home / "servers.json"),
        _json(shared.home / "trial.json").get("settings", {}),
    )
    ports = {value for name, value in servers.items() if name.endswith("_port")}
    for name, url in (("DATABASE", shared.database_url), ("REDIS", shared.redis_url)):
        if url and is_loopback(url) and urlsplit(url).port in ports:
            yield _bad(f"BANDO_{name}_URL points at the embedded server, which is for trials only")
    for name, values in (("SECRET_KEY", shared.secret_key), ("DOOR_SECRETS", shared.door_secrets)):
        if drawn.get(f"BANDO_{name}") in values:
            yield _bad(f"BANDO_{name} is that of a trial: draw another one for live mode")


def _json(path: Path) -> dict[str, Any]:
    """What a file of a trial's home holds; nothing where there is none."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _database(program: Program) -> list[Finding]:
    try:
        with program.database.engine.connect() as connection:
            found = [_ok("PostgreSQL answers"), *_clocks(connection)]
            if not is_current(connection):
                return [*found, _bad("the database has another schema: run `bando migrate`")]
            found += [_ok("the schema is this version's"), *_rights(connection)]
        with program.work() as work:
            for look in (_keys, _work_left, _routers):
                found += look(work)
        return found
    except DBAPIError as error:
        return [_bad(f"PostgreSQL does not answer as it should: {_first_line(error.orig)}")]


def _clocks(connection: Connection) -> Iterator[Finding]:
    machine = MachineClock()
    before = machine.now()
    theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    middle = before + (machine.now() - before) / 2
    apart = abs((theirs - middle).total_seconds())
    if apart > CLOCKS_APART_SECONDS:
        yield _bad(f"this machine's clock and PostgreSQL's are {apart:.0f} seconds apart: set them by NTP")
    else:
        yield _ok("this machine's clock and PostgreSQL's agree")


def _rights(connection: Connection) -> Iterator[Finding]:
    """Law 17: the running program cannot rewrite the past."""
    rights = connection.execute(_RIGHTS).one()
    if rights.superuser:
        yield _bad("BANDO_DATABASE_URL logs in as a superuser, which could rewrite the past")
    elif rights.owned:
        yield _bad(f"BANDO_DATABASE_URL logs in as the owner of {rights.owned} tables: use another role")
    else:
        yield _ok("the program's role owns no table")


def _keys(work: Work) -> Iterator[Finding]:
    marks = known_marks(work)
    if marks.closed and not marks.open:
        yield _bad("BANDO_SECRET_KEY opens nothing in this database: it was written with another key")
        return
    if marks.closed:
        yield _bad("BANDO_SECRET_KEY lacks a key that this database was written with")
    else:
        yield _ok("BANDO_SECRET_KEY opens what is sealed in this database")
    old = rows_on_old_keys(work)
    for table, count in old.items():
        yield _bad(f"{count} rows of {table} are sealed with an older key: run `bando keys rotate`")
    if not old:
        yield _ok("no secret is under an older key")


def _work_left(work: Work) -> Iterator[Finding]:
    row = work.session.execute(_TROUBLES, {"now": work.now}).one()
    if row.given_up:
        yield _bad(f"{row.given_up} deliveries were given up: each has an incident that says why")
    if row.due > DUE_TOO_LONG_SECONDS:
        yield _bad(f"a delivery is due since {row.due} seconds: do the relay and all four workers run?")
    if row.incidents:
        yield _bad(f"{row.incidents} incidents are open: somebody must look at them")
    if not row.given_up and row.due <= DUE_TOO_LONG_SECONDS and not row.incidents:
        yield _ok("no delivery waits too long, none was given up, no incident is open")


def _routers(work: Work) -> Iterator[Finding]:
    away = work.session.scalars(_AWAY).all()
    behind = work.session.execute(_BEHIND).all()
    for name in away:
        yield _bad(f"router {mask(name)} does not answer")
    for row in behind:
        yield _bad(f"router {mask(row.name)} is behind on {row.accounts} accounts")
    if not away and not behind:
        yield _ok("every router answers and holds what it should")


def _valkey(shared: Settings) -> Iterator[Finding]:
    assert shared.redis_url is not None
    client = redis.Redis.from_url(shared.redis_url, **_ONCE)
    try:
        client.ping()
        yield _ok("Valkey answers")
        yield _lock(client)
        yield from _kept(client)
    except (redis.RedisError, OSError) as error:
        yield _bad(f"Valkey does not answer as it should: {_first_line(error)}")
    finally:
        client.close()


def _lock(client: "redis.Redis") -> Finding:
    """Whoever writes in Valkey gives work to the workers, so it must ask who comes (M44)."""
    known = client.connection_pool.connection_kwargs
    if "path" in known:
        mode = stat.S_IMODE(Path(known["path"]).stat().st_mode)
        if mode & 0o007:
            return _bad("Valkey's socket is open to every user of this machine")
        return _ok("Valkey's socket is closed to other users")
    stranger = redis.Redis(host=known.get("host", "localhost"), port=known.get("port", 6379), **_ONCE)
    try:
        stranger.ping()
    except redis.RedisError:
        return _ok("Valkey asks for a password")
    finally:
        stranger.close()
    return _bad("Valkey answers anybody without a password: set requirepass")


def _kept(client: "redis.Redis") -> Iterator[Finding]:
    """Queues that are lost on a restart, or pushed out when memory is short, are work that comes late."""
    wanted = {"appendonly": "yes", "maxmemory-policy": "noeviction"}
    for name, value in wanted.items():
        try:
            found = client.config_get(name).get(name)
        except redis.ResponseError:
            yield _ok(f"Valkey does not tell us {name}: see yourself that it is {value}")
            continue
        yield _ok(f"Valkey: {name} {value}") if found == value else _bad(f"Valkey: set {name} to {value}")


def _first_line(error: object) -> str:
    """The first line of somebody else's error, masked: servers quote addresses and names, never passwords."""
    lines = str(error).splitlines() or [type(error).__name__]
    return mask(lines[0])
