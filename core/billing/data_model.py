"""Data: how much a line has in a period, what it bought on top, what it used, and how far its counters stood."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime


class DataPeriod(Base):
    """A line's allowance from begins_at until before ends_at, and what was used then.

    used_bytes: all of it, at full speed or slow. from_plan_bytes: what of it came out of the allowance; top-ups are
    used after that. told_80_at, told_100_at: when the line's owner was told, once each.
    """

    __tablename__ = "data_periods"
    __table_args__ = (
        UniqueConstraint("subscription_id", "begins_at"),
        CheckConstraint("begins_at < ends_at", name="ends_at"),
        CheckConstraint(
            "from_plan_bytes BETWEEN 0 AND least(allowance_bytes, used_bytes)", name="from_plan_bytes"
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"))
    begins_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    allowance_bytes: Mapped[int] = mapped_column(BigInteger)
    used_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    from_plan_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    told_80_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_100_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DataTopup(Base):
    """Data bought on top. period_id: the period with which it ends; None: it carries over until it is used."""

    __tablename__ = "data_topups"
    __table_args__ = (CheckConstraint("used_bytes BETWEEN 0 AND bytes", name="used_bytes"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), index=True)
    purchase_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("purchases.id"), unique=True)
    period_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("data_periods.id"))
    bytes: Mapped[int] = mapped_column(BigInteger)
    used_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    bought_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DataCounter(Base):
    """How far a session's counter stood when it was last read."""

    __tablename__ = "data_counters"
    __table_args__ = (
        CheckConstraint("counter_bytes >= 0", name="counter_bytes"),
        Index("ix_data_counters_at", "at"),
    )
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), primary_key=True)
    session: Mapped[str] = mapped_column(Text, primary_key=True)
    counter_bytes: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
