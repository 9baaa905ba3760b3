"""The tax authority's mark on a document: a fiscal adapter writes it, once, when the authority has answered.

An adapter listens to InvoiceIssued and CreditNoteIssued, sends what `core.billing.paper.facts` reads (seller's and
buyer's PIN, date and time, serial number, net, rates, taxes, gross), and calls `note_mark`.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Text, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime, Work


class FiscalMark(Base):
    """What the tax authority gave back for one document. scan: what its QR code holds."""

    __tablename__ = "fiscal_marks"
    __table_args__ = (
        UniqueConstraint("kind", "document_id"),
        CheckConstraint("kind IN ('invoice', 'credit_note')", name="kind"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    document_id: Mapped[int] = mapped_column(BigInteger)
    control_unit: Mapped[str] = mapped_column(Text)
    receipt_number: Mapped[str] = mapped_column(Text)
    scan: Mapped[str] = mapped_column(Text)
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime)


def mark_of(work: Work, *, kind: str, document_id: int) -> FiscalMark | None:
    """The document's mark, None while the authority has not answered."""
    return work.session.scalar(
        select(FiscalMark).where(FiscalMark.kind == kind, FiscalMark.document_id == document_id)
    )


def note_mark(
    work: Work,
    *,
    kind: str,
    document_id: int,
    control_unit: str,
    receipt_number: str,
    scan: str,
    marked_at: datetime,
) -> bool:
    """Keep the mark. False where the document has one: the first stands, whatever is told later."""
    kept = work.session.scalar(
        insert(FiscalMark)
        .values(
            kind=kind,
            document_id=document_id,
            control_unit=control_unit,
            receipt_number=receipt_number,
            scan=scan,
            marked_at=marked_at,
        )
        .on_conflict_do_nothing()
        .returning(FiscalMark.id)
    )
    return kept is not None
