"""Reads about subscribers."""

from sqlalchemy import select

from core.base.database import Work
from core.base.i18n import DEFAULT_LANGUAGE
from core.base.msisdn import Msisdn
from core.subscribers.model import PHONE, Address, Subscriber


def phone_of(work: Work, subscriber_id: int) -> Msisdn | None:
    """The subscriber's own number: where texts for the person go."""
    found = work.session.scalar(
        select(Address.external_id).where(
            Address.subscriber_id == subscriber_id, Address.channel == PHONE, Address.is_primary
        )
    )
    return Msisdn(found) if found else None


def by_account_no(work: Work, account_no: str) -> Subscriber | None:
    """The subscriber with this account number (already parsed, check digit and all)."""
    return work.session.scalar(select(Subscriber).where(Subscriber.account_no == account_no))


def language_of(subscriber: Subscriber | None) -> str:
    """The language to write to a person in."""
    return (subscriber.language if subscriber else None) or DEFAULT_LANGUAGE
