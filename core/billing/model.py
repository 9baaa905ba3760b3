"""Purchases, subscriptions and invoices."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base.database import Base, UtcDateTime
from core.base.money import Money
from core.catalogue.model import Plan

AWAITING_NETWORK, ACTIVE, GRACE, SUSPENDED, PAUSED, ENDED = (
    "awaiting_network",
    "active",
    "grace",
    "suspended",
    "paused",
    "ended",
)
OPEN, PAID, SERVED, UNPAID = "open", "paid", "served", "unpaid"
"""A purchase's life: asked for; money is in; its time has begun; its collection came to nothing (a late success
still makes it paid)."""


class Subscription(Base):
    """One subscriber's access on a plan. paid_through is exclusive: the instant at which the access ends.

    awaiting_network: paid for, and the network has not said yes (hotspot: nobody has logged in yet).
    anchor_day: the day of the month that a monthly line comes back to. dark_since: since when a suspended line
    has been off. site_id: where the line is; none for vouchers, which hold at every site of their plan.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint(
            "state IN ('awaiting_network', 'active', 'grace', 'suspended', 'paused', 'ended')", name="state"
        ),
        CheckConstraint("state NOT IN ('active', 'grace') OR paid_through IS NOT NULL", name="paid_through"),
        Index("ix_subscriptions_subscriber_id_state", "subscriber_id", "state"),
        Index("ix_subscriptions_state_paid_through", "state", "paid_through"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"))
    plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"))
    site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    state: Mapped[str] = mapped_column(Text, server_default=AWAITING_NETWORK)
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paid_through: Mapped[datetime | None] = mapped_column(UtcDateTime)
    anchor_day: Mapped[int | None] = mapped_column(Integer)
    dark_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    plan: Mapped[Plan] = relationship()


class SubscriptionMove(Base):
    """A move between states, dated and with its cause. Append-only."""

    __tablename__ = "subscription_moves"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)


class Purchase(Base):
    """What was asked for, by whom, for whom, at which price and term (as they were then).

    Unique on channel, session and step: a second key press is not a second purchase; a second friend is.
    subscription_id: the line it renews, or, once paid, the access that it bought.
    """

    __tablename__ = "purchases"
    __table_args__ = (
        UniqueConstraint("channel", "session", "step"),
        CheckConstraint("state IN ('open', 'paid', 'served', 'unpaid')", name="state"),
        CheckConstraint("price_cents > 0", name="price"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    channel: Mapped[str] = mapped_column(Text)
    session: Mapped[str] = mapped_column(Text)
    step: Mapped[str] = mapped_column(Text)
    buyer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    beneficiary_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"))
    site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    price_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text, server_default="KES")
    term_unit: Mapped[str] = mapped_column(Text)
    term_count: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text, server_default=OPEN)
    subscription_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("subscriptions.id"), index=True
    )
    request_id: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    served_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    plan: Mapped[Plan] = relationship()

    @property
    def price(self) -> Money:
        return Money(self.price_cents, self.currency)


class InvoiceSeries(Base):
    """The last number given in a series. Its row is locked while a number is taken, so that none is skipped."""

    __tablename__ = "invoice_series"
    series: Mapped[str] = mapped_column(Text, primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Invoice(Base):
    """A bill: INV-2026-000001. Paid the instant it is issued, for what is paid before."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("total_cents = net_cents + excise_cents + vat_cents", name="parts_add_up"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    series: Mapped[str] = mapped_column(Text, ForeignKey("invoice_series.series"))
    number: Mapped[int] = mapped_column(BigInteger)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    purchase_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("purchases.id"), unique=True)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    net_cents: Mapped[int] = mapped_column(BigInteger)
    excise_cents: Mapped[int] = mapped_column(BigInteger)
    vat_cents: Mapped[int] = mapped_column(BigInteger)
    total_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text, server_default="KES")
    excise_bp: Mapped[int] = mapped_column(Integer)
    vat_bp: Mapped[int] = mapped_column(Integer)
    entry_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("journal_entries.id"))
    lines: Mapped[list["InvoiceLine"]] = relationship(back_populates="invoice")

    @property
    def title(self) -> str:
        return f"{self.series}-{self.number:06d}"


class InvoiceLine(Base):
    """One thing on a bill."""

    __tablename__ = "invoice_lines"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("invoices.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("plans.id"))
    description: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer, server_default="1")
    total_cents: Mapped[int] = mapped_column(BigInteger)
    invoice: Mapped[Invoice] = relationship(back_populates="lines")
