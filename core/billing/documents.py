"""What follows an invoice: credit notes, and the money that was set against it."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime


class CreditNote(Base):
    """What is taken back of an invoice, each part as it was charged: CRN-2026-000001. by_staff_id: none where a rule
    of the house did it."""

    __tablename__ = "credit_notes"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("total_cents = net_cents + excise_cents + vat_cents", name="parts_add_up"),
        CheckConstraint("total_cents > 0", name="total"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    series: Mapped[str] = mapped_column(Text, ForeignKey("invoice_series.series"))
    number: Mapped[int] = mapped_column(BigInteger)
    invoice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("invoices.id"), index=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    net_cents: Mapped[int] = mapped_column(BigInteger)
    excise_cents: Mapped[int] = mapped_column(BigInteger)
    vat_cents: Mapped[int] = mapped_column(BigInteger)
    total_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text, server_default="KES")
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    entry_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("journal_entries.id"), unique=True)

    @property
    def title(self) -> str:
        return f"{self.series}-{self.number:06d}"


class Allocation(Base):
    """Money of an account that was set against one of its invoices (negative: taken off again). Append-only.

    source names the cause and is unique: nothing is set against a bill twice.
    """

    __tablename__ = "allocations"
    __table_args__ = (CheckConstraint("cents <> 0", name="not_empty"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("invoices.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    cents: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str] = mapped_column(Text, unique=True)
