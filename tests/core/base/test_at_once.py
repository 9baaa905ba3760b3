"""A statement that is a Work by itself, and connections that the server has ended."""

from contextlib import suppress

import pytest
from sqlalchemy import text

from core.base.database import Database
from core.base.inbox import Incident

NOTE = "INSERT INTO incidents (kind, key, at, detail) VALUES ('t', %(key)s, %(at)s, '') RETURNING key"


def keys(database: Database) -> list[str]:
    with database.work() as work:
        return list(work.session.scalars(text("SELECT key FROM incidents ORDER BY key")))


def test_alone_it_is_committed_when_it_returns(database: Database) -> None:
    with suppress(RuntimeError), database.work() as work:
        assert work.at_once(NOTE, {"key": "a", "at": work.now}) == ("a",)
        raise RuntimeError
    assert keys(database) == ["a"]


def test_after_other_statements_it_is_part_of_their_transaction(database: Database) -> None:
    with suppress(RuntimeError), database.work() as work:
        assert work.scalar("SELECT 1") == 1
        assert work.at_once(NOTE, {"key": "a", "at": work.now}) == ("a",)
        raise RuntimeError
    assert keys(database) == []
    with database.work() as work:
        work.scalar("SELECT 1")
        work.at_once(NOTE, {"key": "b", "at": work.now})
    assert keys(database) == ["b"]


def test_a_refused_statement_leaves_nothing_behind_and_harms_no_later_work(database: Database) -> None:
    with database.work() as work:
        work.at_once(NOTE, {"key": "a", "at": work.now})
    with pytest.raises(Exception, match="incidents"), database.work() as work:
        work.at_once(NOTE, {"key": "a", "at": work.now})
    with database.work() as work:
        assert work.at_once("SELECT count(*) FROM incidents", {}) == (1,)


@pytest.mark.parametrize("first", ["at once", "session"])
def test_a_connection_that_the_server_has_ended_is_replaced_unseen(database: Database, first: str) -> None:
    with database.work() as ender:
        ender.scalar("SELECT 1")
        with database.work() as ended:
            pid = ended.scalar("SELECT pg_backend_pid()")
        assert ender.scalar("SELECT pg_terminate_backend(:pid, 5000)", pid=pid)
    with database.work() as work:
        found = work.at_once("SELECT 1", {}) if first == "at once" else (work.scalar("SELECT 1"),)
        assert found == (1,)


def test_its_connection_is_kept_for_the_next_one_and_given_back(database: Database) -> None:
    pid = "SELECT pg_backend_pid()"
    with database.work() as work:
        first = work.at_once(pid, {})
        assert work.at_once(pid, {}) == first
        assert database.engine.pool.checkedout() == 1
        work.scalar("SELECT 1")
        assert database.engine.pool.checkedout() == 1, "the session's alone"
        assert work.at_once("SELECT count(*) FROM pg_stat_activity WHERE pid = pg_backend_pid() "
                            "AND xact_start < statement_timestamp()", {}) == (1,)  # fmt: skip
    assert database.engine.pool.checkedout() == 0


def test_after_other_statements_it_sees_what_the_mapper_was_told(database: Database) -> None:
    with database.work() as work:
        work.session.add(Incident(kind="t", key="a", at=work.now, detail=""))
        assert work.at_once("SELECT count(*) FROM incidents", {}) == (1,)
