"""Who wants no marketing. What a person asked or paid for is sent all the same."""

from sqlalchemy import select, update

from core.base.database import Work
from core.subscribers.model import PHONE, Address


def stop_marketing(work: Work, *, address: str) -> None:
    """Note that this number (digits) wants no marketing, from now on; the first time counts."""
    work.session.execute(
        update(Address)
        .where(
            Address.channel == PHONE,
            Address.external_id == address,
            Address.marketing_stopped_at.is_(None),
        )
        .values(marketing_stopped_at=work.now)
    )


def has_stopped_marketing(work: Work, *, address: str) -> bool:
    found = work.session.scalar(
        select(Address.id)
        .where(
            Address.channel == PHONE,
            Address.external_id == address,
            Address.marketing_stopped_at.is_not(None),
        )
        .limit(1)
    )
    return found is not None
