"""Corrections of the books, each with who and why: write-off, its return, goodwill, reversal, dispute.

Nothing is changed: each adds an entry. An act of staff is audited; what a rule of the house does has no actor.
"""

from datetime import datetime

from sqlalchemy import func, select, text

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.ids import EntryId
from core.base.money import Money
from core.base.words import say
from core.billing.account import own_money, pay_from_own
from core.billing.correction_model import Correction, Dispute
from core.billing.model import Invoice
from core.billing.wake import wake_lines
from core.ledger.accounts import BAD_DEBT, DISCOUNTS, receivable
from core.ledger.model import JournalEntry
from core.ledger.post import lock_subscriber, post, reverse
from core.staff.acts import MAX_REASON_CHARACTERS, MIN_REASON_CHARACTERS, demand
from core.staff.audit import Actor, note

REVERSIBLE = ("goodwill", "transfer")
"""Kinds of entries that are taken back by hand. Invoices are corrected by credit notes, payments by their receipt."""

_LOCK_ALL_OF = text(
    """
    SELECT id FROM subscribers WHERE id IN (
        SELECT a.subscriber_id FROM postings p JOIN accounts a ON a.id = p.account_id WHERE p.entry_id = :entry_id
    ) ORDER BY id FOR NO KEY UPDATE
    """
)
_MOVED_BY = text(
    "SELECT a.subscriber_id, p.amount_cents FROM postings p JOIN accounts a ON a.id = p.account_id "
    "WHERE p.entry_id = :entry_id AND a.subscriber_id IS NOT NULL ORDER BY p.id"
)


def reason_of(words: str) -> str:
    """A reason as it is stored. Raises Refusal for what is none."""
    tidy = " ".join(words.split())
    if not MIN_REASON_CHARACTERS <= len(tidy) <= MAX_REASON_CHARACTERS:
        raise Refusal(say("Say in a few words why this is done."))
    return tidy


def note_correction(
    work: Work,
    actor: Actor | None,
    *,
    kind: str,
    subscriber_id: int,
    amount: Money,
    reason: str,
    entry_id: EntryId | int,
    invoice_id: int | None = None,
    receipt_id: int | None = None,
    reference: str | None = None,
) -> Correction:
    """Keep who corrected what and why, beside the entry that did it. amount: what it did to the subscriber's account,
    debit positive."""
    correction = Correction(
        at=work.now,
        kind=kind,
        subscriber_id=subscriber_id,
        invoice_id=invoice_id,
        receipt_id=receipt_id,
        cents=amount.minor,
        reason=reason_of(reason),
        reference=reference,
        by_staff_id=actor.staff_id if actor is not None else None,
        entry_id=entry_id,
    )
    work.session.add(correction)
    work.session.flush()
    if actor is not None:
        note(
            work,
            actor,
            f"money_{kind}",
            whom="subscriber",
            whom_id=subscriber_id,
            detail={"correction": correction.id},
        )
    return correction


def correction_of(work: Work, correction_id: int) -> Correction:
    return work.session.get_one(Correction, correction_id)


def write_off(work: Work, actor: Actor | None, *, invoice_id: int, reason: str) -> Correction:
    """Give up what is open of an invoice: Dr bad debt, Cr receivable. Raises Refusal where nothing is open, and for a
    bill of days to come: nobody has had anything of it yet, so it is no debt.

    actor: none where a rule of the house does it.
    """
    if actor is not None:
        demand(actor, "correct_money")
    invoice = _locked_invoice(work, invoice_id)
    amount = Money(invoice.open_cents)
    if not amount.is_positive:
        raise Refusal(say("Nothing is open of this invoice."))
    to_come = invoice.period_from is not None and invoice.period_from > nairobi_day(work.now)
    if to_come and invoice.kind == "bill" and invoice.purchase_id is None:
        raise Refusal(say("Nothing of it was served yet: take it back by a credit note."))
    entry_id = post(
        work,
        kind="write_off",
        source=f"write_off:{invoice.id}:{_times(work, invoice.id)}",
        sides=[(BAD_DEBT, amount), (receivable(invoice.subscriber_id), -amount)],
    )
    invoice.open_cents = 0
    return note_correction(
        work,
        actor,
        kind="write_off",
        subscriber_id=invoice.subscriber_id,
        amount=-amount,
        reason=reason,
        entry_id=entry_id,
        invoice_id=invoice.id,
    )


def written_off(work: Work, invoice_id: int) -> Money:
    """What stands written off of an invoice now."""
    cents = work.session.scalar(
        select(func.coalesce(func.sum(Correction.cents), 0)).where(
            Correction.invoice_id == invoice_id, Correction.kind.in_(["write_off", "recovery"])
        )
    )
    return -Money(int(cents or 0))


def pay_invoice(work: Work, *, invoice_id: int, source: str) -> bool:
    """Pay one invoice with its account's own money, because that was meant for it, also where it is disputed. What was
    written off of it comes back as far as the money goes: Dr receivable, Cr bad debt. Whether it is paid now."""
    invoice = _locked_invoice(work, invoice_id)
    own = own_money(work, invoice.subscriber_id)
    returns = min(written_off(work, invoice_id), own - Money(invoice.open_cents))
    if returns.is_positive:
        entry_id = post(
            work,
            kind="recovery",
            source=f"recovery:{invoice.id}:{_times(work, invoice.id)}",
            sides=[(receivable(invoice.subscriber_id), returns), (BAD_DEBT, -returns)],
        )
        invoice.open_cents += returns.minor
        note_correction(
            work,
            None,
            kind="recovery",
            subscriber_id=invoice.subscriber_id,
            amount=returns,
            reason="paid after it was written off",
            entry_id=entry_id,
            invoice_id=invoice.id,
        )
    return pay_from_own(work, invoice, source=source)


def goodwill(
    work: Work, actor: Actor, *, subscriber_id: int, amount: Money, reason: str, key: str
) -> Correction:
    """Give a subscriber money: Dr discounts, Cr receivable. key: of the form that asked; the same again is the same.

    What an invoice charged too much is given back by a credit note, which gives back its taxes too.
    """
    demand(actor, "correct_money")
    if not amount.is_positive:
        raise Refusal(say("Goodwill is an amount above zero."))
    lock_subscriber(work, subscriber_id)
    again = _known(work, f"goodwill:{key}")
    if again is not None:
        return again
    sides = [(DISCOUNTS, amount), (receivable(subscriber_id), -amount)]
    entry_id = post(work, kind="goodwill", source=f"goodwill:{key}", sides=sides)
    wake_lines(work, subscriber_id)
    return note_correction(
        work,
        actor,
        kind="goodwill",
        subscriber_id=subscriber_id,
        amount=-amount,
        reason=reason,
        entry_id=entry_id,
    )


def reverse_entry(work: Work, actor: Actor, *, entry_id: int, reason: str) -> list[Correction]:
    """Take back a mistaken entry by its mirror image, which names it; both stay. Raises Refusal for kinds that have a
    way back of their own, and where it was taken back before. One correction for each subscriber concerned."""
    demand(actor, "correct_money")
    entry = work.session.get_one(JournalEntry, entry_id)
    if entry.kind not in REVERSIBLE:
        raise Refusal(say("An invoice is corrected by a credit note, a payment by its receipt."))
    work.session.execute(_LOCK_ALL_OF, {"entry_id": entry_id})
    if work.session.scalar(select(JournalEntry.id).where(JournalEntry.reverses_id == entry_id)) is not None:
        raise Refusal(say("That was taken back already."))
    back = reverse(work, source=entry.source)
    return [
        note_correction(
            work,
            actor,
            kind="reversal",
            subscriber_id=row.subscriber_id,
            amount=-Money(row.amount_cents),
            reason=reason,
            entry_id=back,
        )
        for row in work.session.execute(_MOVED_BY, {"entry_id": entry_id}).all()
    ]


def dispute(work: Work, actor: Actor, *, invoice_id: int, reason: str, until: datetime) -> Dispute:
    """Somebody disputes an invoice: until the end no money is set against it and dunning waits. Raises Refusal where it
    is disputed already, or the end is past."""
    demand(actor, "correct_money")
    invoice = _locked_invoice(work, invoice_id)
    if until <= work.now:
        raise Refusal(say("A dispute ends after today."))
    if _open_dispute(work, invoice_id) is not None:
        raise Refusal(say("This invoice is disputed already."))
    found = Dispute(
        invoice_id=invoice_id,
        reason=reason_of(reason),
        opened_at=work.now,
        until=until,
        by_staff_id=actor.staff_id,
    )
    work.session.add(found)
    work.session.flush()
    note(
        work,
        actor,
        "invoice_disputed",
        whom="subscriber",
        whom_id=invoice.subscriber_id,
        detail={"invoice": invoice_id},
    )
    return found


def end_dispute(work: Work, actor: Actor, *, invoice_id: int) -> None:
    """The dispute is over before its time: the invoice is to be paid as it stands, or was credited."""
    demand(actor, "correct_money")
    invoice = _locked_invoice(work, invoice_id)
    found = _open_dispute(work, invoice_id)
    if found is None:
        raise Refusal(say("This invoice is not disputed."))
    found.ended_at = work.now
    note(
        work,
        actor,
        "dispute_ended",
        whom="subscriber",
        whom_id=invoice.subscriber_id,
        detail={"invoice": invoice_id},
    )


def _locked_invoice(work: Work, invoice_id: int) -> Invoice:
    """The invoice, after its account: people first, as everywhere."""
    invoice = work.session.get_one(Invoice, invoice_id)
    lock_subscriber(work, invoice.subscriber_id)
    return work.session.get_one(Invoice, invoice_id, with_for_update=True, populate_existing=True)


def _open_dispute(work: Work, invoice_id: int) -> Dispute | None:
    found = work.session.scalar(
        select(Dispute).where(Dispute.invoice_id == invoice_id, Dispute.ended_at.is_(None)).with_for_update()
    )
    if found is not None and found.until <= work.now:
        found.ended_at = found.until
        work.session.flush()
        return None
    return found


def _known(work: Work, source: str) -> Correction | None:
    return work.session.scalar(
        select(Correction)
        .join(JournalEntry, JournalEntry.id == Correction.entry_id)
        .where(JournalEntry.source == source)
    )


def _times(work: Work, invoice_id: int) -> int:
    """How often the invoice was corrected before: a debt may be given up, come back, and be given up again."""
    return work.session.scalar(select(func.count()).where(Correction.invoice_id == invoice_id)) or 0
