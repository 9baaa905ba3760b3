"""Marketing by the number that says stop or start. What a person asked or paid for is sent all the same (M4)."""

from collections.abc import Sequence

from sqlalchemy import select

from core.base.database import Work
from core.messaging.consent import give, has_withdrawn, withdraw
from core.messaging.template import Purpose
from core.subscribers.model import PHONE, Address


def stop_marketing(work: Work, *, address: str, how: str = "sms", wording: str = "opt-out") -> None:
    """Whoever has this number (digits) wants no marketing from now on. how: the channel; wording: what was said."""
    for subscriber_id in _whose(work, address):
        withdraw(work, subscriber_id=subscriber_id, purpose=Purpose.MARKETING, how=how, wording=wording)


def start_marketing(work: Work, *, address: str, how: str, wording: str) -> None:
    """Whoever has this number (digits) has asked for marketing, in these words."""
    for subscriber_id in _whose(work, address):
        give(work, subscriber_id=subscriber_id, purpose=Purpose.MARKETING, how=how, wording=wording)


def has_stopped(work: Work, *, address: str) -> bool:
    """Whether somebody who has this number (digits) has said that no marketing is wanted, and nothing since."""
    return any(
        has_withdrawn(work, subscriber_id=subscriber_id, purpose=Purpose.MARKETING)
        for subscriber_id in _whose(work, address)
    )


def _whose(work: Work, address: str) -> Sequence[int]:
    return work.session.scalars(
        select(Address.subscriber_id)
        .where(Address.channel == PHONE, Address.external_id == address, Address.unlinked_at.is_(None))
        .order_by(Address.subscriber_id)
    ).all()
