"""Invoices and credit notes: the list, one with its lines and taxes and what was set against it, and its PDF."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from admin.desk import Ask, Door
from admin.lists import keyset
from admin.pages.deeds_of_invoices import CREDIT, DISPUTE, END_DISPUTE, WRITE_OFF, open_dispute
from admin.pages.money import tabs_of
from admin.show import Cell, File, Page, Table, Way, account, day, instant, money, plain
from core.base.clock import last_day
from core.base.words import Sentence, say
from core.billing.credit import left_of
from core.billing.documents import Allocation, CreditNote
from core.billing.model import Invoice, InvoiceLine
from core.billing.paper.facts import rate
from core.ledger.model import JournalEntry
from core.staff.audit import note
from core.subscribers.model import Subscriber

KINDS: dict[str, Sentence] = {
    "sale": say("Sold and paid"),
    "bill": say("A period of a line"),
    "change": say("A plan changed"),
    "fee": say("A fee"),
    "final": say("A last statement"),
}
OPEN = {"open": say("To pay")}


def invoices(ask: Ask) -> Page:
    shown = ask.query.get("show", "")
    rows = select(Invoice, Subscriber.account_no).join(Subscriber, Subscriber.id == Invoice.subscriber_id)
    if shown == "open":
        rows = rows.where(Invoice.open_cents > 0)
    table = keyset(
        ask.work,
        rows,
        Invoice.id,
        query=ask.query,
        path="/invoices",
        columns=[say("When"), say("Number"), say("Account"), say("Amount"), say("To pay"), say("Due")],
        cells=lambda row: _cells(row, ask),
        key_of=lambda row: row.Invoice.id,
        empty=say("There are no invoices here."),
    )
    tabs = tabs_of("/invoices", OPEN, shown)
    return Page(say("Invoices"), place="invoices", tables=[table], tabs=tabs)


def _cells(row: Any, ask: Ask) -> list[Cell]:
    invoice = row.Invoice
    return [
        instant(invoice.issued_at),
        Cell(invoice.title, path=f"/invoices/{invoice.id}"),
        account(row.account_no, invoice.subscriber_id, linked=ask.may("see_people")),
        money(invoice.total_cents),
        money(invoice.open_cents),
        day(last_day(invoice.due_at)) if invoice.due_at else plain(None),
    ]


def invoice(ask: Ask) -> Page:
    session = ask.work.session
    found = session.get_one(Invoice, ask.ids["invoice"])
    note(ask.work, ask.actor, "invoice_seen", whom="subscriber", whom_id=found.subscriber_id)
    buyer = session.get_one(Subscriber, found.subscriber_id)
    period = f"{found.period_from:%d/%m/%Y} - {found.period_to:%d/%m/%Y}" if found.period_from else None
    return Page(
        found.title,
        place="invoices",
        facts=[
            (say("Account"), account(buyer.account_no, buyer.id, linked=ask.may("see_people"))),
            (say("Kind"), Cell(KINDS[found.kind])),
            (say("When"), instant(found.issued_at)),
            (say("Period"), plain(period)),
            (say("Due"), day(last_day(found.due_at)) if found.due_at else plain(None)),
            (say("Net"), Cell(money(found.net_cents).text)),
            (say("Excise duty {rate}", rate=rate(found.excise_bp)), Cell(money(found.excise_cents).text)),
            (say("VAT {rate}", rate=rate(found.vat_bp)), Cell(money(found.vat_cents).text)),
            (say("Amount"), Cell(money(found.total_cents).text)),
            (say("To pay"), Cell(money(found.open_cents).text)),
            (say("PDF"), Cell(f"{found.title}.pdf", path=f"/invoices/{found.id}/pdf")),
            *_dispute(ask, found.id),
        ],
        ways=_ways(ask, found),
        tables=[_lines(ask, found.id), _set_against(ask, found.id), _credit_notes(ask, found.id)],
    )


def _dispute(ask: Ask, invoice_id: int) -> list[tuple[Sentence, Cell]]:
    found = open_dispute(ask.work, invoice_id)
    if found is None:
        return []
    why = found.reason if ask.may("see_people") else None
    return [(say("Disputed until"), day(last_day(found.until))), (say("Why"), plain(why))]


def _ways(ask: Ask, found: Invoice) -> list[Way]:
    """What can be corrected of an invoice as it stands now."""
    if not (ask.may("correct_money") and ask.may("see_people")):
        return []
    deeds = [CREDIT] if left_of(ask.work, found.id).is_positive else []
    if found.open_cents:
        deeds += [WRITE_OFF, END_DISPUTE if open_dispute(ask.work, found.id) else DISPUTE]
    return [(deed.title, deed.at(invoice=found.id)) for deed in deeds]


def _lines(ask: Ask, invoice_id: int) -> Table:
    rows = ask.work.session.scalars(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.id)
    )
    return Table(
        title=say("Lines"),
        columns=[say("What"), say("Amount")],
        rows=[[plain(row.description), money(row.total_cents)] for row in rows],
        empty=say("There are no lines yet."),
    )


def _set_against(ask: Ask, invoice_id: int) -> Table:
    rows = ask.work.session.scalars(
        select(Allocation).where(Allocation.invoice_id == invoice_id).order_by(Allocation.id)
    )
    return Table(
        title=say("Money set against it"),
        columns=[say("When"), say("Amount"), say("Cause")],
        rows=[[instant(row.at), money(row.cents), Cell(row.source, quiet=True)] for row in rows],
        empty=say("It was paid in the moment it was issued, or nothing has been paid yet."),
    )


def _credit_notes(ask: Ask, invoice_id: int) -> Table:
    rows = ask.work.session.execute(
        select(CreditNote, JournalEntry.source)
        .join(JournalEntry, JournalEntry.id == CreditNote.entry_id)
        .where(CreditNote.invoice_id == invoice_id)
        .order_by(CreditNote.id)
    ).all()
    return Table(
        title=say("Credit notes"),
        columns=[say("When"), say("Number"), say("Amount"), say("Reason"), say("PDF")],
        rows=[
            [
                instant(row.CreditNote.issued_at),
                plain(row.CreditNote.title),
                money(row.CreditNote.total_cents),
                plain(row.CreditNote.reason),
                Cell(f"{row.CreditNote.title}.pdf", path=f"/credit-notes/{row.CreditNote.id}/pdf"),
            ]
            for row in rows
        ],
        empty=say("Nothing of it was taken back."),
    )


def invoice_pdf(ask: Ask) -> File:
    return _file(ask, "invoice", ask.ids["invoice"], ask.work.session.get_one(Invoice, ask.ids["invoice"]))


def credit_note_pdf(ask: Ask) -> File:
    number = ask.ids["credit_note"]
    return _file(ask, "credit_note", number, ask.work.session.get_one(CreditNote, number))


def _file(ask: Ask, kind: str, number: int, row: Invoice | CreditNote) -> File:
    """In the buyer's language: it is the buyer's paper."""
    buyer = ask.work.session.get_one(Subscriber, row.subscriber_id)
    note(ask.work, ask.actor, "paper_read", whom="subscriber", whom_id=buyer.id)
    found = ask.paper(ask.work, f"{kind}:{number}", language=buyer.language or ask.visit.language)
    if found is None:
        raise NoResultFound
    return File(found.name, found.media_type, found.content)


DOORS = (
    Door("/invoices", "see_money", invoices),
    Door("/invoices/{invoice:int}", "see_money", invoice),
    Door("/invoices/{invoice:int}/pdf", "see_money", invoice_pdf),
    Door("/credit-notes/{credit_note:int}/pdf", "see_money", credit_note_pdf),
)
