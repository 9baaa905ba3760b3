"""PostgreSQL from the wheel: making the cluster, its command line, its roles.

Every connection needs a password over TCP on 127.0.0.1 (scram-sha-256, no trust, no Unix socket), so that
another user of the machine reaches nothing. The log gets no failed statement and no error of a client: both
may carry a subscriber's data.
"""

import shutil
import signal
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

from bando.embedded import record as records
from bando.embedded.process import EmbeddedError, Kept, last_words, run_to_end
from bando.embedded.quarters import Quarters

DATABASE = "bando"
OWNER = "bando_owner"
GUESTS = ("bando_app", "bando_reader", "bando_radius")  # own nothing; migrations grant them what they need
CONNECTIONS = 200  # web and workers of one machine with their pools, and a parallel test run
CONNECT_SECONDS = 5
STOP_SIGNAL = signal.SIGINT  # PostgreSQL's "fast shutdown": ends sessions, writes a checkpoint


def url(record: records.Record, role: str, database: str = DATABASE) -> str:
    """SQLAlchemy URL for a role."""
    password = record.postgres_passwords[role]
    return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{record.postgres_port}/{database}"


def make_cluster(quarters: Quarters, record: records.Record, log: Path, *, fsync: bool) -> None:
    """Runs initdb once, beside the final place: a start that is killed half-way leaves nothing that looks
    done."""
    if (quarters.data / "postgres" / "PG_VERSION").exists():
        return
    fresh = quarters.data / "postgres.fresh"
    if fresh.exists():
        shutil.rmtree(fresh)
    cluster = quarters.folder("postgres.fresh") / "cluster"
    password_file = fresh / "password"
    records.write_private(password_file, record.postgres_passwords["postgres"])
    program = quarters.programs.postgres_bin / "initdb"
    options = ("--username=postgres", "--auth=scram-sha-256", f"--pwfile={password_file}")
    locale = ("--locale=C", "--encoding=UTF8")  # the wheel has no ICU; C sorts the same on each machine
    hurry = () if fsync else ("--no-sync",)
    if not run_to_end([str(program), "-D", str(cluster), *options, *locale, *hurry], quarters.identity, log):
        raise EmbeddedError(f"PostgreSQL could not make its data folder:\n{last_words(log)}")
    cluster.rename(quarters.data / "postgres")
    shutil.rmtree(fresh)


def start(quarters: Quarters, record: records.Record, log: Path, *, fsync: bool, lock: int) -> Kept | None:
    """Starts the server on the record's port; None if it ended before it answered.

    The lock proves that no process of an earlier server lives, so the pid file of a killed one is removed:
    its number may belong to somebody else by now, which PostgreSQL would take for a running server."""
    data = quarters.data / "postgres"
    (data / "postmaster.pid").unlink(missing_ok=True)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(record.postgres_port),
        "unix_socket_directories": "",
        "max_connections": str(CONNECTIONS),
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    if not fsync:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    argv = [str(quarters.programs.postgres_bin / "postgres"), "-D", str(data)]
    argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    kept = Kept(argv, quarters.identity, log, stop_signal=STOP_SIGNAL, lock=lock)
    try:
        if kept.wait_until(lambda: answers(record)):
            return kept
    except BaseException:
        kept.stop()
        raise
    kept.stop()
    return None


def answers(record: records.Record) -> bool:
    """Whether our server answers on its port: scram proves to both sides that the other knows the
    password."""
    with suppress(psycopg.OperationalError), connect(record, "postgres"):
        return True
    return False


def connect(record: records.Record, database: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection as superuser, each statement on its own."""
    return psycopg.connect(
        host="127.0.0.1",
        port=record.postgres_port,
        user="postgres",
        password=record.postgres_passwords["postgres"],
        dbname=database,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
    )


def furnish(record: records.Record, *, for_tests: bool) -> None:
    """Makes the roles and the database, each unless it is there: every start may have been cut short."""
    with connect(record, "postgres") as session:
        there = {row[0] for row in session.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER, *GUESTS):
            if role not in there:  # the password goes over as its hash
                secret = session.pgconn.encrypt_password(
                    record.postgres_passwords[role].encode(), role.encode(), b"scram-sha-256"
                )
                make = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                session.execute(make.format(sql.Identifier(role), sql.Literal(secret.decode())))
        createdb = sql.SQL("CREATEDB" if for_tests else "NOCREATEDB")
        session.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(OWNER), createdb))
        known = session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            make = sql.SQL("CREATE DATABASE {} OWNER {}")
            session.execute(make.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
        database, guests = sql.Identifier(DATABASE), sql.SQL(", ").join(map(sql.Identifier, GUESTS))
        session.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        session.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, guests))
    with connect(record, DATABASE) as session:
        session.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
