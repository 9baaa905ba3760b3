"""Purchases, subscriptions and invoices."""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
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

TERM, CHANGE, PAYDAY = "term", "change", "payday"


class Subscription(Base):
    """One subscriber's access on a plan. paid_through is exclusive: the instant at which the access ends.

    awaiting_network: paid for, and the network has not said yes (hotspot: nobody has logged in yet).
    anchor_day: the day of the month that a monthly line comes back to. dark_since: since when a suspended line
    has been off. site_id: where the line is; vouchers hold at every site of their plan, and have
    the one of their first login.
    payer_id: who pays for it (a landlord, a parent), where that is not its own subscriber. next_plan_id: the plan from
    the next period on. renews: whether it renews from its account's own money. grace_days: of its own, instead of
    the policy's. lent_through: an emergency day keeps it on until then; paid_through is not moved by it.
    next_plan_from: when that begins, where its period is paid already. slowed_at: since when it is slow for want of
    money. paused_days_left: whole paid days that wait for the return.
    capped_at: since when its data is used up, and it is slow or stopped for that.
    forgiven_at: when old grace days were last written off.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        CheckConstraint(
            "state IN ('awaiting_network', 'active', 'grace', 'suspended', 'paused', 'ended')", name="state"
        ),
        CheckConstraint("state NOT IN ('active', 'grace') OR paid_through IS NOT NULL", name="paid_through"),
        Index("ix_subscriptions_subscriber_id_state", "subscriber_id", "state"),
        Index("ix_subscriptions_state_paid_through", "state", "paid_through"),
        Index("ix_subscriptions_payer_id", "payer_id", postgresql_where=text("payer_id IS NOT NULL")),
        Index("ix_subscriptions_slowed_at", "id", postgresql_where=text("slowed_at IS NOT NULL")),
        Index("ix_subscriptions_capped_at", "id", postgresql_where=text("capped_at IS NOT NULL")),
        Index(
            "ix_subscriptions_next_plan_from",
            "next_plan_from",
            postgresql_where=text("next_plan_from IS NOT NULL"),
        ),
        Index("ix_subscriptions_paused_until", "paused_until", postgresql_where=text("state = 'paused'")),
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
    payer_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscribers.id"))
    next_plan_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("plans.id"))
    next_plan_from: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renews: Mapped[bool] = mapped_column(Boolean, server_default="true")
    grace_days: Mapped[int | None] = mapped_column(Integer)
    lent_through: Mapped[datetime | None] = mapped_column(UtcDateTime)
    slowed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    capped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_days_left: Mapped[int | None] = mapped_column(Integer)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    forgiven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    plan: Mapped[Plan] = relationship(foreign_keys=[plan_id])
    next_plan: Mapped[Plan | None] = relationship(foreign_keys=[next_plan_id])

    @property
    def renewal_plan(self) -> Plan:
        """The plan that its next period is on."""
        return self.next_plan or self.plan

    @property
    def account_holder_id(self) -> int:
        """On whose receivable this line's bills stand: its payer's, or its own subscriber's."""
        return self.payer_id or self.subscriber_id


class SubscriptionMove(Base):
    """A move between states, dated and with its cause. Append-only.

    That its line is there is looked at once a statement (migration 0018): a night's moves come in masses.
    """

    __tablename__ = "subscription_moves"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger, index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)


class Purchase(Base):
    """What was asked for, by whom, for whom, at which price and term (as they were then).

    Unique on channel, session and step: a second key press is not a second purchase; a second friend is.
    subscription_id: the line it renews, or, once paid, the access that it bought. bill_id: the open bill that it was
    quoted from; where something else has paid that meanwhile, it buys nothing. purpose: a term; a change of what is
    paid already to plan_id; or the bridge to a payday, anchor_day. discount_cents: by how much an offer code has
    lowered the price (price_cents is what is paid).
    """

    __tablename__ = "purchases"
    __table_args__ = (
        UniqueConstraint("channel", "session", "step"),
        CheckConstraint("state IN ('open', 'paid', 'served', 'unpaid')", name="state"),
        CheckConstraint("price_cents >= 0", name="price"),
        CheckConstraint("discount_cents >= 0", name="discount"),
        CheckConstraint("purpose IN ('term', 'change', 'payday')", name="purpose"),
        CheckConstraint("(purpose = 'payday') = (anchor_day IS NOT NULL)", name="anchor_day"),
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
    bill_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("invoices.id", use_alter=True))
    purpose: Mapped[str] = mapped_column(Text, server_default=TERM)
    anchor_day: Mapped[int | None] = mapped_column(Integer)
    fees: Mapped[list[tuple[str, int]] | None] = mapped_column(JSONB(none_as_null=True))
    discount_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    request_id: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    served_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    plan: Mapped[Plan] = relationship()

    @property
    def price(self) -> Money:
        return Money(self.price_cents, self.currency)

    @property
    def fees_cents(self) -> int:
        return sum(cents for _, cents in self.fees or ())


class InvoiceSeries(Base):
    """The last number given in a series. Its row is locked while a number is taken, so that none is skipped."""

    __tablename__ = "invoice_series"
    series: Mapped[str] = mapped_column(Text, primary_key=True)
    last_number: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Invoice(Base):
    """A bill: INV-2026-000001.

    kind: sale (paid the instant it is issued: a receipt), bill (a period of a line, raised by the cycle), change (a
    plan changed within a period), fee, final. subscriber_id: on whose account it stands. subscription_id: the line
    that it is for. period_from, period_to: first and last day of the period, both within it. due_at: until when it
    is to be paid (prepaid: the end of what was paid before). open_cents: what is still to be paid; credited_cents:
    what credit notes have taken back; both kept by the verbs that post, in the statement that posts. purchase_id:
    the purchase that paid for it. buyer_pin: the buyer's tax number as it was on that day.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("series", "number"),
        CheckConstraint("total_cents = net_cents + excise_cents + vat_cents", name="parts_add_up"),
        CheckConstraint("kind IN ('sale', 'bill', 'change', 'fee', 'final')", name="kind"),
        CheckConstraint("open_cents >= 0 AND open_cents + credited_cents <= total_cents", name="open"),
        CheckConstraint(
            "kind <> 'bill' OR (subscription_id IS NOT NULL AND period_from <= period_to)", name="period"
        ),
        Index(
            "uq_invoices_bill",
            "subscription_id",
            "period_from",
            unique=True,
            postgresql_where=text("kind = 'bill' AND credited_cents < total_cents"),
        ),
        Index("ix_invoices_open", "subscriber_id", "due_at", "id", postgresql_where=text("open_cents > 0")),
        Index("ix_invoices_subscription_open", "subscription_id", postgresql_where=text("open_cents > 0")),
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
    kind: Mapped[str] = mapped_column(Text, server_default="sale")
    subscription_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscriptions.id"))
    period_from: Mapped[date | None] = mapped_column(Date)
    period_to: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    open_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    credited_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    buyer_pin: Mapped[str | None] = mapped_column(Text)
    lines: Mapped[list["InvoiceLine"]] = relationship(back_populates="invoice")

    @property
    def title(self) -> str:
        return f"{self.series}-{self.number:06d}"


class InvoiceLine(Base):
    """One thing on a bill. total_cents: what is charged for it, taxes inside; discount_cents: by how much it was
    lowered before its taxes were taken out."""

    __tablename__ = "invoice_lines"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("invoices.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("plans.id"))
    description: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer, server_default="1")
    total_cents: Mapped[int] = mapped_column(BigInteger)
    discount_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    net_cents: Mapped[int | None] = mapped_column(BigInteger)
    excise_cents: Mapped[int | None] = mapped_column(BigInteger)
    vat_cents: Mapped[int | None] = mapped_column(BigInteger)
    invoice: Mapped[Invoice] = relationship(back_populates="lines")
