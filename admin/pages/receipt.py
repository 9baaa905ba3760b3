"""One receipt: what came in, what it bought, what was corrected of it, and what can be."""

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.pages.deeds_of_payments import MOVE, REFUND, TAKEN_BACK, receipt_facts
from admin.pages.entries import ENTRIES
from admin.show import NOTHING, Cell, Page, Table, Way, instant, money, plain
from core.base.words import say
from core.billing.correction_model import Correction
from core.payments.bought import bought_with
from core.payments.model import Receipt
from core.staff.audit import note
from core.staff.model import StaffMember


def receipt(ask: Ask) -> Page:
    found = ask.work.session.get_one(Receipt, ask.ids["receipt"])
    if found.subscriber_id is not None:
        note(ask.work, ask.actor, "receipt_seen", whom="subscriber", whom_id=found.subscriber_id)
    prompt = f"/collections/{found.collection_id}" if found.collection_id else None
    facts = [
        *receipt_facts(ask, found),
        (say("Payment asked for"), Cell(str(found.collection_id or NOTHING), path=prompt)),
        (say("Taken back by M-PESA"), instant(found.reversed_at)),
    ]
    return Page(
        say("Receipt {number}", number=found.number),
        place="receipts",
        facts=facts,
        ways=_ways(ask, found),
        tables=[_bought(ask, found), _corrections(ask, found)],
    )


def _ways(ask: Ask, found: Receipt) -> list[Way]:
    """What an owned receipt that counts lets be done; one without an owner waits under its own page."""
    if not (ask.may("correct_money") and ask.may("see_people")) or found.reversed_at is not None:
        return []
    deeds = [REFUND, MOVE] if found.subscriber_id is not None else []
    return [(deed.title, deed.at(receipt=found.id)) for deed in (*deeds, TAKEN_BACK)]


def _bought(ask: Ask, found: Receipt) -> Table:
    return Table(
        title=say("What it bought"),
        columns=[say("When"), say("Plan"), say("Amount"), say("Invoice")],
        rows=[
            [
                Cell(instant(bought.purchase.created_at).text, path=f"/purchases/{bought.purchase.id}"),
                plain(bought.purchase.plan.name),
                money(bought.invoice.total_cents),
                Cell(bought.invoice.title, path=f"/invoices/{bought.invoice.id}"),
            ]
            for bought in bought_with(ask.work, found)
        ],
        empty=say("Nothing was bought with it."),
    )


def _corrections(ask: Ask, found: Receipt) -> Table:
    rows = ask.work.session.execute(
        select(Correction, StaffMember.email)
        .outerjoin(StaffMember, StaffMember.id == Correction.by_staff_id)
        .where(Correction.receipt_id == found.id)
        .order_by(Correction.id)
    ).all()
    return Table(
        title=say("Corrections"),
        columns=[say("When"), say("What"), say("Amount"), say("Number"), say("By"), say("Reason")],
        rows=[
            [
                instant(row.Correction.at),
                Cell(ENTRIES.get(row.Correction.kind, row.Correction.kind)),
                money(row.Correction.cents),
                plain(row.Correction.reference),
                plain(row.email),
                Cell(row.Correction.reason if ask.may("see_people") else NOTHING, quiet=True),
            ]
            for row in rows
        ],
        empty=say("Nothing of it was corrected."),
    )


DOORS = (Door("/receipts/{receipt:int}", "see_money", receipt),)
