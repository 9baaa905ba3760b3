"""What a receipt's money bought, and how it is taken back: unused time ends, its part of the invoice is credited."""

from dataclasses import dataclass

from sqlalchemy import select, text

from core.base.database import Work
from core.base.money import Money
from core.billing.correction_model import Correction
from core.billing.credit import credit, left_of, left_of_periods
from core.billing.model import PAID, SERVED, Invoice, Purchase
from core.billing.withdraw import withdraw_unused
from core.payments.model import Collection, Receipt
from core.payments.own_money import BY_RECEIPT, BY_TRANSFER, OWN_MONEY

_LOCK_PEOPLE = text("SELECT id FROM subscribers WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase and its invoice."""

    purchase: Purchase
    invoice: Invoice


def bought_with(work: Work, receipt: Receipt) -> list[Bought]:
    """What the receipt's money bought, newest first, also on an account to which it was moved."""
    by_prompt = select(Collection.purchase_id).where(Collection.id == receipt.collection_id)
    occasions = [f"{BY_RECEIPT}{receipt.id}"]
    occasions += [f"{BY_TRANSFER}{moved.id}" for moved in transfers_of(work, receipt) if moved.cents < 0]
    rows = work.session.execute(
        select(Purchase, Invoice)
        .join(Invoice, Invoice.purchase_id == Purchase.id)
        .where(
            Purchase.state.in_([PAID, SERVED]),
            (Purchase.id.in_(by_prompt))
            | ((Purchase.channel == OWN_MONEY) & (Purchase.session.in_(occasions))),
        )
        .order_by(Purchase.id.desc())
    ).all()
    return [Bought(row.Purchase, row.Invoice) for row in rows]


def bought_on(work: Work, receipt: Receipt, account_id: int | None) -> list[Bought]:
    """The same, as far as that account was billed for it."""
    return [one for one in bought_with(work, receipt) if one.invoice.subscriber_id == account_id]


def transfers_of(work: Work, receipt: Receipt) -> list[Correction]:
    """Both sides of each time that the receipt's money was moved to another account, the oldest first."""
    moved = select(Correction).where(Correction.receipt_id == receipt.id, Correction.kind == "transfer")
    return list(work.session.scalars(moved.order_by(Correction.id)))


def lock_receipt(work: Work, receipt_id: int, *others: int) -> Receipt:
    """The receipt, locked after everybody whom it concerns: its owner, whoever had its money, whose lines it paid for,
    and `others`."""
    receipt = work.session.get_one(Receipt, receipt_id)
    people = {bought.purchase.beneficiary_id for bought in bought_with(work, receipt)} | set(others)
    people |= {moved.subscriber_id for moved in transfers_of(work, receipt)}
    if receipt.subscriber_id is not None:
        people.add(receipt.subscriber_id)
    work.session.execute(_LOCK_PEOPLE, {"ids": sorted(people)})
    return work.session.get_one(Receipt, receipt_id, with_for_update=True, populate_existing=True)


def take_back(work: Work, bought: Bought, *, reason: str, by_staff_id: int | None, source: str) -> Money:
    """End the unused time of a purchase and credit its part of the invoice; how much that is. Locked by the caller."""
    withdrawn = withdraw_unused(work, bought.purchase, cause=reason)
    invoice_id = withdrawn.charged_by or bought.invoice.id
    left = left_of(work, invoice_id) if withdrawn.charged is None else left_of_periods(work, invoice_id)
    amount = min(withdrawn.unused_part(Money(bought.invoice.total_cents)), left)
    if amount.is_positive:
        credit(
            work,
            invoice_id,
            amount=amount,
            reason=reason,
            by_staff_id=by_staff_id,
            source=f"{source}:purchase:{bought.purchase.id}",
        )
    return amount
