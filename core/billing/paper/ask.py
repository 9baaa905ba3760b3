"""A person's documents: listed, and sent where they were asked for, as a file where the channel carries files and
in one text message everywhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from core.base.clock import NAIROBI, last_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import say
from core.billing.documents import CreditNote
from core.billing.model import Invoice
from core.billing.paper.facts import CREDIT_NOTE, INVOICE, Letterhead, credit_note_paper, invoice_paper
from core.billing.paper.pdf import document_pdf
from core.billing.paper.standing import OPEN, PAID, standing_of
from core.messaging.carrier import Document
from core.messaging.notify import notify
from core.messaging.template import Value
from core.subscribers.model import Subscriber
from core.subscribers.queries import language_of, phone_of

PDF = "application/pdf"
NOT_THERE = say("That paper is not there any more.")

_NEWEST = """
    SELECT * FROM (
        SELECT 'invoice' AS kind, id, series, number, issued_at, total_cents, open_cents, credited_cents, currency
        FROM invoices WHERE subscriber_id = :subscriber_id
        UNION ALL
        SELECT 'credit_note', id, series, number, issued_at, total_cents, 0, 0, currency
        FROM credit_notes WHERE subscriber_id = :subscriber_id
    ) AS papers ORDER BY issued_at DESC, id DESC LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One document in a list. ref: what it is asked for by, such as "invoice:12". kept: what credit notes have left of
    it."""

    ref: str
    title: str
    issued_at: datetime
    total: Money
    open: Money
    kept: Money


def papers_of(work: Work, subscriber_id: int, *, most: int) -> list[PaperLine]:
    """The person's invoices, receipts and credit notes, newest first."""
    rows = work.session.execute(text(_NEWEST), {"subscriber_id": subscriber_id, "most": most})
    return [
        PaperLine(
            ref=f"{row.kind}:{row.id}",
            title=f"{row.series}-{row.number:06d}",
            issued_at=row.issued_at,
            total=Money(row.total_cents, row.currency),
            open=Money(row.open_cents, row.currency),
            kept=Money(row.total_cents - row.credited_cents, row.currency),
        )
        for row in rows
    ]


def read_paper(
    work: Work, ref: str, *, head: Letterhead, language: str, subscriber_id: int | None = None
) -> Document | None:
    """The document as a PDF. None where there is none, or where it is not that person's."""
    kind, _, number = ref.partition(":")
    if not (number.isascii() and number.isdigit()):
        return None
    found = None
    if kind == INVOICE:
        found = invoice_paper(
            work, invoice_id=int(number), head=head, language=language, subscriber_id=subscriber_id
        )
    elif kind == CREDIT_NOTE:
        found = credit_note_paper(
            work, credit_note_id=int(number), head=head, language=language, subscriber_id=subscriber_id
        )
    return Document(found.name, PDF, document_pdf(found.facts)) if found else None


def send_paper(work: Work, ref: str, *, subscriber_id: int, channel: str, why: str) -> str:
    """Send the person one of the own documents; returns its number. `why` makes it once. Raises Refusal."""
    kind, _, number = ref.partition(":")
    person = work.session.get_one(Subscriber, subscriber_id)
    document = _document(work, kind, int(number))
    address = phone_of(work, subscriber_id)
    if document is None or document.subscriber_id != subscriber_id or address is None:
        raise Refusal(NOT_THERE)
    template, values = words_of_paper(work, document, person)
    notify(
        work,
        template=template,
        address=address,
        subscriber_id=subscriber_id,
        language=language_of(person),
        values=values,
        dedupe_key=f"paper:{ref}:{why}",
        prefer=channel,
        document=ref,
    )
    return document.title


def _document(work: Work, kind: str, number: int) -> Invoice | CreditNote | None:
    if kind == INVOICE:
        return work.session.get(Invoice, number)
    return work.session.get(CreditNote, number)


def words_of_paper(
    work: Work, document: Invoice | CreditNote, person: Subscriber
) -> tuple[str, dict[str, Value]]:
    """The document in one text message: which template, and its values."""
    day = f"{document.issued_at.astimezone(NAIROBI):%d/%m/%Y}"
    total = show_money(Money(document.total_cents, document.currency))
    common: dict[str, Value] = {"number": document.title, "account": person.account_no}
    if isinstance(document, CreditNote):
        return "credit_note", {**common, "day": day, "amount": total}
    stands = standing_of(work, document)
    if stands.state == PAID:
        kept, taxes = show_money(stands.kept), show_money(stands.taxes)
        return "invoice_paid", {**common, "day": day, "amount": kept, "taxes": taxes}
    if stands.state != OPEN:
        return "invoice_closed", {**common, "day": day, "amount": total}
    owed = show_money(Money(document.open_cents, document.currency))
    due = last_day(document.due_at) if document.due_at else document.issued_at.astimezone(NAIROBI).date()
    return "invoice_open", {**common, "amount": owed, "last_day": f"{due:%d/%m/%Y}"}
