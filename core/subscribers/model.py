"""Subscribers and the addresses (phone numbers, chats) by which they are known."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base.database import Base, UtcDateTime

PHONE = "msisdn"
"""The channel name of a phone number: one address serves USSD and SMS."""


class Subscriber(Base):
    """A person. language is empty until the person has chosen one."""

    __tablename__ = "subscribers"
    __table_args__ = (CheckConstraint("status IN ('active', 'closed')", name="status"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_no: Mapped[str] = mapped_column(Text, unique=True)
    first_name: Mapped[str] = mapped_column(Text, server_default="")
    last_name: Mapped[str] = mapped_column(Text, server_default="")
    language: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default="active")
    site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    addresses: Mapped[list["Address"]] = relationship(back_populates="subscriber")


class Address(Base):
    """A way to reach a subscriber. level: 1 seen, 2 proved (threats, section 4). External ids are full: 2547…"""

    __tablename__ = "addresses"
    __table_args__ = (
        Index(
            "uq_addresses_primary",
            "channel",
            "external_id",
            unique=True,
            postgresql_where=text("is_primary"),
        ),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    channel: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    is_primary: Mapped[bool] = mapped_column(server_default="true")
    level: Mapped[int] = mapped_column(Integer, server_default="1")
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    marketing_stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subscriber: Mapped[Subscriber] = relationship(back_populates="addresses")
