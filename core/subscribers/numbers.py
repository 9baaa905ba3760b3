"""Numbers and accounts: a person may have several numbers, and a number may have several accounts."""

from datetime import datetime

from sqlalchemy import select, update

from core.base.database import Work
from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.base.words import say
from core.subscribers.codes import alone_with
from core.subscribers.model import PHONE, Address
from core.subscribers.proof import COOLING

NOT_YOURS = say("That account does not belong to this number.")


def give(
    work: Work,
    *,
    subscriber_id: int,
    digits: str,
    proved_at: datetime | None = None,
    is_main: bool = False,
) -> None:
    """The number is this account's, new or again, and cools for a day. Where it has no other account, it talks about
    this one. proved_at: when a code to the number came back. is_main: texts go there."""
    alone_with(work, digits)
    row = work.session.scalar(
        select(Address)
        .where(
            Address.channel == PHONE, Address.external_id == digits, Address.subscriber_id == subscriber_id
        )
        .order_by(Address.id.desc())
        .limit(1)
    )
    if row is None:
        row = Address(
            subscriber_id=subscriber_id,
            channel=PHONE,
            external_id=digits,
            is_primary=False,
            level=1,
            created_at=work.now,
        )
        work.session.add(row)
    row.unlinked_at = row.unlinked_why = None
    row.cooling_until, row.seen_at = work.now + COOLING, work.now
    if proved_at is not None:
        row.level, row.proved_at = 2, proved_at
    if is_main:
        row.main_since = work.now
    work.session.flush()
    _choose_where_none_is(work, digits)


def take_away(work: Work, *, subscriber_id: int, digits: str, why: str) -> None:
    """The number, with every chat that speaks for it, is no longer this account's."""
    alone_with(work, digits)
    work.session.flush()
    is_the_number = (Address.channel == PHONE) & (Address.external_id == digits)
    work.session.execute(
        update(Address)
        .where(
            is_the_number | (Address.number == digits),
            Address.subscriber_id == subscriber_id,
            Address.unlinked_at.is_(None),
        )
        .values(is_primary=False, unlinked_at=work.now, unlinked_why=why)
        .execution_options(synchronize_session="fetch")
    )
    _choose_where_none_is(work, digits)


def let_chats_go(work: Work, *, digits: str, why: str) -> None:
    """No chat speaks for this number any more."""
    work.session.flush()
    work.session.execute(
        update(Address)
        .where(Address.number == digits, Address.unlinked_at.is_(None))
        .values(is_primary=False, unlinked_at=work.now, unlinked_why=why)
        .execution_options(synchronize_session="fetch")
    )


def choose_account(work: Work, *, number: Msisdn, subscriber_id: int) -> None:
    """Of the accounts that this number has, talk about this one from now on, also in the chats that speak for it.
    Raises Refusal for another's."""
    alone_with(work, number.digits)
    rows = _rows(work, number.digits)
    chosen = next((row for row in rows if row.subscriber_id == subscriber_id), None)
    if chosen is None:
        raise Refusal(NOT_YOURS)
    for row in rows:
        row.is_primary = False
    work.session.flush()  # one is primary at a time
    chosen.is_primary = True
    work.session.execute(
        update(Address)
        .where(Address.number == number.digits, Address.unlinked_at.is_(None))
        .values(subscriber_id=subscriber_id)
        .execution_options(synchronize_session="fetch")
    )
    work.session.flush()


def choose_main(work: Work, *, number: Msisdn, subscriber_id: int) -> None:
    """Of this person's numbers, texts go to this one from now on. Raises Refusal for another's."""
    row = next((row for row in _rows(work, number.digits) if row.subscriber_id == subscriber_id), None)
    if row is None:
        raise Refusal(NOT_YOURS)
    row.main_since = work.now


def _rows(work: Work, digits: str) -> list[Address]:
    return list(
        work.session.scalars(
            select(Address)
            .where(Address.channel == PHONE, Address.external_id == digits, Address.unlinked_at.is_(None))
            .order_by(Address.id.desc())
            .execution_options(populate_existing=True)
        )
    )


def _choose_where_none_is(work: Work, digits: str) -> None:
    rows = _rows(work, digits)
    if rows and not any(row.is_primary for row in rows):
        rows[0].is_primary = True
        work.session.flush()
