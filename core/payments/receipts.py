"""Receipts: each counts once, whichever way and however often it is told."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.inbox import raise_incident
from core.payments.gateway import Paid
from core.payments.keep import release_money
from core.payments.model import Collection, Receipt

SAME_TIME_WITHIN = timedelta(minutes=10)
"""Callback, C2B message and status each name a moment of the same payment, seconds apart."""


def take_receipt(
    work: Work, paid: Paid, *, provider: str, subscriber_id: int | None, collection_id: int | None
) -> Receipt | None:
    """Note a receipt that counts. None where it stands already: a repeat if the facts agree, else an incident."""
    taken: Receipt | None = work.session.scalar(
        insert(Receipt)
        .values(
            provider=provider,
            number=paid.receipt,
            amount_cents=paid.amount.minor,
            currency=paid.amount.currency,
            shortcode=paid.shortcode,
            account_text=paid.account_text,
            payer_hint=paid.payer_hint,
            paid_at=paid.paid_at,
            received_at=work.now,
            subscriber_id=subscriber_id,
            collection_id=collection_id,
        )
        .on_conflict_do_nothing(index_elements=["provider", "number"])
        .returning(Receipt)
    )
    if taken is not None:
        return taken
    known = _known(work, provider, paid)
    if not _agree(known, paid):
        raise_incident(
            work,
            kind="receipt_differs",
            key=f"receipt:{provider}:{paid.receipt}:{paid.amount.minor}",
            detail=f"receipt {known.id} stands with {known.amount_cents} cents, told again with {paid.amount.minor}",
        )
    return None


def adopt_receipt(work: Work, paid: Paid, *, collection: Collection, customer_id: int) -> Receipt | None:
    """The receipt of this collection that came before without naming it (a till's message names nothing):
    its money is brought to the customer, whose row the caller holds. None where it is nothing new, or paid for
    something else."""
    known = _known(work, collection.gateway, paid)
    if known.collection_id == collection.id or not _agree(known, paid):
        return None
    if known.collection_id is not None or known.subscriber_id not in (None, customer_id):
        raise_incident(
            work,
            kind="receipt_used_twice",
            key=f"receipt:{known.id}:collection:{collection.id}",
            detail=f"receipt {known.id} paid for something else than collection {collection.id}",
        )
        return None
    if known.subscriber_id is None:
        release_money(work, known, subscriber_id=customer_id)
    known.collection_id = collection.id
    return known


def _known(work: Work, provider: str, paid: Paid) -> Receipt:
    return work.session.scalars(
        select(Receipt)
        .where(Receipt.provider == provider, Receipt.number == paid.receipt)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def _agree(known: Receipt, paid: Paid) -> bool:
    """Whether both tell of one payment: amount, shortcode and time, as far as both tell them (threats M9)."""
    if known.amount != paid.amount:
        return False
    if known.shortcode and paid.shortcode and known.shortcode != paid.shortcode:
        return False
    if known.paid_at is None or paid.paid_at is None:
        return True
    return abs(known.paid_at - paid.paid_at) <= SAME_TIME_WITHIN
