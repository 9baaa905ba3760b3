"""The money of an account: what is its owner's own, what is open, and what is set against what."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from core.base.database import Work
from core.base.money import Money
from core.billing.credit import credit
from core.billing.model import Invoice, Subscription

# A bill that is raised stands in the balance already, though nobody has paid it: it is counted out again.
_OWN_MONEY = """
    SELECT (SELECT coalesce(sum(open_cents), 0) FROM invoices
            WHERE subscriber_id = %(subscriber_id)s AND open_cents > 0)
         - (SELECT coalesce(sum(amount_cents), 0) FROM postings
            WHERE account_id = (SELECT id FROM accounts WHERE subscriber_id = %(subscriber_id)s))
"""
_OPEN = """
    SELECT coalesce(sum(open_cents), 0) FROM invoices WHERE subscriber_id = %(subscriber_id)s AND open_cents > 0
"""
_SET_AGAINST = """
    WITH paid AS (
        UPDATE invoices SET open_cents = open_cents - %(cents)s WHERE id = %(invoice_id)s RETURNING id, open_cents
    ), allocated AS (
        INSERT INTO allocations (invoice_id, at, cents, source)
        SELECT id, %(now)s, %(cents)s, %(source)s FROM paid
    )
    SELECT open_cents FROM paid
"""
ADJUSTED, BY_OFFER_CODE = "adjusted to what was bought", "offer code"
"""Why a bill is lowered to what its purchase costs, as its credit note says it."""
_ALLOCATED = "SELECT 1 FROM allocations WHERE source = %(source)s"
IS_DISPUTED = (
    "EXISTS (SELECT FROM disputes WHERE invoice_id = invoices.id AND disputes.ended_at IS NULL "
    "AND disputes.until > :now)"
)
"""Of an invoice, in a statement that knows :now."""
IS_UNSERVED = "invoices.kind = 'bill' AND invoices.purchase_id IS NULL"
"""A bill whose period no purchase has bought yet. What stays open of one that was bought is a debt like any other, and
nobody is cut for it."""


def own_money(work: Work, subscriber_id: int) -> Money:
    """What an account's owner may spend: the money that stands on it above what its invoices still want. Negative
    where money was taken back after it was spent."""
    row = work.within(_OWN_MONEY, {"subscriber_id": subscriber_id})
    assert row is not None, "it is a sum"
    return Money(int(row[0]))


def standing(work: Work, subscriber_id: int) -> tuple[Money, Money]:
    """What an account's owner owes and what is the owner's own, as people read it: neither is negative. Their
    difference is the balance."""
    row = work.within(_OPEN, {"subscriber_id": subscriber_id})
    assert row is not None, "it is a sum"
    own, zero = own_money(work, subscriber_id), Money(0)
    return Money(int(row[0])) + max(zero, -own), max(zero, own)


def open_bill(work: Work, subscription_id: int) -> Invoice | None:
    """The line's oldest open bill whose period nobody has bought yet, its row locked. The line is locked first."""
    return work.session.scalar(
        select(Invoice)
        .where(Invoice.subscription_id == subscription_id, Invoice.open_cents > 0, text(IS_UNSERVED))
        .order_by(Invoice.due_at.nulls_first(), Invoice.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def open_invoices(work: Work, subscriber_id: int) -> list[Invoice]:
    """What the account's money is for, oldest due first; without what is disputed. What was written off is open no
    more. The caller holds the subscriber's row, and so nobody else pays them."""
    return list(
        work.session.scalars(
            select(Invoice)
            .where(
                Invoice.subscriber_id == subscriber_id,
                Invoice.open_cents > 0,
                text(f"NOT {IS_DISPUTED}").bindparams(now=work.now),
            )
            .order_by(Invoice.due_at.nulls_first(), Invoice.id)
            .execution_options(populate_existing=True)
        )
    )


def is_to_be_bought(work: Work, invoice: Invoice) -> bool:
    """Whether paying the invoice begins a period of a prepaid line: a purchase does that, never money alone."""
    if invoice.kind != "bill" or invoice.purchase_id is not None or invoice.subscription_id is None:
        return False
    line = work.session.get_one(
        Subscription, invoice.subscription_id, options=[joinedload(Subscription.plan, innerjoin=True)]
    )
    return line.plan.billing == "prepaid"


def set_against(work: Work, invoice: Invoice, amount: Money, *, source: str) -> None:
    """Set money of the account against its (locked) invoice; a negative amount takes it off again.

    source names the cause and is unique: the same twice raises IntegrityError, as does more than is open. The caller
    holds the subscriber's row and knows that the money is there.
    """
    if amount.is_zero:
        return
    row = work.within(
        _SET_AGAINST, {"invoice_id": invoice.id, "cents": amount.minor, "now": work.now, "source": source}
    )
    assert row is not None, "the invoice is locked"
    set_committed_value(invoice, "open_cents", int(row[0]))


def adopt(
    work: Work,
    bill: Invoice,
    *,
    purchase_id: int,
    price: Money,
    paid: Money,
    due_at: datetime | None,
    why: str = ADJUSTED,
) -> None:
    """A purchase buys the period of an open (locked) bill, and no second invoice is issued for it.

    price: what the purchase costs; a bill that is higher is credited down to it, and the note says `why`. paid: the
    money that the account gives for it; what is short of the price stays open, and is due at `due_at`.
    """
    above = Money(bill.open_cents) - price
    if above.is_positive:
        credit(
            work,
            bill.id,
            amount=above,
            reason=why,
            source=f"purchase:{purchase_id}:credit",
        )
    set_against(work, bill, min(Money(bill.open_cents), paid), source=f"purchase:{purchase_id}")
    bill.purchase_id = purchase_id
    if bill.open_cents:
        bill.due_at = due_at or work.now


def pay_oldest_due(work: Work, subscriber_id: int, *, source: str) -> list[int]:
    """Pay with the account's own money what it owes, oldest due first and the last one in part; the ids of the invoices
    that are paid now. Periods of prepaid lines are left out: a purchase buys them (`core.payments.own_money`).

    The caller holds the subscriber's row.
    """
    paid = []
    for invoice in open_invoices(work, subscriber_id):
        if not is_to_be_bought(work, invoice) and pay_from_own(work, invoice, source=source):
            paid.append(invoice.id)
    return paid


def pay_from_own(work: Work, invoice: Invoice, *, source: str) -> bool:
    """Set as much as there is of the account's own money against a (locked) invoice, once for a source. Whether
    it is paid now."""
    once = f"{source}:invoice:{invoice.id}"
    amount = min(own_money(work, invoice.subscriber_id), Money(invoice.open_cents))
    if amount.is_positive and work.within(_ALLOCATED, {"source": once}) is None:
        set_against(work, invoice, amount, source=once)
    return invoice.open_cents == 0
