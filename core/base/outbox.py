"""The outbox and its deliveries: events wait here, in the transaction that caused them, for listeners."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime


class OutboxEntry(Base):
    """One event, as it was said."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str] = mapped_column(Text, index=True)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Delivery(Base):
    """One event for one listener. Done when finished_at is set; given up when given_up_at is.

    dispatched_at: pushed to its queue and not heard of since. leased_until: a worker is at it; another worker
    that meets the same delivery lets it be until then.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("outbox_id", "listener"),
        Index(
            "ix_deliveries_waiting",
            "available_at",
            "id",
            postgresql_where=text("dispatched_at IS NULL AND finished_at IS NULL AND given_up_at IS NULL"),
        ),
        Index(
            "ix_deliveries_under_way",
            "dispatched_at",
            postgresql_where=text(
                "dispatched_at IS NOT NULL AND finished_at IS NULL AND given_up_at IS NULL"
            ),
        ),
        Index(
            "ix_deliveries_in_order",
            "ordering_key",
            "id",
            postgresql_where=text("ordering_key IS NOT NULL AND finished_at IS NULL AND given_up_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    outbox_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("outbox.id"))
    listener: Mapped[str] = mapped_column(Text)
    queue: Mapped[str] = mapped_column(Text)
    ordering_key: Mapped[str | None] = mapped_column(Text)
    available_at: Mapped[datetime] = mapped_column(UtcDateTime)
    dispatched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dispatch_count: Mapped[int] = mapped_column(Integer, server_default="0")
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Tick(Base):
    """A period of a clock task that somebody has claimed. The primary key is the whole lock."""

    __tablename__ = "ticks"
    task: Mapped[str] = mapped_column(Text, primary_key=True)
    period: Mapped[str] = mapped_column(Text, primary_key=True)
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
