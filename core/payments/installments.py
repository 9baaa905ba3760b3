"""Installments: money that a subscriber keeps aside towards a plan. It buys nothing else until it covers the plan's
price of that day, and comes back to the subscriber's own money when the plan is given up.

Kept aside: Dr receivable, Cr installments. Bought or given up: the other way round.
"""

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.account import open_bill
from core.billing.common_payday import renewal_price
from core.billing.model import ACTIVE, AWAITING_NETWORK, GRACE, SUSPENDED, Subscription
from core.billing.purchase import StepId, begin_purchase
from core.catalogue.model import PPPOE
from core.catalogue.queries import plan_now
from core.ledger.accounts import INSTALLMENTS, receivable
from core.ledger.post import lock_subscriber, post
from core.payments.complete import complete, whose_money
from core.payments.model import Installment

CHANNEL = "installments"
_POSTED = "SELECT 1 FROM journal_entries WHERE source = %(source)s"
ONE_AT_A_TIME = say("You keep money aside for a bundle already. End that first.")


def begin_installments(
    work: Work, *, subscriber_id: int, plan_id: int, site_id: int | None = None
) -> Installment:
    """Keep money aside towards a plan from now on. Raises Refusal where that is done for another already."""
    lock_subscriber(work, subscriber_id)
    if open_installments(work, subscriber_id) is not None:
        raise Refusal(ONE_AT_A_TIME)
    kept = Installment(
        subscriber_id=subscriber_id,
        plan_id=plan_id,
        site_id=site_id,
        state="open",
        kept_cents=0,
        opened_at=work.now,
    )
    work.session.add(kept)
    work.session.flush()
    return kept


def open_installments(work: Work, subscriber_id: int) -> Installment | None:
    """What a subscriber keeps money aside for, its row locked."""
    return work.session.scalar(
        select(Installment)
        .where(Installment.subscriber_id == subscriber_id, Installment.state == "open")
        .with_for_update()
    )


def put_aside(work: Work, subscriber_id: int, amount: Money, *, source: str) -> bool:
    """Keep `amount` of a subscriber's own money aside, if a plan is saved for, and buy it once it suffices. Whether any
    was kept. source names the occasion. The caller holds the subscriber's row."""
    if not amount.is_positive:
        return False
    kept = open_installments(work, subscriber_id)
    if kept is None:
        return False
    once = f"installment:{kept.id}:{source}"
    line = _own_line(work, kept)
    missing = _price(work, kept, line) - Money(kept.kept_cents)
    amount = min(amount, missing)
    if amount.is_positive and work.within(_POSTED, {"source": once}) is None:
        post(
            work,
            kind="installment",
            source=once,
            sides=[(receivable(subscriber_id), amount), (INSTALLMENTS, -amount)],
        )
        kept.kept_cents += amount.minor
    if amount >= missing:
        _buy(work, kept, line)
    return True


def price_saved_for(work: Work, kept: Installment) -> Money:
    """What is saved for costs today: the next period of the line that there is, or a new one with its fees."""
    return _price(work, kept, _own_line(work, kept))


def _own_line(work: Work, kept: Installment) -> Subscription | None:
    """The saver's own line on that plan, if there is one: what is saved for is its next period, and no second line."""
    found = work.session.scalars(
        select(Subscription)
        .where(
            Subscription.subscriber_id == kept.subscriber_id,
            Subscription.payer_id.is_(None),
            Subscription.state.in_((AWAITING_NETWORK, ACTIVE, GRACE, SUSPENDED)),
        )
        .order_by(Subscription.paid_through.nulls_last(), Subscription.id)
    )
    return next((line for line in found if _is_renewed_by(line, kept)), None)


def _is_renewed_by(line: Subscription, kept: Installment) -> bool:
    plan = line.renewal_plan
    return plan.id == kept.plan_id and plan.kind == PPPOE and line.plan.billing == plan.billing == "prepaid"


def _price(work: Work, kept: Installment, line: Subscription | None) -> Money:
    if line is not None:
        return renewal_price(work, line, open_bill(work, line.id))
    plan = plan_now(work, kept.plan_id)
    assert plan is not None, "plans are not deleted"
    return Money(plan.offer.price_at(kept.site_id) + plan.offer.fees_cents)


def give_up(work: Work, *, subscriber_id: int) -> Money:
    """Save no longer: what was kept aside is the subscriber's own again. How much that is. Raises Refusal where nothing
    is saved for."""
    lock_subscriber(work, subscriber_id)
    kept = open_installments(work, subscriber_id)
    if kept is None:
        raise Refusal(say("You keep no money aside."))
    amount = Money(kept.kept_cents)
    _bring_back(work, kept)
    kept.state, kept.ended_at = "given_up", work.now
    return amount


def _buy(work: Work, kept: Installment, line: Subscription | None) -> None:
    try:
        purchase, _ = begin_purchase(
            work,
            step=StepId(CHANNEL, f"installment:{kept.id}", "bought"),
            buyer_id=kept.subscriber_id,
            beneficiary_id=kept.subscriber_id,
            plan_id=kept.plan_id,
            site_id=kept.site_id,
            renews=line.id if line is not None else None,
        )
    except Refusal:
        return  # sold no longer: it waits until its owner gives it up
    _bring_back(work, kept)
    complete(work, purchase, customer_id=whose_money(work, purchase))
    kept.state, kept.ended_at, kept.purchase_id = "bought", work.now, purchase.id


def _bring_back(work: Work, kept: Installment) -> None:
    if kept.kept_cents:
        amount = Money(kept.kept_cents)
        post(
            work,
            kind="installment",
            source=f"installment:{kept.id}:back",
            sides=[(INSTALLMENTS, amount), (receivable(kept.subscriber_id), -amount)],
        )
    kept.kept_cents = 0
