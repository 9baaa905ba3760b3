"""Vouchers: codes that are worth a plan."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime

SOLD, ACTIVE, USED, VOID = "sold", "active", "used", "void"


class Voucher(Base):
    """A code worth one access. The code is sealed; the keyed hash finds it and keeps it unique for ever.

    sold: paid, nobody has logged in. active: in use. used: its time is over. void: withdrawn.
    use_by: until when a first login is promised (it is honoured a while longer).
    """

    __tablename__ = "vouchers"
    __table_args__ = (CheckConstraint("state IN ('sold', 'active', 'used', 'void')", name="state"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    code_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    code_lookup: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    state: Mapped[str] = mapped_column(Text, server_default=SOLD)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), unique=True)
    buyer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    holder_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    sold_at: Mapped[datetime] = mapped_column(UtcDateTime)
    use_by: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
