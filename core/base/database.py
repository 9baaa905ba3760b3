"""The database session. `Work` is one transaction: opened by an edge, handed down, committed there."""

from __future__ import annotations

import dataclasses
import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
from pydantic_core import to_json
from sqlalchemy import DateTime, Dialect, Engine, MetaData, PoolProxiedConnection, create_engine, event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from core.base.clock import Clock
from core.base.events import Event
from core.base.log import current_request_id
from core.base.secrets import Keyring


class Base(DeclarativeBase):
    """The mapped classes of every area; names of constraints are fixed so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored as timestamptz and returned in UTC. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a naive time cannot be stored: {value!r}")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


@dataclasses.dataclass(frozen=True, slots=True)
class Route:
    """One listener of an event: its name on the switchboard and the queue its worker reads."""

    listener: str
    queue: str


Routes = Callable[[type[Event]], Sequence[Route]]

RECORDED = """
    said AS (
        INSERT INTO outbox (event, payload, request_id, recorded_at)
        SELECT %(event)s, payload, %(request_id)s, %(now)s
        FROM occasion, unnest(CAST(%(payloads)s AS jsonb[])) AS payload
        RETURNING id
    ), delivered AS (
        INSERT INTO deliveries (outbox_id, listener, queue, ordering_key, available_at)
        SELECT said.id, route.listener, route.queue, %(ordering_key)s, %(available_at)s
        FROM said, unnest(CAST(%(listeners)s AS text[]), CAST(%(queues)s AS text[])) AS route (listener, queue)
    )
"""
"""Parts of a WITH that leave events in the outbox, with a delivery for each listener, if the part `occasion` before
them has its one row. Its values are those of `Work.recording`."""
_RECORD = f"WITH occasion AS (SELECT), {RECORDED} SELECT"


class Work:
    """One database transaction with what a verb needs: the session, the time, the keys, and `record`."""

    def __init__(
        self, engine: Engine, *, now: datetime, request_id: str, keyring: Keyring, routes: Routes
    ) -> None:
        self.now = now
        self.request_id = request_id
        self.keyring = keyring
        self._engine = engine
        self._routes = routes
        self._session: Session | None = None
        self._pooled: PoolProxiedConnection | None = None

    @property
    def session(self) -> Session:
        """The transaction; it begins with the first statement."""
        if self._session is None:
            self._leave(well=True)
            self._session = Session(self._engine, expire_on_commit=False)
        return self._session

    def at_once(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of one plain statement in the driver's own words (`%(name)s`).

        Until the session is used, it is a transaction by itself, committed when it returns: one round trip
        instead of three, and nothing of the mapper, for the paths that are trodden all day. From then on it is part
        of the Work like any other.
        """
        if self._session is not None:
            return self.within(statement, values)
        try:
            return _first_row(self._alone(), statement, values)
        except BaseException:
            self._leave(well=False)
            raise

    def _alone(self) -> psycopg.Connection:
        """A connection on which each statement is a transaction; kept until the session is used or the Work ends."""
        if self._pooled is None:
            self._pooled = self._engine.raw_connection()
            _driver(self._pooled).autocommit = True
        return _driver(self._pooled)

    def _leave(self, *, well: bool) -> None:
        """Give that connection back; or throw it away, in whatever state it is."""
        pooled, self._pooled = self._pooled, None
        if pooled is not None and well:
            _driver(pooled).autocommit = False
            pooled.close()
        elif pooled is not None:
            pooled.invalidate()

    def within(self, statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of one plain statement in the driver's own words, always part of this Work: for one of
        several that hold together. It sees what the mapper was told; the mapper does not see what it writes."""
        self.session.flush()
        row = self.session.connection().exec_driver_sql(statement, values).first()
        return tuple(row) if row is not None else None

    def end(self, *, well: bool) -> None:
        """Commit, or undo. For the edge that opened it."""
        self._leave(well=True)
        if self._session is None:
            return
        with self._session as session:
            if well:
                session.commit()

    def record(self, event: Event, *, after: timedelta = timedelta(), order: str | None = None) -> None:
        """Leave `event` in the outbox, to be delivered once to each listener when this work is committed.

        after: how long the deliveries wait. order: deliveries of one listener with the same key run one by
        one, oldest first.
        """
        self.record_all([event], after=after, order=order)

    def record_all(
        self,
        events: Sequence[Event],
        *,
        after: timedelta = timedelta(),
        order: str | None = None,
        only_to: Route | None = None,
    ) -> None:
        """`record` for many events of one kind, in one statement however many they are. only_to: this listener
        and no other, whatever the switchboard says (the ticker's way to start one clock job)."""
        if events:
            values = self.recording(events, after=after, order=order, only_to=only_to)
            self.session.connection().exec_driver_sql(_RECORD, values)

    def recording(
        self,
        events: Sequence[Event],
        *,
        after: timedelta = timedelta(),
        order: str | None = None,
        only_to: Route | None = None,
    ) -> dict[str, Any]:
        """The values of `RECORDED`, for a statement that writes its rows and the events of them at once."""
        routes = [only_to] if only_to is not None else self.routes(type(events[0]))
        return {
            "event": type(events[0]).__name__,
            "payloads": [to_json(event).decode() for event in events],
            "request_id": self.request_id,
            "now": self.now,
            "ordering_key": order,
            "available_at": self.now + after,
            "listeners": [route.listener for route in routes],
            "queues": [route.queue for route in routes],
        }

    def routes(self, event: type[Event]) -> Sequence[Route]:
        """Who listens to events of this kind."""
        return self._routes(event)

    def next_id(self, table: str) -> int:
        """The next identity of `table`, for rows whose secrets are bound to their id before they are written."""
        found = self.session.scalar(
            text("SELECT nextval(pg_get_serial_sequence(:table, 'id'))"), {"table": table}
        )
        return int(found or 0)

    def scalar(self, statement: str, **values: Any) -> Any:
        """The first column of the first row of a plain SQL statement, or None."""
        return self.session.scalar(text(statement), values)


class OpensWork(Protocol):
    """What every job needs of the assembled program: a way to open a transaction."""

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]: ...


class Database:
    """The engine, and the one place where a Work begins and is committed or rolled back."""

    def __init__(
        self, url: str, *, clock: Clock, keyring: Keyring, routes: Routes, pool_size: int = 10
    ) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            hide_parameters=True,  # an error must not carry names and bodies into logs
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c lock_timeout=15s"},
        )
        event.listen(self.engine, "checkout", _is_silent)
        self.clock = clock
        self.keyring = keyring
        self._routes = routes

    @contextmanager
    def work(self, request_id: str | None = None) -> Iterator[Work]:
        """Open a Work; commit when the block ends well, roll back when it raises.

        request_id: whose purchase or call this is part of; without it, that of the surrounding `following`.
        """
        work = Work(
            self.engine,
            now=self.clock.now(),
            request_id=request_id or current_request_id(),
            keyring=self.keyring,
            routes=self._routes,
        )
        try:
            yield work
        except BaseException:
            work.end(well=False)
            raise
        work.end(well=True)


def _driver(pooled: PoolProxiedConnection) -> psycopg.Connection:
    found: psycopg.Connection | None = pooled.driver_connection
    assert found is not None, "it is checked out"
    return found


def _first_row(
    connection: psycopg.Connection, statement: str, values: Mapping[str, Any]
) -> tuple[Any, ...] | None:
    """Prepared at its first use on a connection, not at its fifth."""
    return connection.execute(statement, values, prepare=True).fetchone()


def _is_silent(connection: psycopg.Connection, *_: Any) -> None:
    """A waiting connection that has something to say was ended by the server: the pool opens another.

    One look at the socket finds this out; a ping would cost every Work a round trip.
    """
    try:
        ended = select.poll()
        ended.register(connection.fileno(), select.POLLIN)
        spoke = ended.poll(0)
    except psycopg.OperationalError:
        raise DisconnectionError from None
    if spoke:
        raise DisconnectionError
