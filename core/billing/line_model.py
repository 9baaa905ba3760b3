"""What happened to a line beside its states: plans, days given, sites, its last statement. All of it append-only."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime

NOW, NEXT, KEPT, BEGUN = "now", "next", "kept", "begun"
GOODWILL, OUTAGE, HANDED = "goodwill", "outage", "handed"


class LinePlanChange(Base):
    """A change of plan. kind: now (within paid time, credited and charged by day), next (asked for, from the next
    period on), kept (that was taken back), begun (the next period, and its plan, began)."""

    __tablename__ = "plan_changes"
    __table_args__ = (CheckConstraint("kind IN ('now', 'next', 'kept', 'begun')", name="kind"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(Text)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), index=True)
    from_plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"))
    to_plan_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plans.id"))
    credit_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    charge_cents: Mapped[int] = mapped_column(BigInteger, server_default="0")
    purchase_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("purchases.id"))
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))


class PlanChangePart(Base):
    """The days of one purchase under the plan that they were changed to: part(price, from_mark, to_mark, of_days) is
    what invoice_id charges for them."""

    __tablename__ = "plan_change_parts"
    __table_args__ = (
        CheckConstraint("0 <= from_mark AND from_mark < to_mark AND to_mark <= of_days", name="marks"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    change_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("plan_changes.id"))
    purchase_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("purchases.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("invoices.id"))
    price_cents: Mapped[int] = mapped_column(BigInteger)
    from_mark: Mapped[int] = mapped_column(Integer)
    to_mark: Mapped[int] = mapped_column(Integer)
    of_days: Mapped[int] = mapped_column(Integer)


class DaysGiven(Base):
    """Days that a line was given, or gave away (negative). other_id: the line at the other end. key: of the form or
    the step that asked; the same again is the same."""

    __tablename__ = "days_given"
    __table_args__ = (
        CheckConstraint("kind IN ('goodwill', 'outage', 'handed')", name="kind"),
        CheckConstraint("days <> 0", name="days"),
        CheckConstraint("(kind = 'handed') = (other_id IS NOT NULL)", name="other"),
        UniqueConstraint("key", "subscription_id"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(Text)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), index=True)
    days: Mapped[int] = mapped_column(Integer)
    other_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("subscriptions.id"))
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
    key: Mapped[str] = mapped_column(Text)


class SiteMove(Base):
    """A line that was moved to another site."""

    __tablename__ = "site_moves"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), index=True)
    from_site_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sites.id"))
    to_site_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sites.id"))
    reason: Mapped[str] = mapped_column(Text)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))


class LineEnding(Base):
    """A line's final statement: what was taken back for days not served, what was charged for days not billed, the
    deposit that came back; and how the account stood after it."""

    __tablename__ = "line_endings"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    subscription_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscriptions.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    credited_cents: Mapped[int] = mapped_column(BigInteger)
    charged_cents: Mapped[int] = mapped_column(BigInteger)
    deposit_cents: Mapped[int] = mapped_column(BigInteger)
    owed_cents: Mapped[int] = mapped_column(BigInteger)
    own_cents: Mapped[int] = mapped_column(BigInteger)
    by_staff_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("staff.id"))
