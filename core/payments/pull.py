"""Read the provider's own list of payments: what no callback told, because it came while we were down or never came
(law 2). Every payment in it goes the way of a message from the provider, and counts once."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.log import logger
from core.payments.claims import allocate
from core.payments.gateway import Paid
from core.payments.model import GatewayToken, Receipt
from core.payments.payers import note_payer

REACH = timedelta(hours=48)
"""As far back as the provider remembers."""
OVERLAP = timedelta(hours=3)
"""A payment may be listed later than it was made; what is read twice counts once."""
SETTLE_FIRST = timedelta(minutes=2)
"""The newest are left to their callbacks, which say more."""


def window(work: Work, *, gateway: str) -> tuple[datetime, datetime]:
    """From when to when to read: since the last list that was read whole, with an overlap."""
    work.session.execute(insert(GatewayToken).values(gateway=gateway).on_conflict_do_nothing())
    read = work.session.scalar(select(GatewayToken.pulled_until).where(GatewayToken.gateway == gateway))
    until = work.now - SETTLE_FIRST
    earliest = work.now - REACH
    return max(earliest, read - OVERLAP) if read else earliest, until


def take_page(work: Work, page: list[Paid], *, gateway: str, shortcode: str) -> int:
    """Take in the payments of one page that we do not know. How many there were."""
    numbers = [paid.receipt for paid in page]
    known = set(
        work.session.scalars(
            select(Receipt.number).where(Receipt.provider == gateway, Receipt.number.in_(numbers))
        )
    )
    missed = [paid for paid in page if paid.receipt not in known]
    for paid in missed:
        told = Paid(
            receipt=paid.receipt,
            amount=paid.amount,
            shortcode=shortcode,
            account_text=paid.account_text,
            payer_hint=paid.payer_hint,
            payer_name=paid.payer_name,
        )
        allocate(work, told, provider=gateway)
        note_payer(work, told)
    if missed:
        logger("payments").warning("payments_found_by_pull", count=len(missed))
    return len(missed)


def note_pulled(work: Work, *, gateway: str, until: datetime) -> None:
    """The list was read whole up to `until`."""
    row = work.session.scalars(
        select(GatewayToken).where(GatewayToken.gateway == gateway).with_for_update()
    ).one()
    row.pulled_until = max(until, row.pulled_until or until)
