"""Notices: the messages that we send unasked, or in answer to an act on a channel that cannot be answered."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime

QUEUED, SENDING, SENT, DELIVERED, READ, FAILED, UNKNOWN, WAITING = (
    "queued",
    "sending",
    "sent",
    "delivered",
    "read",
    "failed",
    "unknown",
    "waiting",
)
AWAY, CLOSED = "away", "closed"
"""Of a try alone: the carrier was not there (nothing happened); free words were not allowed any more."""


class Notice(Base):
    """One message to one person. `values_sealed` is JSON: the template's values, one may be a code.

    address: the person's number (digits), whichever way the message goes, or the mailbox of what goes by mail
    alone; channel: the way it went last. prefer:
    the channel on which the person waits for it. document: what goes with it where a channel carries files, such as
    "invoice:12". dedupe_key: why it is sent; one reason sends once.
    sending: a worker is handing it over, until `claimed_until` at the latest. unknown: the carrier was asked and
    nobody knows its answer, `unknowns` times. waiting: no way is left; it is shown when the person dials next.
    failed: it is not to be told any more. cost_cents: of all its tries. batch_id: its values are the batch's; bulk: it
    waits for a call that takes many at once.
    """

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'waiting')",
            name="state",
        ),
        CheckConstraint("(values_sealed IS NULL) = (batch_id IS NOT NULL)", name="values"),
        Index(
            "ix_notices_to_be_read",
            "subscriber_id",
            "id",
            postgresql_where=text("state IN ('waiting', 'unknown')"),
        ),
        Index("ix_notices_undelivered", "id", postgresql_where=text("state IN ('waiting', 'unknown')")),
        Index(
            "ix_notices_of_batch",
            "batch_id",
            "id",
            postgresql_where=text("bulk AND state IN ('queued', 'sending')"),
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    batch_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("notice_batches.id"))
    bulk: Mapped[bool] = mapped_column(server_default="false")
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    prefer: Mapped[str | None] = mapped_column(Text)
    document: Mapped[str | None] = mapped_column(Text)
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    values_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    dedupe_key: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text, server_default=QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    unknowns: Mapped[int] = mapped_column(Integer, server_default="0")
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    parts: Mapped[int | None] = mapped_column(Integer)
    cost_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeTry(Base):
    """One handing over of a notice to one carrier; number counts those of the notice from 1.

    window_open: in free words, not as a template. again: one before it may have arrived too. again_at: an away
    carrier is asked again then. cost_cents: as the carrier said, or as expected.
    """

    __tablename__ = "notice_tries"
    __table_args__ = (
        CheckConstraint(
            "state IN ('sending', 'sent', 'delivered', 'read', 'failed', 'unknown', 'away', 'closed')",
            name="state",
        ),
        UniqueConstraint("notice_id", "number"),
        Index(
            "ix_notice_tries_sent_at",
            "sent_at",
            postgresql_include=["channel", "parts", "cost_cents", "again"],
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index("ix_notice_tries_sending", "address", postgresql_where=text("state = 'sending'")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    notice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("notices.id"))
    number: Mapped[int] = mapped_column(Integer)
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    window_open: Mapped[bool] = mapped_column(server_default="true")
    again: Mapped[bool] = mapped_column(server_default="false")
    state: Mapped[str] = mapped_column(Text, server_default=SENDING)
    carrier_message_id: Mapped[str | None] = mapped_column(Text, index=True)
    parts: Mapped[int] = mapped_column(Integer, server_default="1")
    cost_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NoticeBatch(Base):
    """One text to many people, each of whom has a notice of it. values_sealed: JSON, the values by language."""

    __tablename__ = "notice_batches"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    reason: Mapped[str] = mapped_column(Text, unique=True)
    template: Mapped[str] = mapped_column(Text)
    values_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    people: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Consent(Base):
    """A person's word about one purpose; the newest one holds. Exactly one of the two times is set.

    how: the channel, or who noted it; wording: what was said or shown, as evidence.
    """

    __tablename__ = "consents"
    __table_args__ = (
        CheckConstraint("purpose IN ('service', 'marketing', 'prompt')", name="purpose"),
        CheckConstraint("(given_at IS NULL) <> (withdrawn_at IS NULL)", name="one_time"),
        Index("ix_consents_subscriber_id_purpose_id", "subscriber_id", "purpose", "id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"))
    purpose: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    how: Mapped[str] = mapped_column(Text)
    wording: Mapped[str] = mapped_column(Text)


class SmsDay(Base):
    """SMS parts that were handed to the carrier on one day of Nairobi, to hold the day's budget to."""

    __tablename__ = "sms_days"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    parts: Mapped[int] = mapped_column(Integer)


class MessageDay(Base):
    """What the messages that were handed over on one day of Nairobi are expected to cost, on all channels."""

    __tablename__ = "message_days"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    cents: Mapped[int] = mapped_column(BigInteger)
