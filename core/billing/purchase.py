"""A purchase: what was asked for, for whom, at the price that was shown."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.model import ENDED, Purchase, Subscription
from core.catalogue.model import HOTSPOT, Plan
from core.catalogue.queries import NOT_ON_SALE


@dataclass(frozen=True, slots=True)
class StepId:
    """Where in which talk something was asked: the same step asks for one thing, however often it is heard."""

    channel: str
    session: str
    step: str


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
    line = _line_to_renew(work, renews, beneficiary_id) if renews is not None else None
    if plan is None or (line.plan_id != plan.id if line else plan.state != "on_sale"):
        raise Refusal(NOT_ON_SALE)
    statement = (
        insert(Purchase)
        .values(
            channel=step.channel,
            session=step.session,
            step=step.step,
            buyer_id=buyer_id,
            beneficiary_id=beneficiary_id,
            plan_id=plan.id,
            site_id=line.site_id if line else _site_for(plan, site_id),
            price_cents=plan.price_cents,
            currency=plan.currency,
            term_unit=plan.term_unit,
            term_count=plan.term_count,
            subscription_id=renews,
            request_id=work.request_id,
            created_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["channel", "session", "step"])
        .returning(Purchase.id)
    )
    made = work.session.scalar(statement)
    purchase = purchase_at(work, step)
    assert purchase is not None, "inserted here or by whoever was faster"
    return purchase, made is None


def _line_to_renew(work: Work, subscription_id: int, beneficiary_id: int) -> Subscription:
    line = work.session.get(Subscription, subscription_id)
    if line is None or line.subscriber_id != beneficiary_id or line.state == ENDED:
        raise Refusal(say("That line has ended. Please buy it again from the menu."))
    return line


def _site_for(plan: Plan, site_id: int | None) -> int | None:
    if plan.kind == HOTSPOT:
        return None  # a voucher holds at every site of its plan
    sites = [site.id for site in plan.sites]
    if site_id is None and len(sites) == 1:
        return sites[0]
    if site_id not in sites:
        raise Refusal(say("That bundle is not sold there. Please choose another place."))
    return site_id
