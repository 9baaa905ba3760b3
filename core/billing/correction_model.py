"""What corrects the books, with who and why; and invoices that somebody disputes."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime


class Correction(Base):
    """One entry that corrects, and its reason. Append-only.

    cents: what it did to the subscriber's account, debit positive (a write-off is negative). reference: the
    provider's word for money that was paid out. by_staff_id: none where a rule of the house did it.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('reversal', 'write_off', 'recovery', 'refund', 'transfer', 'resolution', 'goodwill')",
            name="kind",
        ),
        CheckConstraint("char_length(reason) BETWEEN 4 AND 500", name="reason"),
        Index("ix_corrections_invoice_id", "invoice_id", postgresql_where=text("invoice_id IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(Text)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    invoice_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("invoices.id"))
    receipt_id: Mapped[int | None] = mapped_column(BigInteger)
    cents: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    entry_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("journal_entries.id"), index=True)


class Dispute(Base):
    """An invoice that its subscriber disputes: no money is set against it, and dunning waits, until its end."""

    __tablename__ = "disputes"
    __table_args__ = (
        Index("uq_disputes_open", "invoice_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("invoices.id"))
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
