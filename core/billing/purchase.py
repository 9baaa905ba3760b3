"""A purchase: what was asked for, for whom, at the price that was shown."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.model import ENDED, Purchase, Subscription
from core.catalogue.model import HOTSPOT, Plan
from core.catalogue.queries import NOT_ON_SALE, PlanNow, plan_now


@dataclass(frozen=True, slots=True)
class StepId:
    """Where in which talk something was asked: the same step asks for one thing, however often it is heard."""

    channel: str
    session: str
    step: str


@dataclass(frozen=True, slots=True)
class LineNow:
    """A home line, as far as its renewal must know it."""

    subscriber_id: int
    plan_id: int
    site_id: int | None
    state: str


INSERT_PURCHASE = """
    INSERT INTO purchases (id, channel, session, step, buyer_id, beneficiary_id, plan_id, site_id, price_cents,
        currency, term_unit, term_count, subscription_id, request_id, created_at)
    SELECT occasion.purchase_id, %(channel)s, %(session)s, %(step)s, %(buyer_id)s, %(beneficiary_id)s, %(plan_id)s,
        %(site_id)s, %(price_cents)s, %(currency)s, %(term_unit)s, %(term_count)s, %(renews)s, %(request_id)s, %(now)s
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
) -> tuple[Purchase, bool]:
    """The purchase of this step, and whether it stood already. Price and term are the plan's of this moment.

    site_id: where a new home line is wanted; one site selling the plan needs no asking. renews: the
    subscription that it prolongs. Raises Refusal where the plan or the line cannot be bought.
    """
    known = purchase_at(work, step)
    if known is not None:
        return known, True
    plan = work.session.get(Plan, plan_id)
    line = work.session.get(Subscription, renews) if renews is not None else None
    values = purchase_values(
        work,
        step=step,
        buyer_id=buyer_id,
        beneficiary_id=beneficiary_id,
        plan=plan_now(plan) if plan else None,
        site_id=site_id,
        renews=renews,
        line=LineNow(line.subscriber_id, line.plan_id, line.site_id, line.state) if line else None,
    )
    made = work.at_once(_INSERT, values)
    purchase = purchase_at(work, step)
    assert purchase is not None, "inserted here or by whoever was faster"
    return purchase, made is None


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

    Raises Refusal where the plan or the line cannot be bought.
    """
    if renews is not None and (line is None or line.subscriber_id != beneficiary_id or line.state == ENDED):
        raise Refusal(say("That line has ended. Please buy it again from the menu."))
    if plan is None or (line.plan_id != plan.offer.id if line else not plan.is_on_sale):
        raise Refusal(NOT_ON_SALE)
    return {
        "channel": step.channel,
        "session": step.session,
        "step": step.step,
        "buyer_id": buyer_id,
        "beneficiary_id": beneficiary_id,
        "plan_id": plan.offer.id,
        "site_id": line.site_id if line else _site_for(plan, site_id),
        "price_cents": plan.offer.price_cents,
        "currency": plan.currency,
        "term_unit": plan.offer.term_unit,
        "term_count": plan.offer.term_count,
        "renews": renews,
        "request_id": work.request_id,
        "now": work.now,
    }


def _site_for(plan: PlanNow, site_id: int | None) -> int | None:
    if plan.offer.kind == HOTSPOT:
        return None  # a voucher holds at every site of its plan
    sites = plan.offer.site_ids
    if site_id is None and len(sites) == 1:
        return sites[0]
    if site_id not in sites:
        raise Refusal(say("That bundle is not sold there. Please choose another place."))
    return site_id
