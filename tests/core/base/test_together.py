"""What comes in at the same time: one transaction for all, an answer for each, nobody held back by another."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text

from core.base.database import Database
from core.base.inbox import Entrance, Letter
from core.base.together import MOST, Together
from core.conversation.events import MessageReceived

DOOR = Entrance("door", MessageReceived)
NEVER_TEXT = "\0"


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as found:
        yield found


@pytest.fixture
def together(database: Database, threads: ThreadPoolExecutor) -> Together[Letter, bool]:
    def write(letters: Sequence[Letter]) -> list[bool]:
        with database.work() as work:
            return DOOR.take_all(work, letters)

    return Together(write, threads)


def _letter(n: int, order: str | None = None) -> Letter:
    return Letter(b"%d" % n, "127.0.0.1", True, f"request-{n}", order=order)


def _put(together: Together[Letter, bool], letters: Sequence[Letter]) -> list[bool | BaseException]:
    async def at_once() -> list[bool | BaseException]:
        return await asyncio.gather(*map(together.put, letters), return_exceptions=True)

    return asyncio.run(at_once())


def _kept(database: Database) -> list[tuple[bytes, str, str | None]]:
    """(body, request id, order) by way of the job that reads it, in the order of the jobs."""
    with database.work() as work:
        rows = work.session.execute(
            text(
                "SELECT b.body, o.request_id, d.ordering_key FROM deliveries d JOIN outbox o ON o.id = d.outbox_id "
                "JOIN inbox i ON i.id = CAST(o.payload->>'inbox_id' AS bigint) "
                "JOIN inbox_bodies b ON b.inbox_id = i.id AND b.received_at = i.received_at ORDER BY d.id"
            )
        )
        return [(bytes(row.body), row.request_id, row.ordering_key) for row in rows]


def _transactions(database: Database) -> int:
    with database.work() as work:
        return int(work.scalar("SELECT count(DISTINCT CAST(xmin AS text)) FROM inbox"))


def test_all_that_ask_at_once_share_a_transaction_and_keep_their_order(
    database: Database, together: Together[Letter, bool]
) -> None:
    letters = [_letter(n, order=f"talk:{n % 3}") for n in range(20)]
    assert _put(together, letters) == [True] * 20
    assert _kept(database) == [(one.body, one.request_id, one.order) for one in letters]
    assert _transactions(database) == 1


def test_more_than_a_transaction_takes_wait_for_the_next(
    database: Database, together: Together[Letter, bool]
) -> None:
    assert _put(together, [_letter(n) for n in range(MOST + 1)]) == [True] * (MOST + 1)
    assert len(_kept(database)) == MOST + 1
    assert _transactions(database) == 2


def test_the_same_twice_at_once_is_kept_once(database: Database, together: Together[Letter, bool]) -> None:
    assert _put(together, [_letter(1), _letter(2), _letter(1)]) == [True] * 3
    assert _put(together, [_letter(2)]) == [True]
    assert [body for body, _, _ in _kept(database)] == [b"1", b"2"]


def test_one_that_cannot_be_written_keeps_no_other_from_it(
    database: Database, together: Together[Letter, bool]
) -> None:
    first, wrong, last = _put(together, [_letter(1), _letter(2, order=NEVER_TEXT), _letter(3)])
    assert (first, last) == (True, True)
    assert isinstance(wrong, psycopg.DataError)
    assert [body for body, _, _ in _kept(database)] == [b"1", b"3"]


def test_a_database_that_is_away_is_asked_once(threads: ThreadPoolExecutor) -> None:
    asked = []

    def write(batch: Sequence[int]) -> list[bool]:
        asked.append(list(batch))
        raise psycopg.OperationalError("the server is away")

    async def at_once() -> list[bool | BaseException]:
        together = Together(write, threads)
        return await asyncio.gather(*map(together.put, range(3)), return_exceptions=True)

    assert [type(found) for found in asyncio.run(at_once())] == [psycopg.OperationalError] * 3
    assert asked == [[0, 1, 2]]


def test_who_is_gone_keeps_nobody_from_an_answer(
    database: Database, together: Together[Letter, bool]
) -> None:
    async def at_once() -> bool:
        gone = asyncio.ensure_future(together.put(_letter(1)))
        stays = asyncio.ensure_future(together.put(_letter(2)))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert asyncio.run(at_once())
    assert [body for body, _, _ in _kept(database)] == [b"1", b"2"]
