"""Pay for a change of plan, or for the bridge to another payday: from own money at once, or by a prompt."""

from datetime import timedelta

from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.base.words import say
from core.billing.account import own_money
from core.billing.change_plan import (
    Quote,
    change_next,
    order_change,
    quote_change,
)
from core.billing.exchange import change_now
from core.billing.line_model import NOW
from core.billing.model import Purchase, Subscription
from core.billing.payday import order_payday, quote_payday
from core.billing.purchase import StepId, purchase_at
from core.billing.serve import lock_line
from core.catalogue.model import Plan
from core.ledger.post import lock_subscriber
from core.payments.collect import NOT_MPESA, begin_collection
from core.payments.complete import complete
from core.subscribers.model import Subscriber

OTHERS_MONEY = say("Another account pays for this line. Its owner can change it.")
TOO_LITTLE = say("Your money does not suffice for that. Please pay by M-PESA.")


def change_with_own_money(
    work: Work, *, step: StepId, buyer_id: int, subscription_id: int, plan_id: int
) -> Quote:
    """Change the plan of one's own line at once, or from the next period on, and pay what is due from the account's own
    money. Once a step. What was done. Raises Refusal where the money does not suffice."""
    line = _own_line(work, buyer_id, subscription_id)
    known = purchase_at(work, step)
    if known is not None:
        return Quote(NOW, None, Money(0), known.price, known.plan.price)
    quoted = quote_change(work, line.id, plan_id)
    if quoted.when != NOW:
        change_next(work, line.id, plan_id)
    elif not quoted.due.is_positive:
        change_now(work, line, work.session.get_one(Plan, plan_id))
    elif own_money(work, buyer_id) < quoted.due:
        raise Refusal(TOO_LITTLE)
    else:
        purchase = order_change(work, line, quoted, plan_id=plan_id, step=step, buyer_id=buyer_id)
        complete(work, purchase, customer_id=buyer_id)
    return quoted


def pay_for_change(
    work: Work,
    *,
    step: StepId,
    buyer: Subscriber,
    payer: Msisdn,
    subscription_id: int,
    plan_id: int,
    push_after: timedelta,
) -> Purchase:
    """Note the change and the collection that `payer` will answer: it happens when the money is there. Once a step.
    Raises Refusal where nothing is to be paid for it, or another payment is open for that phone."""
    if not payer.looks_mpesa_capable:
        raise Refusal(NOT_MPESA)
    known = purchase_at(work, step)
    if known is not None:
        return known
    line = _own_line(work, buyer.id, subscription_id)
    quoted = quote_change(work, line.id, plan_id)
    if quoted.when != NOW or not quoted.due.is_positive:
        raise Refusal(say("Nothing is to be paid for that change. Please look again."))
    purchase = order_change(work, line, quoted, plan_id=plan_id, step=step, buyer_id=buyer.id)
    begin_collection(work, purchase, payer=payer, gateway="mpesa", push_after=push_after)
    return purchase


def move_payday_with_own_money(
    work: Work, *, step: StepId, buyer_id: int, subscription_id: int, anchor: int
) -> Purchase:
    """Move the payday of one's own line at once, the bridge paid from the account's own money. Once a step."""
    line = _own_line(work, buyer_id, subscription_id)
    known = purchase_at(work, step)
    if known is not None:
        return known
    quoted = quote_payday(work, line.id, anchor)
    if own_money(work, buyer_id) < quoted.due:
        raise Refusal(TOO_LITTLE)
    purchase = order_payday(work, line, quoted, step=step, buyer_id=buyer_id)
    complete(work, purchase, customer_id=buyer_id)
    return purchase


def pay_for_payday(
    work: Work,
    *,
    step: StepId,
    buyer: Subscriber,
    payer: Msisdn,
    subscription_id: int,
    anchor: int,
    push_after: timedelta,
) -> Purchase:
    """Note the bridge and the collection that `payer` will answer. Once a step."""
    if not payer.looks_mpesa_capable:
        raise Refusal(NOT_MPESA)
    known = purchase_at(work, step)
    if known is not None:
        return known
    line = _own_line(work, buyer.id, subscription_id)
    quoted = quote_payday(work, line.id, anchor)
    purchase = order_payday(work, line, quoted, step=step, buyer_id=buyer.id)
    begin_collection(work, purchase, payer=payer, gateway="mpesa", push_after=push_after)
    return purchase


def _own_line(work: Work, buyer_id: int, subscription_id: int) -> Subscription:
    """The line, after its account: whoever pays for it is the one who may change what it costs."""
    lock_subscriber(work, buyer_id)
    line = lock_line(work, subscription_id)
    if line.account_holder_id != buyer_id:
        raise Refusal(OTHERS_MONEY)
    return line
