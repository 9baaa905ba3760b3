"""Uses of offer codes, and how many codes somebody typed."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Identity, Integer
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime


class CouponUse(Base):
    """A purchase that was asked for with a code, and what came off. Append-only: whether the use is held, spent or
    given back is read off the purchase (`core.billing.coupon_use.IS_USED`), so that the two cannot differ."""

    __tablename__ = "coupon_uses"
    __table_args__ = (CheckConstraint("cents > 0", name="cents"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    coupon_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("coupons.id"), index=True)
    purchase_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("purchases.id"), unique=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"))
    cents: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CouponTries(Base):
    """How many codes somebody typed on a day (Nairobi) that did not hold."""

    __tablename__ = "coupon_tries"
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    tries: Mapped[int] = mapped_column(Integer)
