"""Offer codes: what they take off a price, where, for how long and how often."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime


class Coupon(Base):
    """A code that takes percent_bp (basis points) or cents off one period's price, in [from_at, until_at).

    plan_id, site_id: None for any. uses_in_all: limited always, so that a code that got about costs a known sum.
    retired_at: taken back by hand.
    """

    __tablename__ = "coupons"
    __table_args__ = (
        CheckConstraint("code ~ '^[A-Z0-9]{5,9}$'", name="code"),
        CheckConstraint("num_nonnulls(percent_bp, cents) = 1", name="one_of_two"),
        CheckConstraint("percent_bp BETWEEN 1 AND 10000", name="percent_bp"),
        CheckConstraint("cents > 0 AND mod(cents, 100) = 0", name="cents_in_whole_shillings"),
        CheckConstraint("from_at < until_at", name="until_at"),
        CheckConstraint("uses_in_all BETWEEN 1 AND 10000", name="uses_in_all"),
        CheckConstraint("uses_a_person BETWEEN 1 AND 100", name="uses_a_person"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    percent_bp: Mapped[int | None] = mapped_column(Integer)
    cents: Mapped[int | None] = mapped_column(BigInteger)
    plan_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("plans.id"))
    site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uses_in_all: Mapped[int] = mapped_column(Integer)
    uses_a_person: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
