"""A home line renews from its owner's own money: bare paybill money, an amount that was too much."""

from core.base.database import Work
from core.billing.model import ACTIVE, AWAITING_NETWORK, GRACE, SUSPENDED
from core.billing.purchase import StepId, begin_purchase, purchase_at
from core.billing.queries import HomeLine, home_line
from core.ledger.post import lock_subscriber
from core.ledger.queries import balance
from core.payments.model import Receipt
from core.payments.settle import complete

RENEWABLE = (AWAITING_NETWORK, ACTIVE, GRACE, SUSPENDED)
TERMS_AT_ONCE = 12
"""A year ahead; more money than that stays the subscriber's, who may have meant something else."""


def renew_from_money(work: Work, *, receipt: Receipt) -> int:
    """Renew the line of the receipt's owner while the money covers it. How many terms were bought; where it was
    done before, one at least."""
    if receipt.subscriber_id is None:
        return 0
    lock_subscriber(work, receipt.subscriber_id)
    if purchase_at(work, _step(receipt, 0)) is not None:
        return 1
    for number in range(TERMS_AT_ONCE):
        line = home_line(work, receipt.subscriber_id)
        if line is None or line.state not in RENEWABLE or not _covers(work, receipt, line):
            return number
        purchase, _ = begin_purchase(
            work,
            step=_step(receipt, number),
            buyer_id=receipt.subscriber_id,
            beneficiary_id=receipt.subscriber_id,
            plan_id=line.plan_id,
            renews=line.subscription_id,
        )
        complete(work, purchase, customer_id=receipt.subscriber_id)
        work.session.flush()
    return TERMS_AT_ONCE


def _step(receipt: Receipt, number: int) -> StepId:
    return StepId("money", f"receipt:{receipt.id}", f"term:{number}")


def _covers(work: Work, receipt: Receipt, line: HomeLine) -> bool:
    assert receipt.subscriber_id is not None
    return -balance(work, receipt.subscriber_id).minor >= line.price_cents
