"""Reads about payments."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.payments.model import OPEN_STATES, Collection


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment whose outcome is not known yet."""

    collection_id: int
    amount_cents: int
    state: str
    since: datetime


def open_payment(work: Work, msisdn: Msisdn) -> OpenPayment | None:
    """The payment that stands open for this phone: nothing else is started while it does."""
    found = work.session.scalar(
        select(Collection).where(Collection.payer == msisdn.digits, Collection.state.in_(OPEN_STATES))
    )
    if found is None:
        return None
    return OpenPayment(
        collection_id=found.id,
        amount_cents=found.amount_cents,
        state=found.state,
        since=found.created_at,
    )
