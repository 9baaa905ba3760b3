"""Settings with a start day: rates, taxes, periods. The law changes them on a day; the past keeps the old ones.

A name's value at an instant is the newest row that starts at or before it; without one, the default below
holds. Rows are only ever added.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime, Work

DEFAULTS: dict[str, int] = {
    # Taxes in basis points (Kenya: excise 15 % on internet services since 1 July 2023, VAT 16 %); 0 = off.
    "tax.excise_bp": 1_500,
    "tax.vat_bp": 1_600,
    # Home lines: days after the last paid day until the line is switched off.
    "home.grace_days": 3,
    # A line dark for longer than this begins a full new month at the payment.
    "home.fresh_start_after_dark_days": 14,
    # An unused voucher is promised for so many days after the sale, and honoured so many days longer.
    "voucher.use_by_days": 90,
    "voucher.honoured_days": 30,
    # How often a voucher or a credential may be sent again to one number in a day (M5).
    "resends_a_day": 5,
    # SMS that may be handed to the carrier in a day, all numbers together (M5): a runaway must not empty it.
    "sms_a_day": 50_000,
    # Codes by SMS to one number, and within one talk (M5).
    "codes_an_hour": 3,
    "codes_a_day": 6,
    # A number that is first heard again after so many silent days may be in other hands (M6).
    "number.silent_days": 90,
    # A chat or number joins or leaves an account at once, but after a day where the account's own money, in cents,
    # is more than this (threats, section 4).
    "contacts.wait_above_cents": 50_000,
    # Messages that we begin wait from the evening's hour to the morning's, in Nairobi.
    "quiet.from_hour": 20,
    "quiet.until_hour": 8,
    # What a message costs, in cents, where its carrier does not say: a part of an SMS, a template outside of
    # WhatsApp's free window. Free words in a chat, and mail, cost nothing.
    "cost.sms_part": 80,
    "cost.whatsapp_template": 60,
    # Seconds that a channel that is away is waited for, where there is another. urgent: somebody waits for it.
    "patience.whatsapp": 900,
    "patience.whatsapp.urgent": 60,
    "patience.telegram": 900,
    "patience.telegram.urgent": 0,
    "patience.sms": 7_200,
    "patience.sms.urgent": 180,
    "patience.email": 3_600,
    "patience.email.urgent": 0,
    # Seconds within which a message should be confirmed, until another channel is tried too. Not every network
    # reports on its texts, and a phone that is off gets them later.
    "confirmed_within.whatsapp": 3_600,
    "confirmed_within.whatsapp.urgent": 120,
    "confirmed_within.sms": 14_400,
    "confirmed_within.sms.urgent": 1_800,
    # A chat in which nobody wrote for so many days is taken for left.
    "chat.lately_days": 90,
    # Claims above this many cents that stay unconfirmed for an hour become an incident (M8).
    "claim.incident_above_cents": 2_000_000,
}


class DatedSetting(Base):
    """One value of one setting, from an instant on."""

    __tablename__ = "settings_history"
    __table_args__ = (Index("ix_settings_history_name_starts_at", "name", "starts_at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    value: Mapped[Any] = mapped_column(JSONB)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(Text)


def dated(work: Work, *names: str, at: datetime | None = None) -> tuple[int, ...]:
    """The values of `names` at the instant `at` (now). One statement however many names. KeyError if unknown."""
    rows = work.session.execute(
        select(DatedSetting.name, DatedSetting.value)
        .where(DatedSetting.name.in_(names), DatedSetting.starts_at <= (at or work.now))
        .order_by(DatedSetting.starts_at, DatedSetting.id)
    )
    found: dict[str, Any] = {row.name: row.value for row in rows}
    return tuple(int(found.get(name, DEFAULTS[name])) for name in names)
