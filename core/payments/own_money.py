"""An account's own money is put to use: bare paybill money, an amount that was too much, what was kept before.

It pays what is owed, oldest due first, and buys the periods whose bills are open; then what is kept aside; then lines
renew from it, unless their owner said no. An account may pay for many lines: its own, and those of others.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import text

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.account import is_to_be_bought, open_bill, open_invoices, own_money, pay_from_own
from core.billing.common_payday import price_to_join, renewal_price
from core.billing.corrections import pay_invoice
from core.billing.invoice import invoice_named
from core.billing.model import ACTIVE, AWAITING_NETWORK, GRACE, SUSPENDED, Invoice, Subscription
from core.billing.purchase import PartOfTerm, StepId, begin_purchase, purchase_at
from core.billing.serve import lock_line
from core.catalogue.queries import plan_now
from core.payments.complete import complete
from core.payments.installments import put_aside
from core.payments.model import Receipt
from core.payments.part_payment import part_bought

RENEWABLE = (AWAITING_NETWORK, ACTIVE, GRACE, SUSPENDED)
OWN_MONEY, BY_RECEIPT, BY_TRANSFER, FIRST_TERM = "money", "receipt:", "moved:", "term:0"
"""How the step of a purchase from own money is written: the channel, the beginning of the session where a receipt or
its move to the right account was the occasion, and the first of several terms."""
NEVER = datetime.max.replace(tzinfo=UTC)
TERMS_AT_ONCE = 12
"""A year ahead for a line; more money than that stays the subscriber's, who may have meant something else."""

# The account and everybody whose line it pays for, in the order of their ids, as everywhere.
_LOCK = text(
    """
    SELECT id FROM subscribers WHERE id = :holder_id OR id IN (
        SELECT subscriber_id FROM subscriptions WHERE payer_id = :holder_id AND state <> 'ended'
    ) ORDER BY id FOR NO KEY UPDATE
    """
)
_LINES = text(
    """
    SELECT s.id FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    WHERE (s.payer_id = :holder_id OR (s.subscriber_id = :holder_id AND s.payer_id IS NULL))
      AND s.state = ANY(:states) AND s.renews AND p.kind = 'pppoe' AND p.billing = 'prepaid' AND p.price_cents > 0
      AND NOT EXISTS (SELECT FROM plans n WHERE n.id = s.next_plan_id AND n.billing = 'postpaid')
    ORDER BY s.paid_through NULLS LAST, s.id
    """
)


# The last line of somebody who has no other, and would have it renew from the account's money.
_ENDED = text(
    """
    SELECT s.plan_id, s.site_id FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    WHERE s.subscriber_id = :holder_id AND s.payer_id IS NULL AND s.state = 'ended' AND s.renews
      AND p.kind = 'pppoe' AND p.billing = 'prepaid' AND p.price_cents > 0 AND NOT EXISTS (
          SELECT FROM subscriptions o JOIN plans q ON q.id = o.plan_id
          WHERE :holder_id IN (o.subscriber_id, o.payer_id) AND o.state <> 'ended' AND q.kind = 'pppoe')
    ORDER BY s.ended_at DESC NULLS LAST, s.id DESC LIMIT 1
    """
)


@dataclass(slots=True)
class Spent:
    """What money was used for. terms: purchases of whole or part terms; lines: of which lines; of_others: whether some
    are other people's; debts: invoices that it was set against; aside: whether some was kept aside towards a plan."""

    terms: int = 0
    lines: set[int] = field(default_factory=set)
    of_others: bool = False
    debts: int = 0
    aside: bool = False


def use_receipt(work: Work, *, receipt: Receipt) -> Spent:
    """Use the money of the receipt's owner. Done before, it only says that something was bought then."""
    if receipt.subscriber_id is None or receipt.reversed_at is not None:
        return Spent()
    named = invoice_named(work, receipt.account_text)
    return use_money(
        work,
        receipt.subscriber_id,
        why=f"{BY_RECEIPT}{receipt.id}",
        first=named if named is not None and named.subscriber_id == receipt.subscriber_id else None,
    )


def use_money(work: Work, holder_id: int, *, why: str, first: Invoice | None = None) -> Spent:
    """Use the own money of an account. why: the occasion, and the session of what it buys; the same twice is once.
    first: the invoice that it was sent for, which is paid before all others, also where it was written off."""
    lock_holder(work, holder_id)
    spent = Spent()
    if purchase_at(work, _step(why, 0)) is not None:
        spent.terms = 1
        return spent
    if first is not None and not is_to_be_bought(work, first):
        pay_invoice(work, invoice_id=first.id, source=why)
        spent.debts += 1
    for invoice in open_invoices(work, holder_id):
        if not own_money(work, holder_id).is_positive:
            break
        if is_to_be_bought(work, invoice):
            _buy_bill(work, holder_id, invoice, why, spent)
        else:
            before = invoice.open_cents
            pay_from_own(work, invoice, source=why)
            spent.debts += invoice.open_cents < before
    spent.aside = put_aside(work, holder_id, own_money(work, holder_id), source=why)
    if not spent.aside:
        _renew_ahead(work, holder_id, why, spent)
        if spent.terms == 0:
            _open_again(work, holder_id, why, spent)
    return spent


def lock_holder(work: Work, holder_id: int) -> None:
    """Take the rows of the account and of everybody whose line it pays for, before its money is touched."""
    work.session.execute(_LOCK, {"holder_id": holder_id})


def renew_due_line(work: Work, *, subscription_id: int) -> int:
    """The line's paid time is over, or its bill is raised: renew it once from the money of whoever pays for it, if that
    suffices. When the time is over, a part of the term is better than none. How many purchases were made."""
    line = work.session.get_one(Subscription, subscription_id)
    if line.paid_through is None or not line.renews:
        return 0
    holder_id, why = line.account_holder_id, f"due:{line.id}:{line.paid_through:%Y%m%d}"
    lock_holder(work, holder_id)
    if purchase_at(work, _step(why, 0)) is not None:
        return 1
    work.session.refresh(line)
    if line.state not in RENEWABLE or line.renewal_plan.billing == "postpaid":
        return 0  # what is paid after the month is not bought before it
    is_over = line.paid_through is None or line.paid_through <= work.now
    return int(_buy(work, holder_id, line.id, _step(why, 0), in_part=is_over))


def _buy_bill(work: Work, holder_id: int, invoice: Invoice, why: str, spent: Spent) -> None:
    assert invoice.subscription_id is not None, "a bill is for a line"
    line = work.session.get_one(Subscription, invoice.subscription_id)
    if line.state in RENEWABLE and _buy(work, holder_id, line.id, _step(why, spent.terms), in_part=True):
        _note(spent, line, holder_id)


def _renew_ahead(work: Work, holder_id: int, why: str, spent: Spent) -> None:
    """One term after the other for the line whose time ends first; only the very first of them may be a part."""
    line_ids = list(work.session.scalars(_LINES, {"holder_id": holder_id, "states": list(RENEWABLE)}))
    bought = dict.fromkeys(line_ids, 0)
    while own_money(work, holder_id).is_positive:
        lines = [work.session.get_one(Subscription, line_id) for line_id in line_ids]
        for line in sorted(lines, key=lambda line: _turn(line, bought[line.id])):
            if bought[line.id] < TERMS_AT_ONCE and _buy(
                work, holder_id, line.id, _step(why, spent.terms), in_part=spent.terms == 0
            ):
                bought[line.id] += 1
                _note(spent, line, holder_id)
                break
        else:
            return


def _open_again(work: Work, holder_id: int, why: str, spent: Spent) -> None:
    """An ended line is not woken: money for it opens a new one on the same plan, if that is still sold and the money
    suffices. Nothing is paid once more that a new line pays once."""
    ended = work.session.execute(_ENDED, {"holder_id": holder_id}).one_or_none()
    plan = plan_now(work, ended.plan_id) if ended is not None else None
    if ended is None or plan is None:
        return
    price = Money(plan.offer.price_at(ended.site_id))
    if own_money(work, holder_id) < price_to_join(plan.offer, price, nairobi_day(work.now)):
        return
    try:
        purchase, _ = begin_purchase(
            work,
            step=_step(why, 0),
            buyer_id=holder_id,
            beneficiary_id=holder_id,
            plan_id=ended.plan_id,
            site_id=ended.site_id,
            without_fees=True,
        )
    except Refusal:
        return  # sold no longer, or not there
    complete(work, purchase, customer_id=holder_id)
    assert purchase.subscription_id is not None, "it is served"
    spent.terms, spent.lines = 1, {purchase.subscription_id}


def _note(spent: Spent, line: Subscription, holder_id: int) -> None:
    spent.terms += 1
    spent.lines.add(line.id)
    spent.of_others |= line.subscriber_id != holder_id


def _turn(line: Subscription, bought: int) -> tuple[int, datetime, int]:
    """Who is served first. The date of a line that is off does not move by a purchase: its turns are counted."""
    waits = 0 if line.state in (ACTIVE, GRACE) else bought
    return waits, line.paid_through or NEVER, line.id


def _buy(work: Work, holder_id: int, line_id: int, step: StepId, *, in_part: bool) -> bool:
    """Buy the next term of a line with the account's own money: the whole of it; or, if it may be, most of it with the
    rest owed, or fewer days. Whether anything was bought."""
    line = lock_line(work, line_id)
    bill = open_bill(work, line_id)
    if bill is not None and bill.subscriber_id != holder_id:
        return False
    own, price = own_money(work, holder_id), renewal_price(work, line, bill)
    part: PartOfTerm | None = None
    if own < price:
        if not in_part or not own.is_positive or _is_a_rest(line):
            return False
        days = part_bought(work, line, bill, price=price, paid=own)
        if days is None:
            return False
        part = days if days.price_cents < price.minor else None
    purchase, _ = begin_purchase(
        work,
        step=step,
        buyer_id=holder_id,
        beneficiary_id=line.subscriber_id,
        plan_id=line.renewal_plan.id,
        renews=line.id,
        part=part,
    )
    complete(work, purchase, customer_id=holder_id, paid=own if own < purchase.price else None)
    work.session.flush()
    return True


def _is_a_rest(line: Subscription) -> bool:
    """What is left of a common month after a cut is bought whole: its price has fallen already."""
    return line.state == SUSPENDED and line.renewal_plan.fixed_anchor is not None


def _step(why: str, number: int) -> StepId:
    return StepId(OWN_MONEY, why, f"term:{number}")
