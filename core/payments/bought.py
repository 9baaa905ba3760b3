"""What a receipt's money bought, and how it is taken back: unused time ends, its part of the invoice is credited."""

from dataclasses import dataclass

from sqlalchemy import select, text

from core.base.database import Work
from core.base.money import Money
from core.billing.credit import credit, left_of
from core.billing.model import PAID, SERVED, Invoice, Purchase
from core.billing.withdraw import withdraw_unused
from core.payments.model import Collection, Receipt
from core.payments.own_money import BY_RECEIPT, OWN_MONEY

_LOCK_PEOPLE = text("SELECT id FROM subscribers WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase and its invoice."""

    purchase: Purchase
    invoice: Invoice


def bought_with(work: Work, receipt: Receipt) -> list[Bought]:
    """What the receipt's money bought, newest first."""
    by_prompt = select(Collection.purchase_id).where(Collection.id == receipt.collection_id)
    rows = work.session.execute(
        select(Purchase, Invoice)
        .join(Invoice, Invoice.purchase_id == Purchase.id)
        .where(
            Purchase.state.in_([PAID, SERVED]),
            (Purchase.id.in_(by_prompt))
            | ((Purchase.channel == OWN_MONEY) & (Purchase.session == f"{BY_RECEIPT}{receipt.id}")),
        )
        .order_by(Purchase.id.desc())
    ).all()
    return [Bought(row.Purchase, row.Invoice) for row in rows]


def lock_receipt(work: Work, receipt_id: int, *others: int) -> Receipt:
    """The receipt, locked after everybody whom it concerns: its owner, whose lines it paid for, and `others`."""
    receipt = work.session.get_one(Receipt, receipt_id)
    people = {bought.purchase.beneficiary_id for bought in bought_with(work, receipt)} | set(others)
    if receipt.subscriber_id is not None:
        people.add(receipt.subscriber_id)
    work.session.execute(_LOCK_PEOPLE, {"ids": sorted(people)})
    return work.session.get_one(Receipt, receipt_id, with_for_update=True, populate_existing=True)


def take_back(work: Work, bought: Bought, *, reason: str, by_staff_id: int | None, source: str) -> Money:
    """End the unused time of a purchase and credit its part of the invoice; how much that is. Locked by the caller."""
    withdrawn = withdraw_unused(work, bought.purchase, cause=reason)
    amount = min(withdrawn.unused_part(Money(bought.invoice.total_cents)), left_of(work, bought.invoice.id))
    if amount.is_positive:
        credit(
            work,
            bought.invoice.id,
            amount=amount,
            reason=reason,
            by_staff_id=by_staff_id,
            source=f"{source}:purchase:{bought.purchase.id}",
        )
    return amount
