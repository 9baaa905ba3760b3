"""Meet a person by phone number: find the subscriber, or open an account for a number never seen before."""

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from core.base.database import Work
from core.base.i18n import LANGUAGES
from core.base.msisdn import Msisdn
from core.subscribers.account_no import with_check_digit
from core.subscribers.model import PHONE, Address, Subscriber


@dataclass(frozen=True, slots=True)
class KnownSubscriber:
    """A subscriber, as far as a purchase must know one: plain values, for reads that leave the mapper out."""

    id: int
    account_no: str


def find(work: Work, *, msisdn: Msisdn) -> Subscriber | None:
    """The subscriber whose phone number this is."""
    return work.session.scalar(
        select(Subscriber)
        .join(Subscriber.addresses)
        .where(Address.channel == PHONE, Address.external_id == msisdn.digits, Address.is_primary)
    )


def meet(work: Work, *, msisdn: Msisdn) -> Subscriber:
    """The subscriber of this number; one is made, with an account number of its own, where there was none.

    Two first calls at the same time meet the same subscriber: the number is unique.
    """
    known = find(work, msisdn=msisdn)
    if known is not None:
        return known
    try:
        with work.session.begin_nested():
            return _open_account(work, msisdn)
    except IntegrityError:
        known = find(work, msisdn=msisdn)
        if known is None:
            raise
        return known


def _open_account(work: Work, msisdn: Msisdn) -> Subscriber:
    serial = work.session.scalar(text("SELECT nextval('account_serials')"))
    subscriber = Subscriber(account_no=with_check_digit(int(serial or 0)), created_at=work.now)
    subscriber.addresses = [
        Address(channel=PHONE, external_id=msisdn.digits, is_primary=True, level=1, created_at=work.now)
    ]
    work.session.add(subscriber)
    work.session.flush()
    return subscriber


def choose_language(work: Work, *, subscriber_id: int, language: str) -> None:
    """Remember the language that a person chose. KeyError for one that we do not speak."""
    if language not in LANGUAGES:
        raise KeyError(language)
    work.session.get_one(Subscriber, subscriber_id).language = language


def prove_number(work: Work, *, subscriber_id: int, msisdn: Msisdn) -> None:
    """The number paid a prompt: it is proved to be in this person's hand (level 2, threats section 4)."""
    address = work.session.scalar(
        select(Address).where(
            Address.channel == PHONE,
            Address.external_id == msisdn.digits,
            Address.subscriber_id == subscriber_id,
            Address.unlinked_at.is_(None),
        )
    )
    if address is not None:
        address.level = max(address.level, 2)
        address.proved_at = address.seen_at = work.now
