"""The inbox: what came in through a door, checked, stored before it is answered, unique on door and raw body.

Progress stands in deliveries, so an inbox row is never changed. What fails its check is kept as evidence, a
bounded number a day and door, and moves nothing.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Text,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime, Work
from core.base.events import Event
from core.base.ids import InboxId
from core.base.log import logger

EVIDENCE_ROWS_A_DAY = 1_000
"""Per door; beyond it only the log line stays, so that a flood cannot fill the disk."""
EVIDENCE_BODY_BYTES = 8_192


class InboxEntry(Base):
    """A message that passed its check. `about` is the row that the path named (a collection), if it named one.

    trusted: it came from a source on the provider's list, so it counts by itself.
    """

    __tablename__ = "inbox"
    __table_args__ = (Index("uq_inbox_door_body_hash", "door", "body_hash", unique=True),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    door: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(Text)
    trusted: Mapped[bool] = mapped_column(Boolean)
    about: Mapped[int | None] = mapped_column(BigInteger)


class InboxBody(Base):
    """The raw bytes, apart from the row, partitioned by time so that retention drops whole partitions."""

    __tablename__ = "inbox_bodies"
    __table_args__ = (
        PrimaryKeyConstraint("inbox_id", "received_at"),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )
    inbox_id: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Evidence(Base):
    """What knocked at a door and failed its check: kept to be looked at, never acted upon."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_door_at", "door", "at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    door: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Incident(Base):
    """Something that a person must look at: two words about one payment that do not agree, and the like."""

    __tablename__ = "incidents"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text, unique=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    detail: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def store(
    work: Work, *, door: str, body: bytes, source: str, trusted: bool, about: int | None = None
) -> InboxId | None:
    """Keep a message that passed its check. None where the same bytes came through the same door before.

    The hash covers `about` too: the same body sent to two payments' addresses is two messages.
    """
    digest = hashlib.sha256(b"%d|" % (about or 0) + body).digest()
    row = (
        insert(InboxEntry)
        .values(
            door=door, body_hash=digest, received_at=work.now, source=source, trusted=trusted, about=about
        )
        .on_conflict_do_nothing(index_elements=["door", "body_hash"])
        .returning(InboxEntry.id)
    )
    found = work.session.scalar(row)
    if found is None:
        return None
    work.session.add(InboxBody(inbox_id=found, received_at=work.now, body=body))
    return InboxId(found)


class Letter(NamedTuple):
    """A message that passed its check. request_id: whose purchase or call it is part of, unless `known` says it.

    key: what makes it the same a second time, where the sender names its messages; else its bytes. order: messages
    with the same order are read one by one, oldest first. marks: what `known` finds by.
    """

    body: bytes
    source: str
    trusted: bool
    request_id: str
    key: bytes | None = None
    order: str | None = None
    marks: Sequence[bytes] = ()


class Entrance:
    """A door whose messages each make one event, `event(inbox_id)`: stored and recorded by one statement.

    known: a SELECT of (n, about, request_id) from `told` or `marks` (n, mark): what message n is about, and whose
    purchase or call it is part of. A message without such a row is not stored.
    """

    def __init__(
        self,
        door: str,
        event: type[Event],
        known: str = "SELECT n, CAST(NULL AS bigint) AS about, request_id FROM told",
    ) -> None:
        self.door = door
        self._event = event
        self._statement = _TAKE.replace("{known}", known)

    def take(
        self,
        work: Work,
        *,
        body: bytes,
        source: str,
        trusted: bool,
        key: bytes | None = None,
        order: str | None = None,
    ) -> None:
        """Keep one message; each argument as in a Letter."""
        self.take_all(work, [Letter(body, source, trusted, work.request_id, key, order)])

    def take_all(self, work: Work, letters: Sequence[Letter]) -> list[bool]:
        """Keep messages, all of them or none; one that was kept before changes nothing. False: not `known`."""
        routes = work.routes(self._event)
        marks = [(n, mark) for n, letter in enumerate(letters, 1) for mark in letter.marks]
        row = work.at_once(
            self._statement,
            {
                "door": self.door,
                "event": self._event.__name__,
                "now": work.now,
                "bodies": [letter.body for letter in letters],
                "keys": [letter.body if letter.key is None else letter.key for letter in letters],
                "sources": [letter.source for letter in letters],
                "trusted": [letter.trusted for letter in letters],
                "request_ids": [letter.request_id for letter in letters],
                "orders": [letter.order for letter in letters],
                "marked": [n for n, _ in marks],
                "marks": [mark for _, mark in marks],
                "listeners": [route.listener for route in routes],
                "queues": [route.queue for route in routes],
            },
        )
        assert row is not None, "an aggregate has a row"
        found = frozenset(row[0])
        return [n in found for n in range(1, len(letters) + 1)]


# The hash is that of `store`. Two that write the same messages at once take them in the same order, so that they do not
# wait for each other. The lists stand in SELECTs of their own so that PostgreSQL does not see how long they are: for a
# list of one it thinks a new plan worth its while at each message, and planning takes longer than all the rest.
_TAKE = """
    WITH told AS (
        SELECT * FROM unnest(
            (SELECT CAST(%(bodies)s AS bytea[])), (SELECT CAST(%(keys)s AS bytea[])),
            (SELECT CAST(%(sources)s AS text[])), (SELECT CAST(%(trusted)s AS boolean[])),
            (SELECT CAST(%(request_ids)s AS text[])), (SELECT CAST(%(orders)s AS text[]))
        ) WITH ORDINALITY AS told (body, key, source, trusted, request_id, ordering_key, n)
    ), marks AS (
        SELECT * FROM unnest(
            (SELECT CAST(%(marked)s AS bigint[])), (SELECT CAST(%(marks)s AS bytea[]))
        ) AS marks (n, mark)
    ), known AS ({known}), hashed AS (
        SELECT DISTINCT ON (body_hash) n, about, known.request_id, body, source, trusted, ordering_key, body_hash
        FROM known JOIN told USING (n),
            sha256(convert_to(coalesce(about, 0) || '|', 'UTF8') || key) AS body_hash
        ORDER BY body_hash, n
    ), entry AS (
        INSERT INTO inbox (door, body_hash, received_at, source, trusted, about)
        SELECT %(door)s, body_hash, %(now)s, source, trusted, about FROM hashed ORDER BY body_hash
        ON CONFLICT (door, body_hash) DO NOTHING RETURNING id, body_hash
    ), fresh AS (
        SELECT id, nextval('outbox_id_seq') AS outbox_id, n, request_id, body, ordering_key
        FROM entry JOIN hashed USING (body_hash)
    ), kept AS (
        INSERT INTO inbox_bodies (inbox_id, received_at, body) SELECT id, %(now)s, body FROM fresh
    ), said AS (
        INSERT INTO outbox (id, event, payload, request_id, recorded_at)
        SELECT outbox_id, %(event)s, jsonb_build_object('inbox_id', id), request_id, %(now)s FROM fresh
    ), delivered AS (
        INSERT INTO deliveries (outbox_id, listener, queue, ordering_key, available_at)
        SELECT outbox_id, route.listener, route.queue, ordering_key, %(now)s
        FROM fresh, unnest(CAST(%(listeners)s AS text[]), CAST(%(queues)s AS text[])) AS route (listener, queue)
        ORDER BY n
    )
    SELECT coalesce(array_agg(n), '{}') FROM known
"""


def read(work: Work, inbox_id: InboxId) -> tuple[InboxEntry, bytes]:
    """The inbox row and its raw body."""
    entry, body = work.session.execute(
        select(InboxEntry, InboxBody.body)
        .join(
            InboxBody,
            (InboxBody.inbox_id == InboxEntry.id) & (InboxBody.received_at == InboxEntry.received_at),
        )
        .where(InboxEntry.id == inbox_id)
    ).one()
    return entry, body


def read_at_once(work: Work, inbox_id: InboxId) -> tuple[str, bytes]:
    """The door and the raw body, by one plain statement. LookupError: there is no such row."""
    row = work.at_once(_READ, {"id": inbox_id})
    if row is None:
        raise LookupError(f"the inbox has no row {inbox_id}")
    return row[0], bytes(row[1])


_READ = """
    SELECT i.door, b.body FROM inbox i
    JOIN inbox_bodies b ON b.inbox_id = i.id AND b.received_at = i.received_at WHERE i.id = %(id)s
"""


def keep_evidence(work: Work, *, door: str, reason: str, source: str, body: bytes) -> None:
    """Keep what failed a check, within the day's bound, and say so in one log line."""
    since = work.now - timedelta(days=1)
    kept = work.session.scalar(
        select(func.count()).select_from(Evidence).where(Evidence.door == door, Evidence.at > since)
    )
    if (kept or 0) < EVIDENCE_ROWS_A_DAY:
        work.session.add(
            Evidence(door=door, at=work.now, reason=reason, source=source, body=body[:EVIDENCE_BODY_BYTES])
        )
    logger("doors").warning("refused", door=door, reason=reason, source=source, bytes=len(body))


def raise_incident(work: Work, *, kind: str, key: str, detail: str) -> None:
    """Note something for a person to look at; the same key is noted once. `detail` holds no personal data."""
    work.session.execute(
        insert(Incident)
        .values(kind=kind, key=key, at=work.now, detail=detail)
        .on_conflict_do_nothing(index_elements=["key"])
    )
    logger("incidents").error("incident", kind=kind, key=key, detail=detail)
