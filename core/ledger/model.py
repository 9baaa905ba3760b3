"""The journal: entries of postings that sum to zero, written once and never changed (the database sees to it)."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base.database import Base, UtcDateTime


class Account(Base):
    """A place where money stands. One receivable per subscriber: negative is theirs, positive is owed."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("kind IN ('asset', 'liability', 'income', 'expense')", name="kind"),
        Index(
            "uq_accounts_receivable",
            "subscriber_id",
            unique=True,
            postgresql_where=text("subscriber_id IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    subscriber_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscribers.id"))


class JournalEntry(Base):
    """One happening in money. source names what caused it and is unique: nothing is posted twice."""

    __tablename__ = "journal_entries"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, unique=True)
    reverses_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("journal_entries.id"), unique=True)
    postings: Mapped[list["Posting"]] = relationship(back_populates="entry")


class Posting(Base):
    """One side of an entry: cents to an account, debit positive, credit negative."""

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("amount_cents <> 0", name="not_empty"),
        Index("ix_postings_account_id_id", "account_id", "id", postgresql_include=["amount_cents"]),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("journal_entries.id"), index=True)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"))
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text, server_default="KES")
    entry: Mapped[JournalEntry] = relationship(back_populates="postings")
