"""Routers, and the access accounts that they should hold."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base.database import Base, UtcDateTime

PRESENT, DISABLED, ABSENT = "present", "disabled", "absent"


class Router(Base):
    """A router at a site and what it serves.

    away_since: since when it has not answered; none while it does. recheck: it was away, and may have been
    replaced, reset or restored meanwhile, so what it holds is listed once before it counts again.
    """

    __tablename__ = "routers"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    site_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sites.id"), index=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    driver: Mapped[str] = mapped_column(Text, server_default="routeros")
    host: Mapped[str] = mapped_column(Text)
    port: Mapped[int] = mapped_column(Integer)
    username: Mapped[str] = mapped_column(Text)
    password_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    serves_pppoe: Mapped[bool] = mapped_column(Boolean)
    serves_hotspot: Mapped[bool] = mapped_column(Boolean)
    away_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    recheck: Mapped[bool] = mapped_column(Boolean, server_default="false")


class AccessAccount(Base):
    """What routers should hold for one subscription. revision grows with each change of what is wanted.

    secret: the PPPoE password, or the voucher code. uptime_limit_seconds: hard stop on the router itself.
    asked_move_id: the move into awaiting_network that this revision answers; a later one asks again, even
    where nothing else has changed. granted_revision, granted_at: what the network last said yes to, and when.
    """

    __tablename__ = "access_accounts"
    __table_args__ = (
        CheckConstraint("service IN ('pppoe', 'hotspot')", name="service"),
        CheckConstraint("desired IN ('present', 'disabled', 'absent')", name="desired"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), unique=True)
    service: Mapped[str] = mapped_column(Text)
    username_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    username_lookup: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    profile: Mapped[str] = mapped_column(Text)
    download_kbps: Mapped[int] = mapped_column(Integer)
    upload_kbps: Mapped[int] = mapped_column(Integer)
    shared_devices: Mapped[int] = mapped_column(Integer)
    uptime_limit_seconds: Mapped[int | None] = mapped_column(BigInteger)
    data_limit_bytes: Mapped[int | None] = mapped_column(BigInteger)
    desired: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(Integer, server_default="1")
    asked_move_id: Mapped[int | None] = mapped_column(BigInteger)
    granted_revision: Mapped[int | None] = mapped_column(Integer)
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    on_routers: Mapped[list["RouterAccount"]] = relationship(back_populates="account")


class RouterAccount(Base):
    """How far one router has followed what is wanted of one account. Behind while applied < revision.

    withdrawn: this router is to hold it no longer (the line moved, the plan left the site). claimed_until: a
    worker is at it. retry_at: after a refusal, not before then; failures: how many refusals in a row.
    """

    __tablename__ = "router_accounts"
    __table_args__ = (Index("ix_router_accounts_router_id", "router_id"),)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("access_accounts.id"), primary_key=True)
    router_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("routers.id"), primary_key=True)
    applied_revision: Mapped[int] = mapped_column(Integer, server_default="0")
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    withdrawn: Mapped[bool] = mapped_column(Boolean, server_default="false")
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(Integer, server_default="0")
    account: Mapped[AccessAccount] = relationship(back_populates="on_routers")
    router: Mapped[Router] = relationship()
