"""The audit trail: written once, sealed in a chain, and found out where somebody rewrote it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError

from bando.embedded import Servers
from core.base.database import Database
from core.staff.audit import Actor, note
from core.staff.jobs import seal_audit
from core.staff.model import AuditEntry, AuditSeal
from core.staff.seal import head, seal, verify

NOBODY = Actor(staff_id=None, role="", source="192.0.2.1")
GUARDED = ("audit_log", "audit_seals", "incident_closings")


@pytest.fixture
def trail(database: Database) -> Database:
    """Six entries under two seals, and one that is not sealed yet."""
    for _ in range(2):
        with database.work() as work:
            for number in range(3):
                note(work, NOBODY, "searched", whom="subscriber", whom_id=number, detail={"found": [number]})
        seal_audit(database)
    with database.work() as work:
        note(work, NOBODY, "searched")
    return database


@pytest.fixture
def superuser(servers: Servers, trail: Database, test_database: str) -> Iterator[Engine]:
    """Whoever has the database whole: triggers and grants do not hold him."""
    engine = create_engine(make_url(servers.superuser_url or "").set(database=test_database))
    yield engine
    engine.dispose()


def rewrite(superuser: Engine, *statements: str) -> None:
    with superuser.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            connection.execute(text(statement))


def problems(database: Database, expected: str | None = None) -> list[str]:
    with database.work() as work:
        return verify(work, expected=expected)


def noted_head(database: Database) -> str:
    with database.work() as work:
        return str(head(work))


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize(
    "act",
    [
        "UPDATE {} SET {} = {}",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        "DROP TABLE {}",
    ],
)
def test_the_program_cannot_change_what_was_written(trail: Database, table: str, act: str) -> None:
    column = {"incident_closings": "reason", "audit_seals": "hash"}.get(table, "what")
    with pytest.raises(DBAPIError), trail.work() as work:
        work.session.execute(text(act.format(table, column, column)))
    assert problems(trail) == []


def test_nor_can_the_owner_of_the_tables(database_urls: tuple[str, str], trail: Database) -> None:
    engine = create_engine(database_urls[0])
    for act in ("UPDATE audit_log SET what = ''", "DELETE FROM audit_log", "TRUNCATE audit_log"):
        with pytest.raises(DBAPIError, match="written once"), engine.begin() as connection:
            connection.execute(text(act))
    engine.dispose()


def test_a_trail_that_nobody_touched_is_right(trail: Database) -> None:
    before = noted_head(trail)
    assert before.startswith("6:")
    assert problems(trail, before) == []
    seal_audit(trail)
    seal_audit(trail)
    assert noted_head(trail).startswith("7:")
    assert problems(trail, before) == []  # a head noted earlier is met on the way


@pytest.mark.parametrize(
    "tampering",
    [
        ["UPDATE audit_log SET whom_id = 99 WHERE id = 2"],
        ["UPDATE audit_log SET at = at + interval '1 hour' WHERE id = 2"],
        ["UPDATE audit_log SET detail = '{}' WHERE id = 4"],
        ["UPDATE audit_log SET source = 'elsewhere' WHERE id = 6"],
        ["DELETE FROM audit_log WHERE id = 3"],
        ["DELETE FROM audit_log WHERE id > 3"],
        [
            "UPDATE audit_log SET id = id + 100 WHERE id IN (1, 2)",
            "UPDATE audit_log SET id = CASE id WHEN 102 THEN 1 ELSE 2 END WHERE id IN (101, 102)",
        ],
        ["UPDATE audit_seals SET hash = 'x' WHERE id = 1"],
        ["UPDATE audit_seals SET entries = 2 WHERE id = 1"],
        ["DELETE FROM audit_seals WHERE id = 1"],
    ],
    ids=str,
)
def test_a_change_is_found(trail: Database, superuser: Engine, tampering: list[str]) -> None:
    rewrite(superuser, *tampering)
    assert problems(trail) != []


def test_a_cut_tail_is_found_by_a_head_that_was_carried_away(trail: Database, superuser: Engine) -> None:
    carried = noted_head(trail)
    rewrite(superuser, "DELETE FROM audit_log WHERE id > 3", "DELETE FROM audit_seals WHERE id > 1")
    assert problems(trail) == []
    assert problems(trail, carried) == [
        "the head that was noted is not on the chain: its tail was cut or written anew"
    ]


def test_a_trail_written_anew_is_found_by_its_head(trail: Database, superuser: Engine) -> None:
    carried = noted_head(trail)
    rewrite(superuser, "UPDATE audit_log SET what = 'nothing' WHERE id = 5", "DELETE FROM audit_seals")
    seal_audit(trail)
    assert problems(trail) == []
    assert problems(trail, carried) != []


def test_sealing_misses_no_entry_that_is_being_written(database: Database) -> None:
    """Numbers are drawn before they are committed: a seal waits for whoever has drawn one."""

    def write(number: int) -> None:
        with database.work() as work:
            note(work, NOBODY, "searched", whom_id=number)
            if number % 5 == 0:
                work.session.flush()
                work.session.execute(text("SELECT pg_sleep(0.01)"))

    def close(_: int) -> None:
        with database.work() as work:
            seal(work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: close(number) if number % 3 == 0 else write(number), range(60)))
    seal_audit(database)
    with database.work() as work:
        sealed = sum(work.session.scalars(select(AuditSeal.entries)))
        assert sealed == len(work.session.scalars(select(AuditEntry)).all()) == 40
        assert verify(work) == []
