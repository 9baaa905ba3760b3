"""Runs of the billing cycle."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime

WAITING, RUNNING, DONE, REFUSED, LAPSED = "waiting", "running", "done", "refused", "lapsed"


class CycleRun(Base):
    """One run of the cycle: what it raised, and how far it is. At most one is open, on however many machines.

    waiting: for a yes (its review is what a person looks at). lapsed: another day came before the yes. day: the day in
    Nairobi for which it bills. round: a run goes over its lines until a round finds nothing more to bill (lines that
    somebody held, postpaid ones several periods behind). after_id: the line up to which this round is done.
    covered: bills that the account's own money suffices for.
    """

    __tablename__ = "cycle_runs"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'running', 'done', 'refused', 'lapsed')", name="state"),
        CheckConstraint("is_open = (state IN ('waiting', 'running'))", name="open"),
        Index("uq_cycle_runs_open", "is_open", unique=True, postgresql_where=text("is_open")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(Text)
    is_open: Mapped[bool] = mapped_column(Boolean)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    round: Mapped[int] = mapped_column(Integer, server_default="1")
    after_id: Mapped[int] = mapped_column(BigInteger, server_default="0")
    round_bills: Mapped[int] = mapped_column(BigInteger, server_default="0")
    chunks: Mapped[int] = mapped_column(Integer, server_default="0")
    bills: Mapped[int] = mapped_column(BigInteger, server_default="0")
    total_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    covered: Mapped[int] = mapped_column(BigInteger, server_default="0")
    review: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    reason: Mapped[str | None] = mapped_column(Text)
