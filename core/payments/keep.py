"""Money that came without a purchase behind it: it becomes the subscriber's own; money whose owner is not known
waits in suspense."""

from sqlalchemy import select

from core.base.database import Work
from core.base.ids import EntryId
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.billing.invoice import invoice_named
from core.ledger.accounts import SUSPENSE, receivable
from core.ledger.post import post
from core.payments.events import MoneyKept
from core.payments.model import Collection, Receipt, SuspenseItem
from core.payments.ways import sides_in
from core.subscribers.account_no import parse_account_no
from core.subscribers.meet import find
from core.subscribers.model import Subscriber
from core.subscribers.queries import by_account_no


def keep_money(work: Work, receipt: Receipt, *, subscriber_id: int) -> None:
    """Credit a receipt to its owner, whose row the caller holds, and have its money used."""
    credit_owner(work, receipt, subscriber_id=subscriber_id)
    work.record(MoneyKept(receipt.id))


def credit_owner(work: Work, receipt: Receipt, *, subscriber_id: int) -> None:
    """Dr where the money lies, Cr receivable of the owner, whose row the caller holds."""
    receipt.subscriber_id = subscriber_id
    sides = sides_in(receipt, receivable(subscriber_id))
    post(work, kind="payment", source=source_of(receipt), sides=sides)


def suspend_money(work: Work, receipt: Receipt, *, reason: str) -> None:
    """Keep a receipt whose owner is not known: Dr clearing, Cr suspense."""
    post(work, kind="payment", source=source_of(receipt), sides=sides_in(receipt, SUSPENSE))
    work.session.add(SuspenseItem(receipt_id=receipt.id, reason=reason, created_at=work.now))


def release_money(work: Work, receipt: Receipt, *, subscriber_id: int) -> EntryId:
    """The owner of suspended money is found (and locked by the caller): Dr suspense, Cr receivable. Never from clearing
    twice. NoResultFound where it waits no more."""
    item = work.session.scalars(
        select(SuspenseItem)
        .where(SuspenseItem.receipt_id == receipt.id, SuspenseItem.resolved_at.is_(None))
        .with_for_update()
    ).one()
    item.resolved_at, item.resolved_to = work.now, subscriber_id
    receipt.subscriber_id = subscriber_id
    return post(
        work,
        kind="resolution",
        source=f"suspense:{item.id}",
        sides=[(SUSPENSE, receipt.amount), (receivable(subscriber_id), -receipt.amount)],
    )


def source_of(receipt: Receipt) -> str:
    """The source of the entry by which a receipt without a collection was posted."""
    return f"receipt:{receipt.provider}:{receipt.number}"


def collection_named(work: Work, account_text: str) -> Collection | None:
    """The collection whose reference was given as the account, as an STK payment's C2B message does."""
    reference = account_text.strip().upper()
    if not reference or len(reference) > 12:
        return None
    return work.session.scalar(select(Collection).where(Collection.reference == reference))


def owner_named(work: Work, account_text: str) -> Subscriber | None:
    """The subscriber whom a payer named: by account number, by the number of an invoice, or by phone number. Never by
    likeness."""
    number = parse_account_no(account_text)
    if number is not None:
        found = by_account_no(work, number)
        if found is not None:
            return found
    invoice = invoice_named(work, account_text)
    if invoice is not None:
        return work.session.get_one(Subscriber, invoice.subscriber_id)
    try:
        return find(work, msisdn=Msisdn.parse(account_text))
    except NotAPhoneNumber:
        return None
