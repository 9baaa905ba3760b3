"""Credit notes: what is taken back of an invoice, each part as it was charged, whatever the rates are today."""

from fractions import Fraction

from sqlalchemy import select, text

from core.base.clock import nairobi_day
from core.base.database import RECORDED, Work
from core.base.errors import Refusal
from core.base.money import Money, round_half_up
from core.base.words import say
from core.billing.documents import CreditNote
from core.billing.events import CreditNoteIssued
from core.billing.model import Invoice
from core.billing.tax import TaxParts, taken_back
from core.ledger.accounts import EXCISE_PAYABLE, VAT_PAYABLE, receivable
from core.ledger.model import JournalEntry
from core.ledger.post import post

NOTHING_LEFT = say("More than is left of this invoice cannot be taken back.")

# What was written off is not taken back a second time: the account never paid it.
_LEFT = text(
    """
    SELECT i.total_cents - i.credited_cents + coalesce((
        SELECT sum(cents) FROM corrections WHERE invoice_id = i.id AND kind IN ('write_off', 'recovery')
    ), 0)::bigint
    FROM invoices i WHERE i.id = :invoice_id
    """
)
# By whom the invoice was earned, in the order in which it was written.
_EARNED = text(
    """
    SELECT a.code, -p.amount_cents FROM postings p JOIN accounts a ON a.id = p.account_id
    WHERE p.entry_id = :entry_id AND a.subscriber_id IS NULL AND a.code NOT IN (:excise, :vat) ORDER BY p.id
    """
)
_NUMBER = """
    WITH numbered AS (
        INSERT INTO invoice_series (series, last_number) VALUES (%(series)s, 1)
        ON CONFLICT (series) DO UPDATE SET last_number = invoice_series.last_number + 1
        RETURNING last_number
    ), taken AS (
        UPDATE invoices SET credited_cents = credited_cents + %(total_cents)s,
            open_cents = open_cents - least(open_cents, %(total_cents)s)
        WHERE id = %(invoice_id)s
    ), occasion AS (
        INSERT INTO credit_notes (id, series, number, invoice_id, subscriber_id, issued_at, net_cents, excise_cents,
            vat_cents, total_cents, currency, reason, by_staff_id, entry_id)
        SELECT %(id)s, %(series)s, last_number, %(invoice_id)s, %(subscriber_id)s, %(now)s, %(net_cents)s,
            %(excise_cents)s, %(vat_cents)s, %(total_cents)s, %(currency)s, %(reason)s, %(by_staff_id)s, %(entry_id)s
        FROM numbered RETURNING id
    ), {RECORDED}
    SELECT id FROM occasion
""".replace("{RECORDED}", RECORDED)


def left_of(work: Work, invoice_id: int) -> Money:
    """What a credit note may still take back of an invoice."""
    return Money(int(work.session.execute(_LEFT, {"invoice_id": invoice_id}).scalar_one()))


def credit(
    work: Work,
    invoice_id: int,
    *,
    amount: Money | None = None,
    reason: str,
    by_staff_id: int | None = None,
    source: str,
) -> CreditNote:
    """Take back `amount` of an invoice (None: all that is left): Dr revenue, excise, VAT as charged, Cr receivable.

    What is open of the invoice falls first; the rest becomes the account's own money. Credit notes that together take
    back the whole take back each part to the cent. source names the cause: the same again is the same credit note.
    Raises Refusal where less is left. The caller holds the subscriber's row.
    """
    again = _by_source(work, source)
    if again is not None:
        return again
    invoice = work.session.get_one(Invoice, invoice_id, with_for_update=True, populate_existing=True)
    left = left_of(work, invoice_id)
    amount = left if amount is None else amount
    if not amount.is_positive or amount > left:
        raise Refusal(NOTHING_LEFT)
    before = Money(invoice.credited_cents)
    charged = TaxParts(Money(invoice.net_cents), Money(invoice.excise_cents), Money(invoice.vat_cents))
    parts = taken_back(charged, amount, before)
    entry_id = post(
        work,
        kind="credit_note",
        source=source,
        sides=[
            *_taken_from(
                work, invoice, before=_net_at(charged, before), after=_net_at(charged, before + amount)
            ),
            (EXCISE_PAYABLE, parts.excise),
            (VAT_PAYABLE, parts.vat),
            (receivable(invoice.subscriber_id), -amount),
        ],
    )
    note_id = work.next_id("credit_notes")
    work.within(
        _NUMBER,
        {
            **work.recording([CreditNoteIssued(note_id)]),
            "id": note_id,
            "series": f"CRN-{nairobi_day(work.now).year}",
            "invoice_id": invoice_id,
            "subscriber_id": invoice.subscriber_id,
            "net_cents": parts.net.minor,
            "excise_cents": parts.excise.minor,
            "vat_cents": parts.vat.minor,
            "total_cents": amount.minor,
            "currency": amount.currency,
            "reason": reason,
            "by_staff_id": by_staff_id,
            "entry_id": entry_id,
        },
    )
    work.session.refresh(invoice)
    return work.session.get_one(CreditNote, note_id)


def _by_source(work: Work, source: str) -> CreditNote | None:
    return work.session.scalar(
        select(CreditNote)
        .join(JournalEntry, JournalEntry.id == CreditNote.entry_id)
        .where(JournalEntry.source == source)
    )


def _net_at(charged: TaxParts, mark: Money) -> Money:
    """The net of all that was taken back when credit notes had reached `mark`."""
    return taken_back(charged, mark).net


def _taken_from(work: Work, invoice: Invoice, *, before: Money, after: Money) -> list[tuple[str, Money]]:
    """What each account that earned the invoice gives back, between two sums of nets: in proportion, cumulative over
    the accounts and over the credit notes, so that neither makes a cent."""
    codes = {"entry_id": invoice.entry_id, "excise": EXCISE_PAYABLE, "vat": VAT_PAYABLE}
    earned = work.session.execute(_EARNED, codes).all()
    whole, upto, sides, marks = sum(cents for _, cents in earned), 0, [], [0, 0]
    for code, cents in earned:
        upto += cents
        share = Fraction(upto, whole)
        reached = [round_half_up(sum_.minor * share) for sum_ in (before, after)]
        sides.append((code, Money((reached[1] - marks[1]) - (reached[0] - marks[0]))))
        marks = reached
    return sides
