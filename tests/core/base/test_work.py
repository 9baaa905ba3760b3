"""A Work: what it records goes out with what it changes or not at all; the inbox and what is kept as evidence."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from core.base import inbox
from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.events import ClockStruck, Event, revive
from core.base.ids import InboxId
from core.base.inbox import EVIDENCE_BODY_BYTES, keep_evidence, raise_incident, read, store
from core.base.log import following
from core.base.outbox import Tick
from core.billing.events import AccessChanged, LineSuspended
from core.network.events import AccessGranted
from core.switchboard import routes


def _count(database: Database, what: str) -> int:
    with database.work() as work:
        return int(work.scalar(f"SELECT count(*) FROM {what}"))


def test_an_event_becomes_a_delivery_for_each_listener(database: Database, clock: SetClock) -> None:
    with database.work("req") as work:
        work.record(AccessGranted(5, 100), after=timedelta(seconds=4), order="line:5")
    with database.work() as work:
        rows = work.session.execute(
            text(
                "SELECT o.event, o.payload, o.request_id, d.listener, d.queue, d.ordering_key, d.available_at "
                "FROM outbox o JOIN deliveries d ON d.outbox_id = o.id ORDER BY d.id"
            )
        ).all()
    assert [(row.listener, row.queue) for row in rows] == [
        (route.listener, route.queue) for route in routes(AccessGranted)
    ]
    assert len(rows) > 1
    for row in rows:
        assert revive(row.event, row.payload) == AccessGranted(5, 100)
        assert (row.request_id, row.ordering_key) == ("req", "line:5")
        assert row.available_at == clock.now() + timedelta(seconds=4)


def test_many_events_of_one_kind_are_recorded_together(database: Database) -> None:
    with database.work() as work:
        work.record_all([AccessChanged(number) for number in range(1, 301)])
        work.record_all([])
    assert _count(database, "outbox") == 300
    assert _count(database, "deliveries") == 300 * len(routes(AccessChanged))


def test_an_event_without_listeners_stays_for_the_record(database: Database) -> None:
    with database.work() as work:
        work.record(LineSuspended(1))
    assert _count(database, "outbox") == 1
    assert _count(database, "deliveries") == 0


def test_an_event_that_nobody_wired_is_refused(database: Database) -> None:
    with pytest.raises(KeyError), database.work() as work:
        work.record(ClockStruck("x", "y"))
    assert _count(database, "outbox") == 0


def _record_and_fail(work: Work) -> None:
    work.record(AccessChanged(1))
    store(work, door="test", body=b"x", source="127.0.0.1", trusted=True)
    raise ZeroDivisionError


def test_what_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.work() as work:
        _record_and_fail(work)
    assert [_count(database, table) for table in ("outbox", "deliveries", "inbox", "inbox_bodies")] == [0] * 4


def test_a_work_belongs_to_the_request_that_is_followed(database: Database) -> None:
    with following("abc"), database.work() as work:
        assert work.request_id == "abc"
    with following("abc"), database.work("own") as work:
        assert work.request_id == "own"


def test_ids_are_drawn_one_by_one(database: Database) -> None:
    with database.work() as work:
        first = work.next_id("vouchers")
        assert work.next_id("vouchers") == first + 1


def test_naive_times_are_not_stored(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"), database.work() as work:
        work.session.add(Tick(task="t", period="p", claimed_at=work.now.replace(tzinfo=None)))


def test_a_message_comes_in_once_a_door_and_subject(database: Database) -> None:
    def knock(door: str = "mpesa", about: int | None = 1, body: bytes = b'{"a": 1}') -> InboxId | None:
        with database.work() as work:
            return store(work, door=door, body=body, source="10.0.0.1", trusted=True, about=about)

    first = knock()
    assert first is not None
    assert knock() is None
    others = [knock(door="sms"), knock(about=2), knock(about=None), knock(body=b"")]
    assert len({first, *others} - {None}) == 5
    with database.work() as work:
        entry, body = read(work, first)
        assert (entry.door, entry.about, entry.trusted, body) == ("mpesa", 1, True, b'{"a": 1}')
        assert entry.received_at == work.now


def test_evidence_is_kept_within_bounds(
    database: Database, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "EVIDENCE_ROWS_A_DAY", 3)

    def refuse(door: str) -> None:
        with database.work() as work:
            keep_evidence(work, door=door, reason="secret", source="6.6.6.6", body=b"x" * 100_000)

    for _ in range(5):
        refuse("mpesa")
    refuse("sms")
    assert _count(database, "evidence WHERE door = 'mpesa'") == 3
    assert _count(database, "evidence WHERE door = 'sms'") == 1
    assert _count(database, f"evidence WHERE length(body) > {EVIDENCE_BODY_BYTES}") == 0
    assert _count(database, "inbox") + _count(database, "outbox") == 0
    clock.advance(timedelta(days=1))
    refuse("mpesa")
    assert _count(database, "evidence WHERE door = 'mpesa'") == 4


def test_an_incident_is_noted_once(database: Database) -> None:
    for _ in range(3):
        with database.work() as work:
            raise_incident(work, kind="test", key="receipt:1", detail="two words about one payment")
    assert _count(database, "incidents") == 1


@pytest.mark.parametrize("table", ["inbox", "inbox_bodies", "evidence", "outbox", "ticks"])
@pytest.mark.parametrize(
    "act", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "ALTER TABLE {} DISABLE TRIGGER ALL"]
)
def test_the_program_cannot_rewrite_what_came_in_or_went_out(
    database: Database, table: str, act: str
) -> None:
    with pytest.raises(DBAPIError), database.work() as work:
        work.session.execute(text(act.format(table)))


def test_every_event_is_known_by_its_name() -> None:
    assert all(name == event.__name__ for name, event in Event.known.items())
    with pytest.raises(KeyError):
        revive("NoSuchEvent", {})
