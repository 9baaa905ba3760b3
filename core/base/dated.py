"""Settings with a start day: rates, taxes, periods. The law changes them on a day; the past keeps the old ones.

A name's value at an instant is the newest row that starts at or before it; without one, the default below
holds. Rows are only ever added.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.base.database import Base, UtcDateTime, Work

DEFAULTS: dict[str, int] = {
    # Taxes in basis points (Kenya: excise 15 % on internet services since 1 July 2023, VAT 16 %); 0 = off.
    "tax.excise_bp": 1_500,
    "tax.vat_bp": 1_600,
    # A promise to pay: for so many days at most, and once in so many days. An emergency day: once in so many days.
    "home.promise_longest_days": 14,
    "home.promise_every_days": 90,
    "home.lend_every_days": 90,
    # Before the first emergency day so many terms of the line were paid (M19).
    "home.lend_after_terms": 2,
    # A bill that its owner calls wrong by phone waits so many days for a look; by phone once in so many days.
    "dispute.days": 7,
    "dispute.every_days": 90,
    # Days given to another line: so often a day, this share of a term a day, of what was paid so many hours ago (M16).
    "gifts.a_day": 3,
    "gifts.share_a_day_bp": 2_000,
    "gifts.after_hours": 24,
    # Accounts of other people that one person may look up in a day (M18).
    "foreign_looks_a_day": 5,
    # A line may be paused for so many days at a time, so often in a year, with so many paid days left or more.
    "pause.longest_days": 60,
    "pause.times_a_year": 2,
    "pause.least_days_left": 2,
    # Prepaid lines are billed so many days before their last paid day; postpaid ones when their period is over, to be
    # paid within so many days.
    "home.bill_days_before": 3,
    "home.postpaid_due_days": 14,
    # 1: a run of the billing cycle waits until somebody has looked at it and said yes.
    "billing.cycle_needs_yes": 0,
    # Part payments of a home line: from this share of the price the whole period; below so many days nothing.
    "home.part_is_whole_from_bp": 9_000,
    "home.part_least_days": 3,
    # What is owed after a payment was taken back is written off where it is less than so many cents.
    "reversal.written_off_below_cents": 10_000,
    # Money put on a wrong account is moved within so many hours.
    "money.moves_within_hours": 24,
    # What one of the staff gives away alone, in cents, at once and in a day; above it a second person agrees (M36).
    "staff.alone_up_to_cents": 200_000,
    "staff.alone_a_day_cents": 1_000_000,
    # A line dark for longer than this begins a full new month at the payment.
    "home.fresh_start_after_dark_days": 14,
    # So that line's old grace days are forgiven, once in so many days.
    "home.forgives_every_days": 180,
    # A day with so many dark hours or more at its site is given back as a whole day.
    "outage.day_from_dark_hours": 6,
    # Who paid for time that no router takes up may have the money back after so many minutes.
    "money.back_after_minutes": 30,
    # Hotspot time "until 24:00" whose first login is from this hour on (Nairobi) runs until 24:00 of the next day.
    "hotspot.until_tomorrow_from_hour": 20,
    # An unused voucher is promised for so many days after the sale, and honoured so many days longer.
    "voucher.use_by_days": 90,
    "voucher.honoured_days": 30,
    # Offer codes that do not hold and may be typed by one person in a day: a code is no lottery.
    "coupon.tries_a_day": 5,
    # How often a voucher or a credential may be sent again to one number in a day (M5).
    "resends_a_day": 5,
    # SMS that may be handed to the carrier in a day, all numbers together (M5): a runaway must not empty it.
    "sms_a_day": 50_000,
    # To more people than this no one of the staff writes alone (M41).
    "tell_many.alone_up_to": 500,
    # What all messages of a day may cost, in cents, until offers wait for the next: law 10, and no provider's plan.
    # Whatever a person asked or paid for, and news of it, is sent all the same.
    "messages.offers_wait_at_cents": 1_000_000,
    # Codes by SMS to one number, and within one talk (M5).
    "codes_an_hour": 3,
    "codes_a_day": 6,
    # A number that is first heard again after so many silent days may be in other hands (M6).
    "number.silent_days": 90,
    # 1: a number that pays under another M-PESA name than before is taken for one in other hands (M6). 0: it is not;
    # whether Daraja tells a number's first name the same way each time is not known.
    "number.parts_on_other_name": 1,
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


_VALUES = """
    SELECT name, value FROM settings_history WHERE name = ANY(%(names)s) AND starts_at <= %(at)s
    ORDER BY starts_at, id
"""


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
    work.session.flush()  # the statement is not the mapper's, which would spend as long again on it
    values = {"names": list(names), "at": at or work.now}
    rows = work.session.connection().exec_driver_sql(_VALUES, values)
    found: dict[str, Any] = {row.name: row.value for row in rows}
    return tuple(int(found.get(name, DEFAULTS[name])) for name in names)
