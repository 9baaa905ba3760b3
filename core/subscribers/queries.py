"""Reads about subscribers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.base.database import Work
from core.base.email import Email
from core.base.i18n import DEFAULT_LANGUAGE
from core.base.msisdn import Msisdn
from core.subscribers.model import MAIL, PHONE, Address, Subscriber


def phone_of(work: Work, subscriber_id: int) -> Msisdn | None:
    """The subscriber's own number: where texts for the person go. Of several, the one chosen last."""
    found = work.session.scalar(
        select(Address.external_id)
        .where(
            Address.subscriber_id == subscriber_id, Address.channel == PHONE, Address.unlinked_at.is_(None)
        )
        .order_by(Address.main_since.desc().nulls_last(), Address.id)
        .limit(1)
    )
    return Msisdn(found) if found else None


def by_account_no(work: Work, account_no: str) -> Subscriber | None:
    """The subscriber with this account number (already parsed, check digit and all)."""
    return work.session.scalar(select(Subscriber).where(Subscriber.account_no == account_no))


def language_of(subscriber: Subscriber | None) -> str:
    """The language to write to a person in."""
    return (subscriber.language if subscriber else None) or DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of a person. is_main: texts go there."""

    number: Msisdn
    is_main: bool


@dataclass(frozen=True, slots=True)
class OwnChat:
    """A chat of a person."""

    channel: str
    external_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class OwnMailbox:
    """A mailbox of a person. is_proved: mail goes there."""

    email: Email
    is_proved: bool


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account of a number. is_chosen: the one that its talk is about."""

    subscriber_id: int
    account_no: str
    first_name: str
    is_chosen: bool


def numbers_of(work: Work, subscriber_id: int) -> list[OwnNumber]:
    """The numbers of a person, the main one first."""
    found = work.session.scalars(
        select(Address.external_id)
        .where(
            Address.subscriber_id == subscriber_id, Address.channel == PHONE, Address.unlinked_at.is_(None)
        )
        .order_by(Address.main_since.desc().nulls_last(), Address.id)
    )
    return [OwnNumber(Msisdn(digits), place == 0) for place, digits in enumerate(found)]


def chats_of(work: Work, subscriber_id: int) -> list[OwnChat]:
    """The chats of a person, oldest first. Text messages are no chat of their own: they are the number."""
    found = work.session.execute(
        select(Address.channel, Address.external_id, Address.created_at)
        .where(
            Address.subscriber_id == subscriber_id,
            Address.channel.not_in((PHONE, MAIL, "sms")),
            Address.unlinked_at.is_(None),
        )
        .order_by(Address.id)
    )
    return [OwnChat(*row) for row in found]


def accounts_of(work: Work, number: Msisdn) -> list[OwnAccount]:
    """The accounts of a number, oldest first."""
    found = work.session.execute(
        select(Subscriber.id, Subscriber.account_no, Subscriber.first_name, Address.is_primary)
        .join(Subscriber.addresses)
        .where(Address.channel == PHONE, Address.external_id == number.digits, Address.unlinked_at.is_(None))
        .order_by(Address.id)
    )
    return [OwnAccount(*row) for row in found]


def mailboxes_of(work: Work, subscriber_id: int) -> list[OwnMailbox]:
    """The mailboxes of a person, the proved one first."""
    found = work.session.execute(
        select(Address.external_id, Address.proved_at)
        .where(Address.subscriber_id == subscriber_id, Address.channel == MAIL, Address.unlinked_at.is_(None))
        .order_by(Address.proved_at.desc().nulls_last(), Address.id)
    )
    return [OwnMailbox(Email(address), proved_at is not None) for address, proved_at in found]
