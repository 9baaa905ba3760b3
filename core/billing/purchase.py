"""A purchase: what was asked for, for whom, at the price that was shown."""

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.billing.account import open_bill
from core.billing.common_payday import price_of_renewal, price_to_join
from core.billing.model import ACTIVE, ENDED, GRACE, SUSPENDED, TERM, Purchase, Subscription
from core.catalogue.model import HOTSPOT
from core.catalogue.queries import NOT_ON_SALE, PlanNow, plan_now


@dataclass(frozen=True, slots=True)
class StepId:
    """Where in which talk something was asked: the same step asks for one thing, however often it is heard."""

    channel: str
    session: str
    step: str


@dataclass(frozen=True, slots=True)
class LineNow:
    """A home line, as far as its renewal must know it. plan_id: the plan of its next period. bill_id, bill_cents: its
    oldest open bill, if one is raised; that is what is paid then."""

    subscriber_id: int
    plan_id: int
    site_id: int | None
    state: str
    bill_id: int | None = None
    bill_cents: int | None = None


@dataclass(frozen=True, slots=True)
class PartOfTerm:
    """What a part payment buys: fewer days, at their part of the price."""

    days: int
    price_cents: int


INSERT_PURCHASE = """
    INSERT INTO purchases (id, channel, session, step, buyer_id, beneficiary_id, plan_id, site_id, price_cents,
        currency, term_unit, term_count, subscription_id, bill_id, purpose, anchor_day, fees, discount_cents,
        request_id, created_at)
    SELECT occasion.purchase_id, %(channel)s, %(session)s, %(step)s, %(buyer_id)s, %(beneficiary_id)s, %(plan_id)s,
        %(site_id)s, %(price_cents)s, %(currency)s, %(term_unit)s, %(term_count)s, %(renews)s, %(bill_id)s,
        %(purpose)s, %(anchor_day)s, CAST(%(fees)s AS jsonb), %(discount_cents)s, %(request_id)s, %(now)s
    FROM occasion
"""
"""For a statement whose part `occasion` has drawn a purchase_id; its values are those of `purchase_values`."""
_INSERT = f"""
    WITH occasion AS (SELECT nextval('purchases_id_seq') AS purchase_id)
    {INSERT_PURCHASE} ON CONFLICT (channel, session, step) DO NOTHING RETURNING id
"""


def purchase_at(work: Work, step: StepId) -> Purchase | None:
    """The purchase that was made at this step, if it was."""
    return work.session.scalar(
        select(Purchase)
        .options(joinedload(Purchase.plan))
        .where(Purchase.channel == step.channel, Purchase.session == step.session, Purchase.step == step.step)
    )


def begin_purchase(
    work: Work,
    *,
    step: StepId,
    buyer_id: int,
    beneficiary_id: int,
    plan_id: int,
    site_id: int | None = None,
    renews: int | None = None,
    part: PartOfTerm | None = None,
    without_fees: bool = False,
) -> tuple[Purchase, bool]:
    """The purchase of this step, and whether it stood already. Price and term are the plan's of this moment; of a line
    with an open bill, the price is what is open of it.

    site_id: where a new home line is wanted; one site selling the plan needs no asking. renews: the
    subscription that it prolongs. part: less than the whole term. without_fees: what a new line pays once was paid
    before. Raises Refusal where the plan or the line cannot be bought.
    """
    known = purchase_at(work, step)
    if known is not None:
        return known, True
    line = work.session.get(Subscription, renews) if renews is not None else None
    bill = open_bill(work, line.id) if line is not None else None
    plan = plan_now(work, plan_id)
    if plan is not None and without_fees:
        plan = replace(plan, offer=replace(plan.offer, fees=()))
    values = purchase_values(
        work,
        step=step,
        buyer_id=buyer_id,
        beneficiary_id=beneficiary_id,
        plan=plan,
        site_id=site_id,
        renews=renews,
        line=LineNow(
            line.subscriber_id,
            line.renewal_plan.id,
            line.site_id,
            line.state,
            bill.id if bill else None,
            bill.open_cents if bill else None,
        )
        if line
        else None,
    )
    if part is not None:
        values |= {"price_cents": part.price_cents, "term_unit": "days", "term_count": part.days}
    made = work.at_once(_INSERT, values)
    purchase = purchase_at(work, step)
    assert purchase is not None, "inserted here or by whoever was faster"
    return purchase, made is None


def begin_line_order(
    work: Work,
    *,
    step: StepId,
    buyer_id: int,
    line: Subscription,
    purpose: str,
    plan_id: int,
    price: Money,
    days: int,
    anchor_day: int | None = None,
) -> Purchase:
    """The purchase of something else than a term for a (locked) line, once a step: CHANGE to a plan, PAYDAY to an
    anchor. price: what was quoted; days: how many it concerns."""
    work.within(
        _INSERT,
        {
            "channel": step.channel,
            "session": step.session,
            "step": step.step,
            "buyer_id": buyer_id,
            "beneficiary_id": line.subscriber_id,
            "plan_id": plan_id,
            "site_id": line.site_id,
            "price_cents": price.minor,
            "currency": price.currency,
            "term_unit": "days",
            "term_count": days,
            "renews": line.id,
            "bill_id": None,
            "purpose": purpose,
            "anchor_day": anchor_day,
            "fees": None,
            "discount_cents": 0,
            "request_id": work.request_id,
            "now": work.now,
        },
    )
    purchase = purchase_at(work, step)
    assert purchase is not None, "inserted here or by whoever was faster"
    return purchase


def purchase_values(
    work: Work,
    *,
    step: StepId,
    buyer_id: int,
    beneficiary_id: int,
    plan: PlanNow | None,
    site_id: int | None,
    renews: int | None,
    line: LineNow | None,
) -> dict[str, Any]:
    """The row of a purchase of `plan` as it is now; line: the one that it `renews`, as it is now.

    What is begun has the price of the offers that hold, and a new line the plan's fees; what is renewed has neither.
    Raises Refusal where the plan or the line cannot be bought.
    """
    if renews is not None and (line is None or line.subscriber_id != beneficiary_id or line.state == ENDED):
        raise Refusal(say("That line has ended. Please buy it again from the menu."))
    is_topup = plan is not None and plan.offer.role == "topup"
    if plan is None or (line.plan_id != plan.offer.id if line and not is_topup else not plan.is_on_sale):
        raise Refusal(NOT_ON_SALE)
    if is_topup and (line is None or line.state not in (ACTIVE, GRACE)):
        raise Refusal(say("That bundle does not run now. Data is added to one that runs."))
    bill_cents = line.bill_cents if line and not is_topup else None  # data on top pays no bill
    site_id = line.site_id if line else _site_for(plan, site_id)
    fees = plan.offer.fees if line is None else ()
    price = plan.offer.price_cents if line and not is_topup else plan.offer.price_at(site_id)
    if plan.offer.fixed_anchor is not None and not is_topup:
        price, bill_cents = _by_common_payday(work, plan, renews, line, price, bill_cents)
    return {
        "channel": step.channel,
        "session": step.session,
        "step": step.step,
        "buyer_id": buyer_id,
        "beneficiary_id": beneficiary_id,
        "plan_id": plan.offer.id,
        "site_id": site_id,
        "price_cents": bill_cents or price + sum(cents for _, cents in fees),
        "currency": plan.currency,
        "term_unit": plan.offer.term_unit,
        "term_count": plan.offer.term_count,
        "renews": renews,
        "bill_id": line.bill_id if line and not is_topup else None,
        "purpose": TERM,
        "anchor_day": None,
        "fees": json.dumps(fees) if fees else None,
        "discount_cents": 0,
        "request_id": work.request_id,
        "now": work.now,
    }


def _by_common_payday(
    work: Work, plan: PlanNow, renews: int | None, line: LineNow | None, price: int, bill_cents: int | None
) -> tuple[int, int | None]:
    """The price of what is left of a common month, and of the bill; after a cut it goes before the bill."""
    if renews is None or line is None:
        return price_to_join(plan.offer, Money(price), nairobi_day(work.now)).minor, None
    cents = price_of_renewal(work, renews).minor
    return cents, None if line.state == SUSPENDED else bill_cents


def _site_for(plan: PlanNow, site_id: int | None) -> int | None:
    if plan.offer.kind == HOTSPOT:
        return None  # a voucher holds at every site of its plan
    sites = plan.offer.site_ids
    if site_id is None and len(sites) == 1:
        return sites[0]
    if site_id not in sites:
        raise Refusal(say("That bundle is not sold there. Please choose another place."))
    return site_id
