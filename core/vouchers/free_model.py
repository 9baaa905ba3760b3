"""What was given for nothing."""

from datetime import date

from sqlalchemy import BigInteger, Date, ForeignKey, Identity, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base


class FreeGrant(Base):
    """A person had the free time of a site on a day. Once: the database sees to it."""

    __tablename__ = "free_grants"
    __table_args__ = (UniqueConstraint("subscriber_id", "site_id", "day"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"))
    site_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sites.id"))
    day: Mapped[date] = mapped_column(Date)
    purchase_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("purchases.id"))
