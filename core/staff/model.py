"""Staff accounts, their sessions and tries to log in, and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime


class StaffMember(Base):
    """Somebody who works here. email is lower-case and unique; it is also the name by which staff are known.

    totp_sealed: the secret that the person's authenticator shares with us; totp_last_step: the newest time step
    that was used, so that no code works twice. trial: drawn by the demo, refused in live mode.
    """

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'finance', 'support', 'technician', 'viewer')", name="role"),
        CheckConstraint("theme IN ('auto', 'light', 'dark')", name="theme"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default="en")
    theme: Mapped[str] = mapped_column(Text, server_default="auto")
    password_hash: Mapped[str] = mapped_column(Text)
    totp_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int] = mapped_column(BigInteger, server_default="0")
    trial: Mapped[bool] = mapped_column(Boolean, server_default="false")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StaffSession(Base):
    """A browser that is logged in. token_hash: SHA-256 of 256 drawn bits, so the row opens nothing by itself.

    Its life is counted by the machine's clock: a trial's moved clock logs nobody out, and nobody in again.
    """

    __tablename__ = "staff_sessions"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    staff_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("staff.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    source: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LoginTry(Base):
    """A try to log in, noted before it is judged, so that tries at the same time all count.

    who: keyed name of the address that was typed, known to us or not. succeeded: set afterwards.
    """

    __tablename__ = "staff_login_tries"
    __table_args__ = (
        Index("ix_staff_login_tries_who_at", "who", "at"),
        Index("ix_staff_login_tries_source_at", "source", "at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    who: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    succeeded: Mapped[bool] = mapped_column(Boolean, server_default="false")


class AuditEntry(Base):
    """Who did or looked at what, whom it concerns (ids only), when and from where. Written once.

    staff_id: none where nobody was logged in (a refused login, the command line). whom: the kind of thing
    ('subscriber', 'delivery'…).
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_whom_whom_id_id", "whom", "whom_id", "id"),
        Index("ix_audit_log_staff_id_id", "staff_id", "id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    what: Mapped[str] = mapped_column(Text)
    whom: Mapped[str | None] = mapped_column(Text)
    whom_id: Mapped[int | None] = mapped_column(BigInteger)
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    source: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(Text)


class AuditSeal(Base):
    """A batch of the audit trail, from after_id (exclusive) to to_id, chained: hash covers its entries and the
    hash of the seal before. Written once."""

    __tablename__ = "audit_seals"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    after_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    to_id: Mapped[int] = mapped_column(BigInteger)
    entries: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IncidentClosing(Base):
    """Who closed an incident, and why, in the person's own words (which is why it is no audit entry)."""

    __tablename__ = "incident_closings"
    incident_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("incidents.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("staff.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)


class StaffOrder(Base):
    """Something a member of staff ordered by a form, with its reason: done at once, or when a second person agreed.

    waiting → agreed (its money may be paid out) → done | refused. once: of the form, so that the same form is one
    order. about: the thing that it changes; two open orders of a kind about one thing are refused. asked: the ids of
    the form's path and what was typed. pays_out: it is done only with the provider's number of the payout.
    stake_cents: how much it gives away, for the limits up to which somebody acts alone.
    """

    __tablename__ = "staff_orders"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'agreed', 'done', 'refused')", name="state"),
        CheckConstraint("char_length(reason) BETWEEN 4 AND 500", name="reason"),
        CheckConstraint("decided_by <> asked_by OR state = 'refused'", name="second"),
        Index("ix_staff_orders_asked_by_asked_at", "asked_by", "asked_at"),
        Index(
            "uq_staff_orders_open",
            "kind",
            "about",
            "about_id",
            unique=True,
            postgresql_where=text("state IN ('waiting', 'agreed')"),
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    once: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    about_id: Mapped[int] = mapped_column(BigInteger)
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str] = mapped_column(Text)
    pays_out: Mapped[bool] = mapped_column(Boolean, server_default="false")
    state: Mapped[str] = mapped_column(Text)
    stake_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    asked_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("staff.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
