"""One receipt: what came in, what it bought, what was corrected of it, and what can be."""

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.pages.deeds_of_cash import TAKE_OUT
from admin.pages.deeds_of_payments import MOVE, REFUND, TAKEN_BACK, receipt_facts
from admin.pages.entries import ENTRIES
from admin.show import NOTHING, Cell, Page, Table, Way, day, instant, money, plain
from core.base.clock import nairobi_day
from core.base.words import say
from core.billing.correction_model import Correction
from core.payments.bought import bought_with
from core.payments.model import Receipt
from core.payments.ways import is_by_hand
from core.staff.audit import note
from core.staff.model import AuditEntry, StaffMember
from core.subscribers.model import Subscriber


def receipt(ask: Ask) -> Page:
    found = ask.work.session.get_one(Receipt, ask.ids["receipt"])
    if found.subscriber_id is not None:
        note(ask.work, ask.actor, "receipt_seen", whom="subscriber", whom_id=found.subscriber_id)
    prompt = f"/collections/{found.collection_id}" if found.collection_id else None
    facts = [
        *receipt_facts(ask, found),
        (say("Payment asked for"), Cell(str(found.collection_id or NOTHING), path=prompt)),
        (say("Taken back"), instant(found.reversed_at)),
    ]
    if is_by_hand(found):
        facts += [
            (say("Day on which it came"), day(nairobi_day(found.paid_at) if found.paid_at else None)),
            (say("Booked by"), _booked_by(ask, found)),
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
    return [
        (deed.title, deed.at(receipt=found.id))
        for deed in (*deeds, TAKE_OUT if is_by_hand(found) else TAKEN_BACK)
    ]


def _booked_by(ask: Ask, found: Receipt) -> Cell:
    """Whose entry of the audit trail it is."""
    first = select(Subscriber.id).where(Subscriber.account_no == found.account_text).scalar_subquery()
    who = select(StaffMember.email).join(AuditEntry, AuditEntry.staff_id == StaffMember.id)
    mine = who.where(
        AuditEntry.what == "money_taken",
        AuditEntry.whom == "subscriber",
        AuditEntry.whom_id == first,
        AuditEntry.detail["receipt"].as_integer() == found.id,
    )
    return plain(ask.work.session.scalar(mine.limit(1)))


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
