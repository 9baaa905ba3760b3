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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime

QUEUED, SENDING, SENT, DELIVERED, FAILED, UNKNOWN = (
    "queued",
    "sending",
    "sent",
    "delivered",
    "failed",
    "unknown",
)


class Notice(Base):
    """One message to one address. `values_sealed` is JSON: the template's values, one may be a code.

    sending: a worker is handing it over, until `claimed_until` at the latest. unknown: the carrier was
    asked and nobody knows its answer, `unknowns` times. dedupe_key: why it is sent; one reason sends once.
    """

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown')", name="state"
        ),
        Index("ix_notices_sending", "address", postgresql_where=text("state = 'sending'")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    channel: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    values_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    dedupe_key: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[str] = mapped_column(Text, server_default=QUEUED)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    unknowns: Mapped[int] = mapped_column(Integer, server_default="0")
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    carrier_message_id: Mapped[str | None] = mapped_column(Text, index=True)
    parts: Mapped[int | None] = mapped_column(Integer)
    cost: Mapped[str | None] = mapped_column(Text)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SmsDay(Base):
    """SMS parts that were handed to the carrier on one day of Nairobi, to hold the day's budget to."""

    __tablename__ = "sms_days"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    parts: Mapped[int] = mapped_column(Integer)
