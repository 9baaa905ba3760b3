"""The audit trail, for owners: who did or looked at what. Looking at it is an entry too."""

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.lists import Rows, keyset
from admin.show import NOTHING, Cell, Page, instant, plain
from core.base.words import Sentence, say
from core.staff.audit import note
from core.staff.model import AuditEntry, StaffMember

WHAT: dict[str, Sentence] = {
    "logged_in": say("logged in"),
    "logged_out": say("logged out"),
    "login_refused": say("was refused at the login"),
    "staff_added": say("was added to the staff"),
    "staff_switched_off": say("was taken off the staff"),
    "own_looks_chosen": say("chose language and light"),
    "searched": say("searched"),
    "subscriber_seen": say("looked at a subscriber"),
    "purchases_seen": say("looked at a subscriber's purchases"),
    "journal_seen": say("looked at a subscriber's journal"),
    "texts_seen": say("looked at a subscriber's texts"),
    "vouchers_seen": say("looked at a subscriber's vouchers"),
    "purchase_seen": say("looked at a purchase"),
    "invoice_seen": say("looked at an invoice"),
    "paper_read": say("opened an invoice as a PDF"),
    "contacts_seen": say("looked at a subscriber's numbers and chats"),
    "contact_change_undone": say("undid a change of a subscriber's numbers"),
    "number_given_back": say("gave a number back to a subscriber"),
    "lines_seen": say("looked at a subscriber's lines"),
    "line_paused": say("paused a line"),
    "line_resumed": say("brought a paused line back"),
    "line_moved": say("moved a line to another site"),
    "line_ended": say("ended a line"),
    "days_given": say("gave a line days"),
    "payday_moved": say("moved a line's payday"),
    "grace_set": say("gave a line a grace of its own"),
    "payer_set": say("set who pays for a line"),
    "promise_noted": say("noted a promise to pay"),
    "day_lent": say("lent an emergency day"),
    "money_taken": say("booked cash or bank money"),
    "money_refund": say("gave a payment back"),
    "money_transfer": say("moved money between accounts"),
    "money_resolution": say("found the owner of a payment"),
    "money_reversal": say("took an entry back"),
    "money_goodwill": say("gave money as goodwill"),
    "money_write_off": say("wrote an invoice off"),
    "money_credit_note": say("issued a credit note"),
    "invoice_disputed": say("noted that an invoice is disputed"),
    "dispute_ended": say("ended a dispute"),
    "standstill_opened": say("noted that our side stands still"),
    "standstill_closed": say("noted that our side runs again"),
    "order_waits": say("asked a second person to agree"),
    "order_agreed": say("agreed as the second person"),
    "order_refused": say("refused an order"),
    "payout_asked": say("asked for a payout"),
    "order_seen": say("looked at an order"),
    "receipt_seen": say("looked at a receipt"),
    "many_told": say("wrote to everybody at a site"),
    "plan_drafted": say("drafted a plan"),
    "plan_put_on_sale": say("put a plan on sale"),
    "plan_retired": say("retired a plan"),
    "plan_price_changed": say("changed a plan's price"),
    "plan_offered": say("offered a plan for a while"),
    "plan_offer_ended": say("ended an offer"),
    "plan_fee_set": say("set a fee of a plan"),
    "setting_set": say("set a dated setting"),
    "site_opened": say("opened a site"),
    "plan_sold_at": say("sold a plan at one more site"),
    "collection_seen": say("looked at a payment"),
    "delivery_tried_again": say("had a job tried again"),
    "incident_closed": say("closed an incident"),
    "audit_seen": say("looked at the audit trail"),
}
"""What entries say, in words; others are shown as they stand."""


def audit(ask: Ask) -> Page:
    rows: Rows = select(AuditEntry, StaffMember.email).outerjoin(
        StaffMember, StaffMember.id == AuditEntry.staff_id
    )
    table = keyset(
        ask.work,
        rows,
        AuditEntry.id,
        query=ask.query,
        path="/audit",
        columns=[say("When"), say("Who"), say("What"), say("About"), say("From")],
        cells=lambda row: [
            instant(row.AuditEntry.at),
            plain(row.email),
            Cell(WHAT.get(row.AuditEntry.what, row.AuditEntry.what)),
            _whom(row.AuditEntry),
            Cell(row.AuditEntry.source, quiet=True),
        ],
        key_of=lambda row: row.AuditEntry.id,
        empty=say("There are no entries yet."),
    )
    note(ask.work, ask.actor, "audit_seen")
    return Page(say("Audit trail"), tables=[table], place="audit")


def _whom(entry: AuditEntry) -> Cell:
    if entry.whom is None:
        return Cell(NOTHING)
    words = f"{entry.whom} {entry.whom_id}" if entry.whom_id is not None else entry.whom
    return Cell(words, path=f"/subscribers/{entry.whom_id}" if entry.whom == "subscriber" else None)


DOORS = (Door("/audit", "see_audit", audit),)
