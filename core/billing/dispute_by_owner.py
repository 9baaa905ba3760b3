"""A person says by phone that a bill is wrong: nothing is switched off for it until staff looked, or time is up."""

from datetime import date, timedelta

from sqlalchemy import select

from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.inbox import raise_incident
from core.base.words import say
from core.billing.correction_model import Dispute
from core.billing.model import Invoice
from core.ledger.post import lock_subscriber
from core.messaging.notify import notify
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of

REASONS = ("the amount is wrong", "it is paid already", "there was no WiFi")
"""What staff read; the person chooses one of them in own words."""
PAID = say("Nothing is open of that bill.")
KNOWN = say("We know of that bill already. To talk about it please call us.")


def looked_at_until(work: Work, *, invoice_id: int, subscriber_id: int) -> date:
    """The day until which nothing would be switched off for the bill. Raises Refusal where it cannot be disputed by
    phone."""
    days, every = dated(work, "dispute.days", "dispute.every_days")
    invoice = work.session.get(Invoice, invoice_id)
    if invoice is None or invoice.subscriber_id != subscriber_id or not invoice.open_cents:
        raise Refusal(PAID)
    if work.session.scalar(select(Dispute.id).where(Dispute.invoice_id == invoice_id).limit(1)) is not None:
        raise Refusal(KNOWN)
    newest = work.session.scalar(
        select(Dispute.opened_at)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .where(Invoice.subscriber_id == subscriber_id, Dispute.by_staff_id.is_(None))
        .order_by(Dispute.opened_at.desc())
        .limit(1)
    )
    today = nairobi_day(work.now)
    if newest is not None and (again := nairobi_day(newest) + timedelta(days=every)) > today:
        raise Refusal(
            say("By phone that is possible again from {day}. Please call us.", day=f"{again:%d/%m}")
        )
    due_day = last_day(invoice.due_at) if invoice.due_at else today
    return max(today + timedelta(days=days), due_day)


def dispute_by_owner(
    work: Work, *, invoice_id: int, subscriber_id: int, reason: str, channel: str
) -> Dispute:
    """Note that the person calls the bill wrong, show it to staff and tell the person until when they have time. Said
    again it is the same. reason: one of REASONS. Raises Refusal."""
    lock_subscriber(work, subscriber_id)
    known = _said_before(work, invoice_id, subscriber_id)
    if known is not None:
        return known
    until = looked_at_until(work, invoice_id=invoice_id, subscriber_id=subscriber_id)
    made = Dispute(
        invoice_id=invoice_id,
        reason=REASONS[REASONS.index(reason)],
        opened_at=work.now,
        until=start_of_day(until + timedelta(days=1)),
    )
    work.session.add(made)
    work.session.flush()
    invoice = work.session.get_one(Invoice, invoice_id)
    raise_incident(
        work, kind="bill_disputed", key=f"bill_disputed:{invoice_id}", detail=f"{invoice.title}: {reason}"
    )
    _tell(work, invoice, made, channel)
    return made


def _said_before(work: Work, invoice_id: int, subscriber_id: int) -> Dispute | None:
    return work.session.scalar(
        select(Dispute)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .where(
            Dispute.invoice_id == invoice_id,
            Invoice.subscriber_id == subscriber_id,
            Dispute.by_staff_id.is_(None),
            Dispute.ended_at.is_(None),
            Dispute.until > work.now,
        )
    )


def _tell(work: Work, invoice: Invoice, made: Dispute, channel: str) -> None:
    phone = phone_of(work, invoice.subscriber_id)
    if phone is None:
        return
    notify(
        work,
        template="bill_disputed",
        address=phone,
        subscriber_id=invoice.subscriber_id,
        language=language_of(work.session.get_one(Subscriber, invoice.subscriber_id)),
        values={"number": invoice.title, "last_day": f"{last_day(made.until):%d/%m/%Y}"},
        dedupe_key=f"disputed:{made.id}",
        prefer=channel,
    )
