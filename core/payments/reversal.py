"""A payment that its payer had taken back by the provider, or that staff had booked and that did not come: the receipt
is marked, its entries are reversed, unused time ends, and used days are owed."""

from datetime import timedelta

from sqlalchemy import func, select, text

from core.base.database import Work
from core.base.dated import dated
from core.base.money import Money
from core.billing.account import own_money, set_against
from core.billing.corrections import note_correction, write_off
from core.billing.model import Invoice
from core.ledger.model import JournalEntry
from core.ledger.post import reverse
from core.payments.bought import Bought, bought_on, lock_receipt, take_back, transfers_of
from core.payments.events import PaymentReversed
from core.payments.keep import source_of
from core.payments.model import Receipt, SuspenseItem
from core.payments.ways import BY_HAND, is_by_hand
from core.staff.acts import demand
from core.staff.audit import Actor

REPEATER_WITHIN = timedelta(days=365)
"""Who has a second payment taken back within a year gets no grace any more."""

_STANDING = text(
    """
    SELECT e.source FROM journal_entries e WHERE e.source = ANY(:sources)
      AND NOT EXISTS (SELECT FROM journal_entries r WHERE r.reverses_id = e.id) ORDER BY e.id DESC
    """
)
_PAID_OF = text(
    """
    SELECT total_cents - credited_cents - open_cents + coalesce((
        SELECT sum(cents) FROM corrections WHERE invoice_id = i.id AND kind IN ('write_off', 'recovery')
    ), 0)::bigint FROM invoices i WHERE id = :invoice_id
    """
)
_NO_GRACE = text(
    "UPDATE subscriptions SET grace_days = 0 WHERE state <> 'ended' AND coalesce(payer_id, subscriber_id) = :owner_id"
)


def reverse_receipt(work: Work, *, receipt_id: int, reason: str, actor: Actor | None = None) -> bool:
    """Take a payment out of the books that its payer has back, or that never came. False where that was done before.

    actor: none where the provider's own word (pull, status, statement) says so.
    """
    if actor is not None:
        demand(actor, "correct_money")
    receipt = lock_receipt(work, receipt_id)
    if receipt.reversed_at is not None:
        return False
    entry_id = 0
    for source in work.session.scalars(_STANDING, {"sources": _sources(work, receipt)}).all():
        entry_id = reverse(work, source=source)
    receipt.reversed_at = work.now
    work.session.flush()
    if receipt.subscriber_id is None:
        return True
    note_correction(
        work,
        actor,
        kind="reversal",
        subscriber_id=receipt.subscriber_id,
        amount=receipt.amount,
        reason=reason,
        entry_id=entry_id,
        receipt_id=receipt.id,
    )
    whose = dict.fromkeys([moved.subscriber_id for moved in transfers_of(work, receipt)])
    for account_id in [*whose, *({receipt.subscriber_id} - set(whose))]:
        _collect_from(work, account_id, receipt, actor)
    if not is_by_hand(receipt):  # a slip of ours is nobody's trick
        _end_grace_of_repeater(work, receipt.subscriber_id)
    work.record(PaymentReversed(receipt.id))
    return True


def reverse_known(work: Work, *, provider: str, number: str, reason: str) -> bool:
    """The provider itself says that a payment was taken back: it is, where it ever counted."""
    known = select(Receipt.id).where(Receipt.provider == provider, Receipt.number == number)
    receipt_id = work.session.scalar(known)
    return receipt_id is not None and reverse_receipt(work, receipt_id=receipt_id, reason=reason)


def _sources(work: Work, receipt: Receipt) -> list[str]:
    """By which entries the receipt's money may have come: its collection's, its own, out of suspense, and from the
    account to which it was paid first."""
    item_id = work.session.scalar(select(SuspenseItem.id).where(SuspenseItem.receipt_id == receipt.id))
    moves = select(JournalEntry.source).where(
        JournalEntry.id.in_([moved.entry_id for moved in transfers_of(work, receipt)])
    )
    return [
        f"collection:{receipt.collection_id}",
        source_of(receipt),
        f"suspense:{item_id}",
        *work.session.scalars(moves),
    ]


def _collect_from(work: Work, owner_id: int, receipt: Receipt, actor: Actor | None) -> None:
    """Bring the account back to what its money covers: first from own money, then the unused time of what the receipt
    bought there, then the used days of it are owed."""
    source = f"reversal:{receipt.id}"
    everything = bought_on(work, receipt, owner_id)
    by_staff_id = actor.staff_id if actor is not None else None
    for bought in everything:
        if own_money(work, owner_id).is_negative:
            take_back(
                work, bought, reason="its payment was taken back", by_staff_id=by_staff_id, source=source
            )
    reopened = [bought.invoice for bought in everything if _reopen(work, owner_id, bought, source)]
    (limit,) = dated(work, "reversal.written_off_below_cents")
    if sum(invoice.open_cents for invoice in reopened) < limit:
        for invoice in reopened:
            write_off(work, None, invoice_id=invoice.id, reason="too little to ask for after a reversal")


def _reopen(work: Work, owner_id: int, bought: Bought, source: str) -> bool:
    """What was used and is not paid any more is open again."""
    invoice = work.session.get_one(Invoice, bought.invoice.id, with_for_update=True, populate_existing=True)
    paid = Money(work.session.execute(_PAID_OF, {"invoice_id": invoice.id}).scalar_one())
    amount = min(-own_money(work, owner_id), paid)
    if not amount.is_positive:
        return False
    set_against(work, invoice, -amount, source=f"{source}:invoice:{invoice.id}")
    invoice.due_at = work.now
    return True


def _end_grace_of_repeater(work: Work, owner_id: int) -> None:
    times = work.session.scalar(
        select(func.count()).where(
            Receipt.subscriber_id == owner_id,
            Receipt.reversed_at > work.now - REPEATER_WITHIN,
            Receipt.provider.not_in(BY_HAND),
        )
    )
    if (times or 0) > 1:
        work.session.execute(_NO_GRACE, {"owner_id": owner_id})
