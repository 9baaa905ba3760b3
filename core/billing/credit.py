"""Credit notes: what is taken back of an invoice, each part as it was charged, whatever the rates are today."""

from collections.abc import Sequence

from sqlalchemy import select, text

from core.base.clock import nairobi_day
from core.base.database import RECORDED, Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.credit_order import Share, take
from core.billing.documents import CreditNote
from core.billing.events import CreditNoteIssued
from core.billing.model import Invoice, InvoiceLine
from core.billing.tax import TaxParts
from core.billing.wake import wake_lines
from core.ledger.accounts import DEPOSITS, EXCISE_PAYABLE, FEE, VAT_PAYABLE, receivable, revenue
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
_PERIODS_LEFT = """
    SELECT greatest(0, coalesce(
        (SELECT sum(total_cents) FROM invoice_lines WHERE invoice_id = :invoice_id AND plan_id IS NOT NULL),
        i.total_cents) - i.credited_cents)::bigint
    FROM invoices i WHERE i.id = :invoice_id
"""
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


def left_of_periods(work: Work, invoice_id: int) -> Money:
    """The same, without what was paid once: days that are not served take back nothing of it."""
    return min(left_of(work, invoice_id), Money(int(work.scalar(_PERIODS_LEFT, invoice_id=invoice_id))))


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

    What is open of the invoice falls first; the rest becomes the account's own money. Taken back are the periods first,
    then what was paid once, a deposit last (`core.billing.credit_order`); in all, each part to the cent. source names
    the cause: the same again is the same credit note.
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
    taken = take(_shares(work, invoice), before=Money(invoice.credited_cents), amount=amount)
    parts = taken.parts
    entry_id = post(
        work,
        kind="credit_note",
        source=source,
        sides=[
            *taken.sides,
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
    wake_lines(work, invoice.subscriber_id)
    return work.session.get_one(CreditNote, note_id)


def _by_source(work: Work, source: str) -> CreditNote | None:
    return work.session.scalar(
        select(CreditNote)
        .join(JournalEntry, JournalEntry.id == CreditNote.entry_id)
        .where(JournalEntry.source == source)
    )


def _shares(work: Work, invoice: Invoice) -> list[Share]:
    """The invoice in the order in which it is taken back: its periods, what was paid once, its deposit."""
    codes = {"entry_id": invoice.entry_id, "excise": EXCISE_PAYABLE, "vat": VAT_PAYABLE}
    earned = [(code, int(cents)) for code, cents in work.session.execute(_EARNED, codes)]
    held = [(code, cents) for code, cents in earned if code == DEPOSITS]
    once = [(code, cents) for code, cents in earned if code.startswith(revenue(FEE, None).split(":")[0])]
    periods = [one for one in earned if one not in held and one not in once]
    of_periods = _sums(invoice.lines)
    net = sum(cents for _, cents in periods)
    if of_periods is None or of_periods.net.minor != net or not once:
        periods, once = [one for one in earned if one not in held], []
    deposit = TaxParts(Money(sum(cents for _, cents in held)), Money(0), Money(0))
    whole = TaxParts(Money(invoice.net_cents), Money(invoice.excise_cents), Money(invoice.vat_cents))
    first = of_periods if once and of_periods is not None else _less(whole, deposit)
    shares = [Share(first, periods), Share(_less(_less(whole, deposit), first), once), Share(deposit, held)]
    return [share for share in shares if share.charged.price.is_positive]


def _sums(lines: Sequence[InvoiceLine]) -> TaxParts | None:
    """The parts of the lines that sell a plan; None where a line's parts are not known."""
    rows = [(line.net_cents, line.excise_cents, line.vat_cents) for line in lines if line.plan_id is not None]
    if not rows or any(cents is None for row in rows for cents in row):
        return None
    return TaxParts(*(Money(sum(cents or 0 for cents in column)) for column in zip(*rows, strict=True)))


def _less(one: TaxParts, other: TaxParts) -> TaxParts:
    return TaxParts(one.net - other.net, one.excise - other.excise, one.vat - other.vat)
