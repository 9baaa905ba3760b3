"""What plans cost on a day, what is offered for a while, and what comes on top of the first period."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime

INSTALLATION, EQUIPMENT, DEPOSIT = "installation", "equipment", "deposit"


class PlanPrice(Base):
    """From `from_day` on a plan costs this; the newest word about a day holds. Append-only."""

    __tablename__ = "plan_prices"
    __table_args__ = (
        CheckConstraint("price_cents >= 0 AND mod(price_cents, 100) = 0", name="price_in_whole_shillings"),
        Index("ix_plan_prices_plan_id_from_day", "plan_id", "from_day", "id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"))
    from_day: Mapped[date] = mapped_column(Date)
    price_cents: Mapped[int] = mapped_column(BigInteger)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))


class PlanMove(Base):
    """A plan was drafted, put on sale or retired, by whom and why. Append-only."""

    __tablename__ = "plan_moves"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))


class PlanOffer(Base):
    """A lower price for what is begun from from_at until before until_at. site_id: at one site; None: everywhere."""

    __tablename__ = "plan_offers"
    __table_args__ = (
        CheckConstraint("price_cents > 0 AND mod(price_cents, 100) = 0", name="price_in_whole_shillings"),
        CheckConstraint("from_at <= until_at", name="until_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    price_cents: Mapped[int] = mapped_column(BigInteger)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))


class PlanFee(Base):
    """What a new line of a plan pays once, with its first period. A deposit stays its owner's."""

    __tablename__ = "plan_fees"
    __table_args__ = (
        UniqueConstraint("plan_id", "kind"),
        CheckConstraint("kind IN ('installation', 'equipment', 'deposit')", name="kind"),
        CheckConstraint("cents > 0 AND mod(cents, 100) = 0", name="in_whole_shillings"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"))
    kind: Mapped[str] = mapped_column(Text)
    cents: Mapped[int] = mapped_column(BigInteger)
