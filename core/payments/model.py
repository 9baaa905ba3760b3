"""Collections, receipts, claims and suspense."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime
from core.base.money import Money

REQUESTED, ASKING, PROMPTED, UNKNOWN, PAID, FAILED, LAPSED = (
    "requested",
    "asking",
    "prompted",
    "unknown",
    "paid",
    "failed",
    "lapsed",
)
OPEN_STATES = (REQUESTED, ASKING, PROMPTED, UNKNOWN)
"""While one of these stands, the payer's phone may still be debited: nothing else is started for it."""


class Collection(Base):
    """One attempt to collect a purchase's money from one phone.

    requested → asking (claimed by a worker) → prompted (the gateway accepted) → paid | failed. unknown: nobody
    has answered in time, we keep asking. lapsed: an hour of silence; a late success still counts.
    reference: what the payer sees as the account. callback_lookup: keyed hash of the token in the callback URL
    (sealed beside it, so that a rotation of keys can hash it anew).
    push_due_at: when the prompt is due; far past it nobody waits for a prompt any more, and none is sent.
    """

    __tablename__ = "collections"
    __table_args__ = (
        CheckConstraint(
            "state IN ('requested', 'asking', 'prompted', 'unknown', 'paid', 'failed', 'lapsed')",
            name="state",
        ),
        CheckConstraint("amount_cents > 0 AND mod(amount_cents, 100) = 0", name="whole_shillings"),
        CheckConstraint("char_length(reference) <= 12", name="reference_fits"),
        Index(
            "uq_collections_one_open_prompt",
            "payer",
            unique=True,
            postgresql_where=text("state IN ('requested', 'asking', 'prompted', 'unknown')"),
        ),
        Index("ix_collections_payer_created_at", "payer", "created_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    purchase_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("purchases.id"), index=True)
    retries_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("collections.id"), unique=True)
    gateway: Mapped[str] = mapped_column(Text)
    payer: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text, server_default="KES")
    reference: Mapped[str] = mapped_column(Text, unique=True)
    callback_lookup: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    callback_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(Text, server_default=REQUESTED)
    gateway_request_id: Mapped[str | None] = mapped_column(Text)
    gateway_checkout_id: Mapped[str | None] = mapped_column(Text, unique=True)
    result_code: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    looks: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    push_due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)


class CollectionMove(Base):
    """What happened to a collection, in order. Append-only."""

    __tablename__ = "collection_moves"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    collection_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("collections.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class Receipt(Base):
    """The provider's proof of money received, once per provider and number, and only when it counts.

    subscriber_id: whose money it became; none while it stands in suspense. collection_id: the collection that it
    proves; one receipt a collection, any further one is new money. refunded_cents: never more than was received.
    reversed_at: since when its payer has the money back, by the provider's hand.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("provider", "number"),
        CheckConstraint("amount_cents > 0", name="amount"),
        CheckConstraint("refunded_cents BETWEEN 0 AND amount_cents", name="refunded"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text, server_default="KES")
    shortcode: Mapped[str] = mapped_column(Text)
    account_text: Mapped[str] = mapped_column(Text, server_default="")
    payer_hint: Mapped[str] = mapped_column(Text, server_default="")
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subscriber_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    collection_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("collections.id"), unique=True)
    reversed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refunded_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")

    @property
    def amount(self) -> Money:
        return Money(self.amount_cents, self.currency)


class Claim(Base):
    """Word of a payment that does not count by itself: an unlisted source, or an amount that was not asked.

    waiting → confirmed (the provider agreed: a receipt stands) | refuted. The provider is asked by receipt
    number; conversation: the id under which its answer will come.
    """

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'confirmed', 'refuted', 'unanswered')", name="state"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inbox_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("inbox.id"), unique=True)
    provider: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text, index=True)
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    account_text: Mapped[str] = mapped_column(Text, server_default="")
    payer_hint: Mapped[str] = mapped_column(Text, server_default="")
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    collection_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("collections.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    conversation: Mapped[str | None] = mapped_column(Text, unique=True)
    asks: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SuspenseItem(Base):
    """Received money whose owner is not known. Resolved once, by an entry that names the owner."""

    __tablename__ = "suspense"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    receipt_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("receipts.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_to: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscribers.id"))


class Installment(Base):
    """Money that a subscriber keeps aside towards a plan, until it covers the plan's price. One at a time."""

    __tablename__ = "installments"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'bought', 'given_up')", name="state"),
        CheckConstraint("kept_cents >= 0 AND (state = 'open' OR kept_cents = 0)", name="kept"),
        Index("uq_installments_open", "subscriber_id", unique=True, postgresql_where=text("state = 'open'")),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"))
    plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"))
    site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    kept_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    state: Mapped[str] = mapped_column(Text, server_default="open")
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    purchase_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("purchases.id"))


class GatewayToken(Base):
    """The one access token of a consumer key, shared by all processes (a new one invalidates the old).

    generation grows with each token; fetching_until: a process is fetching the next one, the others wait.
    pulled_until: up to when the provider's own list of payments was read.
    """

    __tablename__ = "gateway_tokens"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    gateway: Mapped[str] = mapped_column(Text, unique=True)
    token_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    generation: Mapped[int] = mapped_column(Integer, server_default="0")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fetching_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pulled_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
