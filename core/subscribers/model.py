"""Subscribers and the addresses (phone numbers, chats) by which they are known."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base.database import Base, UtcDateTime

PHONE = "msisdn"
"""The channel name of a phone number: one address serves USSD and SMS."""
MAIL = "email"
"""The channel name of a mailbox."""

VOUCHED, CONTACT, CODE = "vouched", "contact", "code"
"""How a chat came to its number: the channel vouches for it, the person shared it there, a code came back."""

ASKED, MOVED, OTHER_NUMBER = "asked", "moved", "other number"
SILENT, SIM_CHANGED, OTHER_NAME = "silent", "sim changed", "other name"
CHANGED_HANDS = (SILENT, SIM_CHANGED, OTHER_NAME)
"""Why an address was parted from its account. The last three: the number may be in other hands (threats M6)."""


class Subscriber(Base):
    """A person. language is empty until the person has chosen one. tax_pin: the KRA PIN that invoices name."""

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
    tax_pin: Mapped[str | None] = mapped_column(Text)
    addresses: Mapped[list["Address"]] = relationship(back_populates="subscriber")


class Address(Base):
    """A way to reach a subscriber. level: 1 seen, 2 proved (threats, section 4). External ids are full: 2547…

    is_primary: this is the account that the number, or the chat, talks about. A number of several accounts has a
    row for each, and one of them is primary. main_since: of a person's numbers, texts go to the one chosen last.
    number: of a chat, the digits that it speaks for; also: its second id there (WhatsApp's wa_id).
    seen_at: when it was last heard, of a number at most once a day. off_at: the person has blocked us there.
    unlinked_at: no longer this account's; the row stays, so that it can be found and given back.
    A mailbox is primary to nobody: nothing is heard from it, and it may serve several accounts. Mail goes to it once
    proved_at says that a code came back from it.
    """

    __tablename__ = "addresses"
    __table_args__ = (
        Index(
            "uq_addresses_primary",
            "channel",
            "external_id",
            unique=True,
            postgresql_where=text("is_primary"),
        ),
        Index("ix_addresses_channel_external_id", "channel", "external_id"),
        Index("ix_addresses_channel_also", "channel", "also", postgresql_where=text("also <> ''")),
        Index(
            "ix_addresses_mailbox",
            "subscriber_id",
            postgresql_where=text("channel = 'email' AND unlinked_at IS NULL"),
        ),
        Index("ix_addresses_number", "number", postgresql_where=text("number IS NOT NULL")),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        CheckConstraint("NOT (is_primary AND unlinked_at IS NOT NULL)", name="unlinked_is_not_primary"),
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
    number: Mapped[str | None] = mapped_column(Text)
    also: Mapped[str] = mapped_column(Text, server_default="")
    linked_how: Mapped[str | None] = mapped_column(Text)
    main_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_inbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cooling_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unlinked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unlinked_why: Mapped[str | None] = mapped_column(Text)
    subscriber: Mapped[Subscriber] = relationship(back_populates="addresses")


class SmsCode(Base):
    """Six digits that were sent to a number, or to a mailbox by its address, for one purpose of one talk
    (`bound_to`).

    code_sealed is emptied when the code is handed to its text; what comes back is compared with code_hash. used_at:
    it came back. spent_at: the act that it was given for was done.
    """

    __tablename__ = "sms_codes"
    __table_args__ = (
        Index("ix_sms_codes_number_created_at", "number", "created_at"),
        Index("ix_sms_codes_bound_to_created_at", "bound_to", "created_at"),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    bound_to: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class LinkToken(Base):
    """A word that a proved number was shown; the chat in which it is typed is linked to that number. One use."""

    __tablename__ = "link_tokens"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    number: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PayerName(Base):
    """Under which M-PESA name a number pays, as a keyed hash: enough to see that it is another one (threats M6).

    other_at: when another name was told; within some minutes the number is parted, unless the old name comes again.
    """

    __tablename__ = "payer_names"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    number: Mapped[str] = mapped_column(Text, unique=True)
    name_hash: Mapped[bytes] = mapped_column(LargeBinary)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    other_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ContactChange(Base):
    """A chat, number or mailbox that joins an account, leaves it, or takes another's place; told at once, done when
    due.

    from_number: the number whose place is taken, or whose chat it is. asked_by: "self", or whoever did it for the
    person. reason: staff's own words for what they did or undid; they stand here and in no audit entry.
    """

    __tablename__ = "contact_changes"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('chat_linked', 'chat_unlinked', 'number_added', 'number_removed', 'account_moved', "
            "'number_restored', 'email_set', 'email_removed', 'email_noted')",
            name="kind",
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    from_number: Mapped[str | None] = mapped_column(Text)
    asked_by: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(Text)
