"""What is sold and where: sites and plans."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base.database import Base, UtcDateTime
from core.base.money import Money

PPPOE, HOTSPOT = "pppoe", "hotspot"

plan_sites = Table(
    "plan_sites",
    Base.metadata,
    Column("plan_id", BigInteger, ForeignKey("plans.id"), primary_key=True),
    Column("site_id", BigInteger, ForeignKey("sites.id"), primary_key=True),
)


class Site(Base):
    """A place that we serve. name is at most 12 characters: it stands on USSD screens."""

    __tablename__ = "sites"
    __table_args__ = (CheckConstraint("char_length(name) BETWEEN 1 AND 12", name="name_fits_screens"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)


class Plan(Base):
    """What is sold. Speeds in kbit/s as the customer sees them; the term is `term_count` of `term_unit`.

    Hotspot plans are named on screens by their term ("24 hours"), home plans by `name` (12 characters at most).
    starts: the time runs from the router's yes (grant) or from the first login after it.
    price_cents: of today, whole shillings; 0 is the free tier. Prices to come stand in plan_prices.
    billing: prepaid lines pay before a period, postpaid ones after it. fixed_anchor: all lines of the plan share this
    payday (31: calendar months); none: each has its own. until_midnight: hotspot time that ends with the day.
    role: a topup adds data_cap_bytes to a running period and is no access by itself; carries_over: what is left of it
    outlives the period. slow_*: the speed after the data cap, and of a line that dunning has slowed.
    """

    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint("kind IN ('pppoe', 'hotspot')", name="kind"),
        CheckConstraint("term_unit IN ('seconds', 'days', 'months')", name="term_unit"),
        CheckConstraint("term_count > 0", name="term_count"),
        CheckConstraint("starts IN ('grant', 'first_login')", name="starts"),
        CheckConstraint("state IN ('draft', 'on_sale', 'retired')", name="state"),
        CheckConstraint("price_cents >= 0 AND mod(price_cents, 100) = 0", name="price_in_whole_shillings"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 12", name="name_fits_screens"),
        CheckConstraint("after_cap IN ('stop', 'slow')", name="after_cap"),
        CheckConstraint("shared_devices > 0", name="shared_devices"),
        CheckConstraint("billing IN ('prepaid', 'postpaid')", name="billing"),
        CheckConstraint("role IN ('access', 'topup')", name="role"),
        CheckConstraint("role <> 'topup' OR data_cap_bytes > 0", name="topup_has_bytes"),
        CheckConstraint("fixed_anchor BETWEEN 1 AND 31", name="fixed_anchor"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    price_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text, server_default="KES")
    term_unit: Mapped[str] = mapped_column(Text)
    term_count: Mapped[int] = mapped_column(Integer)
    download_kbps: Mapped[int] = mapped_column(Integer)
    upload_kbps: Mapped[int] = mapped_column(Integer)
    data_cap_bytes: Mapped[int | None] = mapped_column(BigInteger)
    after_cap: Mapped[str] = mapped_column(Text, server_default="stop")
    shared_devices: Mapped[int] = mapped_column(Integer, server_default="1")
    starts: Mapped[str] = mapped_column(Text)
    tax_class: Mapped[str] = mapped_column(Text, server_default="internet")
    state: Mapped[str] = mapped_column(Text, server_default="draft")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    billing: Mapped[str] = mapped_column(Text, server_default="prepaid")
    role: Mapped[str] = mapped_column(Text, server_default="access")
    carries_over: Mapped[bool] = mapped_column(Boolean, server_default="false")
    fixed_anchor: Mapped[int | None] = mapped_column(Integer)
    until_midnight: Mapped[bool] = mapped_column(Boolean, server_default="false")
    slow_download_kbps: Mapped[int] = mapped_column(Integer, server_default="512")
    slow_upload_kbps: Mapped[int] = mapped_column(Integer, server_default="512")
    sites: Mapped[list[Site]] = relationship(secondary=plan_sites)

    @property
    def price(self) -> Money:
        return Money(self.price_cents, self.currency)
