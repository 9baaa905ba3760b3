"""A part of an invoice is taken back by hand: a credit note with its reason, in the audit trail."""

from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.credit import credit
from core.billing.documents import CreditNote
from core.billing.model import Invoice
from core.ledger.post import lock_subscriber
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note


def credit_part(
    work: Work, actor: Actor, *, invoice_id: int, amount: Money, reason: str, key: str
) -> CreditNote:
    """Take back `amount` of an invoice; what is open of it falls first, the rest becomes the account's own money. key:
    of the form that asked; the same again is the same. Raises Refusal."""
    demand(actor, "correct_money")
    words = stated(reason)
    if not amount.is_positive:
        raise Refusal(say("A credit note is of an amount above zero."))
    invoice = work.session.get_one(Invoice, invoice_id)
    lock_subscriber(work, invoice.subscriber_id)
    found = credit(
        work,
        invoice_id,
        amount=amount,
        reason=words,
        by_staff_id=actor.staff_id,
        source=f"staff:{key}:invoice:{invoice_id}",
    )
    note(
        work,
        actor,
        "money_credit_note",
        whom="subscriber",
        whom_id=invoice.subscriber_id,
        detail={"credit_note": found.id},
    )
    return found
