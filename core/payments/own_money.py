"""A home line renews from its owner's own money: bare paybill money, an amount that was too much."""

from core.base.database import Work
from core.billing.model import ACTIVE, AWAITING_NETWORK, GRACE, SUSPENDED, Subscription
from core.billing.purchase import StepId, begin_purchase, purchase_at
from core.billing.queries import home_line
from core.ledger.post import lock_subscriber
from core.ledger.queries import balance
from core.payments.model import Receipt
from core.payments.settle import complete

RENEWABLE = (AWAITING_NETWORK, ACTIVE, GRACE, SUSPENDED)
OWN_MONEY, BY_RECEIPT, FIRST_TERM = "money", "receipt:", "term:0"
"""How the step of a purchase from own money is written: the channel, the beginning of the session where a receipt
was the occasion, and the first of several terms."""
TERMS_AT_ONCE = 12
"""A year ahead; more money than that stays the subscriber's, who may have meant something else."""


def renew_from_money(work: Work, *, receipt: Receipt) -> int:
    """Renew the line of the receipt's owner while the money covers it. How many terms were bought; where it was
    done before, one at least."""
    if receipt.subscriber_id is None:
        return 0
    return _renew(work, receipt.subscriber_id, f"{BY_RECEIPT}{receipt.id}", terms=TERMS_AT_ONCE)


def renew_due_line(work: Work, *, subscription_id: int) -> int:
    """The line's paid time is over: renew it once from money that its owner has with us, if that suffices."""
    line = work.session.get_one(Subscription, subscription_id)
    if line.paid_through is None:
        return 0
    return _renew(work, line.subscriber_id, f"due:{line.id}:{line.paid_through:%Y%m%d}", terms=1)


def _renew(work: Work, subscriber_id: int, why: str, *, terms: int) -> int:
    lock_subscriber(work, subscriber_id)
    if purchase_at(work, _step(why, 0)) is not None:
        return 1
    for number in range(terms):
        line = home_line(work, subscriber_id)
        own = -balance(work, subscriber_id).minor
        if line is None or line.state not in RENEWABLE or own < line.price_cents:
            return number
        purchase, _ = begin_purchase(
            work,
            step=_step(why, number),
            buyer_id=subscriber_id,
            beneficiary_id=subscriber_id,
            plan_id=line.plan_id,
            renews=line.subscription_id,
        )
        complete(work, purchase, customer_id=subscriber_id)
        work.session.flush()
    return terms


def _step(why: str, number: int) -> StepId:
    return StepId(OWN_MONEY, why, f"term:{number}")
