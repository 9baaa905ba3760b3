"""Staff correct payments, each with a reason: suspense resolved, money refunded, money moved to the right account."""

from datetime import timedelta

from core.base.database import Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.account import own_money
from core.billing.correction_model import Correction
from core.billing.corrections import note_correction, reason_of
from core.billing.credit import credit, left_of
from core.billing.model import CHANGE
from core.billing.withdraw import withdraw_unused
from core.ledger.accounts import receivable
from core.ledger.post import lock_subscriber, post
from core.payments.bought import Bought, bought_on, lock_receipt, take_back
from core.payments.events import MoneyKept, MoneyMoved, RefundPaid
from core.payments.keep import release_money
from core.payments.model import Receipt, SuspenseItem
from core.payments.ways import lies_in
from core.staff.acts import demand
from core.staff.audit import Actor

NO_OWNER = say("Nobody owns that payment yet: find its owner first.")
REVERSED = say("That payment was taken back.")


def resolve_suspense(
    work: Work, actor: Actor, *, item_id: int, subscriber_id: int, reason: str
) -> Correction:
    """The owner of suspended money is found: Dr suspense, Cr receivable; then it is used like any bare money. Raises
    Refusal where somebody was faster."""
    demand(actor, "correct_money")
    lock_subscriber(work, subscriber_id)
    item = work.session.get_one(SuspenseItem, item_id, with_for_update=True, populate_existing=True)
    receipt = work.session.get_one(Receipt, item.receipt_id, with_for_update=True, populate_existing=True)
    if item.resolved_at is not None or receipt.reversed_at is not None:
        raise Refusal(say("The owner of that payment is found already."))
    correction = note_correction(
        work,
        actor,
        kind="resolution",
        subscriber_id=subscriber_id,
        amount=-receipt.amount,
        reason=reason,
        entry_id=release_money(work, receipt, subscriber_id=subscriber_id),
        receipt_id=receipt.id,
    )
    work.record(MoneyKept(receipt.id))
    return correction


def refund(
    work: Work, actor: Actor, *, receipt_id: int, amount: Money, reference: str, reason: str
) -> Correction:
    """Money went back by hand to whoever had paid, by the way it came: a credit note for what was bought with it, then
    Dr receivable, Cr where the money lay.

    reference: the number of the payout, M-PESA's, the bank's or the cash voucher's; the same twice is refused. Never
    more than the receipt, all its refunds together. Money of it that bought nothing needs no credit note. Raises
    Refusal.
    """
    demand(actor, "correct_money")
    number = "".join(reference.split()).upper()
    if not amount.is_positive or not 4 <= len(number) <= 40:
        raise Refusal(say("A refund needs an amount and the number of its payout."))
    receipt = _owned(work, receipt_id)
    owner_id = receipt.subscriber_id
    assert owner_id is not None
    if amount > receipt.amount - Money(receipt.refunded_cents):
        raise Refusal(say("That is more than is left of the payment."))
    _credit_for(work, actor, receipt, amount, number=number, reason=reason_of(reason))
    entry_id = post(
        work,
        kind="refund",
        source=f"refund:{receipt.provider}:{number}",
        sides=[(receivable(owner_id), amount), (lies_in(receipt.provider), -amount)],
    )
    receipt.refunded_cents += amount.minor
    correction = note_correction(
        work,
        actor,
        kind="refund",
        subscriber_id=owner_id,
        amount=amount,
        reason=reason,
        entry_id=entry_id,
        receipt_id=receipt.id,
        reference=number,
    )
    work.record(RefundPaid(correction.id))
    return correction


def move_money(
    work: Work, actor: Actor, *, receipt_id: int, to_subscriber_id: int, reason: str
) -> tuple[Correction, Correction]:
    """A payment was put on the wrong account, within the last day: what it bought there ends where it was not used yet,
    and its money goes to the right account and buys there. Used time stays and is paid by whom it served.

    Returns the two sides, away and here. Raises Refusal where it is too late, or nothing is left to move.
    """
    demand(actor, "correct_money")
    receipt = _owned(work, receipt_id, to_subscriber_id)
    from_id = receipt.subscriber_id
    assert from_id is not None
    (hours,) = dated(work, "money.moves_within_hours")
    if receipt.received_at < work.now - timedelta(hours=hours):
        raise Refusal(say("That payment is too old to be moved."))
    if from_id == to_subscriber_id:
        raise Refusal(say("The money is on that account already."))
    source = f"moved:{receipt.id}:{from_id}:{to_subscriber_id}"
    for bought in bought_on(work, receipt, from_id):
        take_back(work, bought, reason=reason_of(reason), by_staff_id=actor.staff_id, source=source)
    amount = min(own_money(work, from_id), receipt.amount - Money(receipt.refunded_cents))
    if not amount.is_positive:
        raise Refusal(say("Nothing of that payment is left to move."))
    entry_id = post(
        work,
        kind="transfer",
        source=source,
        sides=[(receivable(from_id), amount), (receivable(to_subscriber_id), -amount)],
    )
    if amount == receipt.amount:
        receipt.subscriber_id = to_subscriber_id
    away, here = (
        note_correction(
            work,
            actor,
            kind="transfer",
            subscriber_id=subscriber_id,
            amount=moved,
            reason=reason,
            entry_id=entry_id,
            receipt_id=receipt.id,
        )
        for subscriber_id, moved in ((from_id, amount), (to_subscriber_id, -amount))
    )
    work.record(MoneyMoved(away_id=away.id, here_id=here.id))
    return away, here


def _owned(work: Work, receipt_id: int, *others: int) -> Receipt:
    """The receipt, locked after its people. Raises Refusal where it has no owner or was taken back."""
    receipt = lock_receipt(work, receipt_id, *others)
    if receipt.subscriber_id is None:
        raise Refusal(NO_OWNER)
    if receipt.reversed_at is not None:
        raise Refusal(REVERSED)
    return receipt


def _credit_for(
    work: Work, actor: Actor, receipt: Receipt, amount: Money, *, number: str, reason: str
) -> None:
    """Credit notes for what of the refund was spent; the receipt's money that bought nothing is there already."""
    assert receipt.subscriber_id is not None
    everything = bought_on(work, receipt, receipt.subscriber_id)
    spent = Money.total(
        min(Money(bought.invoice.total_cents), bought.purchase.price) for bought in everything
    )
    unspent = max(Money(0), receipt.amount - spent)
    missing = amount - min(unspent, max(Money(0), own_money(work, receipt.subscriber_id)))
    for bought in everything:
        missing -= _credit_one(work, actor, bought, missing, number=number, reason=reason)
    if missing.is_positive:
        raise Refusal(say("That is more than is left of the payment."))


def _credit_one(
    work: Work, actor: Actor, bought: Bought, missing: Money, *, number: str, reason: str
) -> Money:
    back = Money(0)
    if bought.purchase.purpose == CHANGE and missing >= bought.purchase.price:
        back = min(missing, _change_back(work, bought, reason=reason))
    left = left_of(work, bought.invoice.id)
    amount = min(missing - back, left)
    if not amount.is_positive:
        return back
    if amount == left:
        _end_unused(work, actor, bought, number=number, reason=reason)
    credit(
        work,
        bought.invoice.id,
        amount=amount,
        reason=reason,
        by_staff_id=actor.staff_id,
        source=f"refund:{number}:invoice:{bought.invoice.id}",
    )
    return back + amount


def _change_back(work: Work, bought: Bought, *, reason: str) -> Money:
    """The plan that the money changed is changed back; what of the money is the account's own again by that."""
    holder_id = bought.invoice.subscriber_id
    before = own_money(work, holder_id)
    withdraw_unused(work, bought.purchase, cause=reason)
    return own_money(work, holder_id) - before


def _end_unused(work: Work, actor: Actor, bought: Bought, *, number: str, reason: str) -> None:
    """The time that was not used ends with its money. What another invoice charged for it, where the plan was changed
    meanwhile, is the account's own."""
    withdrawn = withdraw_unused(work, bought.purchase, cause=reason)
    if withdrawn.charged is None or withdrawn.charged_by in (None, bought.invoice.id):
        return
    amount = min(withdrawn.charged, left_of(work, withdrawn.charged_by))
    if amount.is_positive:
        credit(
            work,
            withdrawn.charged_by,
            amount=amount,
            reason=reason,
            by_staff_id=actor.staff_id,
            source=f"refund:{number}:purchase:{bought.purchase.id}",
        )
