"""Tell people of money that came without a purchase, was taken back, moved or paid out."""

from sqlalchemy import select

from core.base.database import Work
from core.base.money import Money, show_money
from core.billing.account import standing
from core.billing.correction_model import Correction
from core.catalogue.model import Plan
from core.messaging.template import Value
from core.messaging.templates_of_money import lines
from core.payments.installments import open_installments, price_saved_for
from core.payments.model import Collection, Installment, Receipt
from core.payments.own_money import Spent
from core.payments.tell import tell_person
from core.payments.ways import is_by_hand, named
from core.subscribers.model import Subscriber


def tell_use(work: Work, receipt: Receipt, spent: Spent) -> None:
    """What became of bare money. What it bought on its owner's own line is told when the time runs."""
    if spent.aside and receipt.subscriber_id is not None:
        kept = open_installments(work, receipt.subscriber_id)
        if kept is not None:
            _tell_aside(work, receipt, kept)
    elif spent.of_others:
        facts: dict[str, Value] = {"lines": lines(len(spent.lines))}
        _tell_owner(work, receipt, "receipt_lines", facts)
    elif spent.terms == 0 and spent.debts:
        _tell_owner(work, receipt, "debt_paid", {})
    elif spent.terms == 0:
        tell_money_kept(work, receipt)


def tell_money_kept(work: Work, receipt: Receipt) -> None:
    """Money came in that bought nothing: it is the owner's, to be used."""
    if receipt.subscriber_id is None:
        return
    owner = work.session.get_one(Subscriber, receipt.subscriber_id)
    _, own = standing(work, owner.id)
    values: dict[str, Value] = {
        "amount": show_money(receipt.amount),
        "receipt": named(receipt),
        "balance": show_money(own),
        "account": owner.account_no,
    }
    asked = work.session.get(Collection, receipt.collection_id) if receipt.collection_id else None
    template = "money_kept"
    if asked is not None and asked.amount != receipt.amount:
        template, values["price"] = "amount_differs", show_money(asked.amount)
    tell_person(work, owner.id, template, values, f"kept:{receipt.id}")


def tell_reversal(work: Work, receipt_id: int) -> None:
    """A payment was taken back, by its provider's hand or by ours: what is to pay now."""
    receipt = work.session.get_one(Receipt, receipt_id)
    if receipt.subscriber_id is None:
        return
    owner = work.session.get_one(Subscriber, receipt.subscriber_id)
    owed, _ = standing(work, owner.id)
    values: dict[str, Value] = {**_facts(receipt, owner), "owed": show_money(owed)}
    template = "payment_taken_out"
    if not is_by_hand(receipt):
        template, values["receipt"] = "payment_reversed", receipt.number
    tell_person(work, owner.id, template, values, f"reversed:{receipt.id}")


def tell_correction(work: Work, correction_id: int) -> None:
    """Money was paid out, or moved to another account: both sides are told."""
    correction = work.session.get_one(Correction, correction_id)
    receipt = work.session.get(Receipt, correction.receipt_id) if correction.receipt_id else None
    if receipt is None:
        return
    owner = work.session.get_one(Subscriber, correction.subscriber_id)
    values: dict[str, Value] = {
        **_facts(receipt, owner),
        "amount": show_money(Money(abs(correction.cents))),
    }
    if correction.kind == "refund":
        values["reference"] = correction.reference or ""
        template = "refund_by_hand"
        if not is_by_hand(receipt):
            template, values["receipt"] = "refund_paid", receipt.number
        tell_person(work, owner.id, template, values, f"correction:{correction.id}")
        return
    template = "money_moved_away" if correction.cents > 0 else "money_moved_here"
    tell_person(work, owner.id, template, values, f"correction:{correction.id}:{owner.id}")


def _tell_owner(work: Work, receipt: Receipt, template: str, facts: dict[str, Value]) -> None:
    if receipt.subscriber_id is None:
        return
    owner = work.session.get_one(Subscriber, receipt.subscriber_id)
    owed, own = standing(work, owner.id)
    values = {**_facts(receipt, owner), "owed": show_money(owed), "balance": show_money(own), **facts}
    tell_person(work, owner.id, template, values, f"kept:{receipt.id}")


def _tell_aside(work: Work, receipt: Receipt, kept: Installment) -> None:
    owner = work.session.scalars(select(Subscriber).where(Subscriber.id == receipt.subscriber_id)).one()
    values: dict[str, Value] = {
        **_facts(receipt, owner),
        "kept": show_money(Money(kept.kept_cents)),
        "plan": work.session.get_one(Plan, kept.plan_id).name,
        "price": show_money(price_saved_for(work, kept)),
    }
    tell_person(work, owner.id, "money_aside", values, f"kept:{receipt.id}")


def _facts(receipt: Receipt, owner: Subscriber) -> dict[str, Value]:
    return {"amount": show_money(receipt.amount), "receipt": named(receipt), "account": owner.account_no}
