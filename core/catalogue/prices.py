"""What plans cost: a price from a day on, an offer for a while, fees with the first period.

Nothing of it touches what was bought or billed: purchases and invoices keep the price that they were made at.
"""

from datetime import date, datetime

from sqlalchemy import delete, func, select, text

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.base.words import say
from core.catalogue.model import HOTSPOT, Plan
from core.catalogue.plans import locked_plan
from core.catalogue.price_model import PlanFee, PlanOffer, PlanPrice
from core.staff.acts import demand, stated
from core.staff.audit import Actor, Plain, note

WHOLE_SHILLINGS = say("Prices are whole shillings.")
HIGHEST = Money.shillings(250_000)
"""What M-Pesa takes at once; a plan above it could not be paid."""

_TODAY = text(
    """
    UPDATE plans SET price_cents = plan_price(id, :day)
    WHERE id IN (SELECT plan_id FROM plan_prices) AND price_cents <> plan_price(id, :day)
    RETURNING id
    """
)


def price_on(work: Work, plan_id: int, day: date) -> Money:
    """What a plan costs on a day, by all that is known now; without offers."""
    cents: int = work.session.execute(select(func.plan_price(plan_id, day))).scalar_one()
    return Money(cents)


def change_price(
    work: Work, actor: Actor, *, plan_id: int, price: Money, from_day: date, reason: str
) -> None:
    """From `from_day` on the plan costs `price`; the free tier stays free, and nothing else becomes so.

    Raises Refusal for a day that is past, for cents, and where nothing would change.
    """
    demand(actor, "change_plans")
    why, today = stated(reason), nairobi_day(work.now)
    plan = locked_plan(work, plan_id)
    if from_day < today:
        raise Refusal(say("A price begins today or later."))
    if price.minor % 100 or not Money(0) < price <= HIGHEST or plan.price_cents == 0:
        raise Refusal(WHOLE_SHILLINGS)
    _note_first_price(work, plan)
    if price_on(work, plan_id, from_day) == price:
        raise Refusal(say("That is its price already."))
    added = PlanPrice(
        plan_id=plan_id,
        from_day=from_day,
        price_cents=price.minor,
        set_at=work.now,
        reason=why,
        by_staff_id=actor.staff_id,
    )
    work.session.add(added)
    if from_day == today:
        plan.price_cents = price.minor
    work.session.flush()
    detail: dict[str, Plain] = {"cents": price.minor, "from_day": from_day.isoformat()}
    note(work, actor, "plan_price_changed", whom="plan", whom_id=plan_id, detail=detail)


def _note_first_price(work: Work, plan: Plan) -> None:
    """Before the first change: what it cost until then, so that yesterday keeps its price."""
    known = select(PlanPrice.id).where(PlanPrice.plan_id == plan.id).limit(1)
    if work.session.scalar(known) is None:
        work.session.add(
            PlanPrice(
                plan_id=plan.id,
                from_day=nairobi_day(plan.created_at),
                price_cents=plan.price_cents,
                set_at=work.now,
                reason="as it was",
            )
        )
        work.session.flush()


def put_prices_on(work: Work) -> list[int]:
    """Midnight: the prices of this day. The plans whose price is another one now."""
    return list(work.session.scalars(_TODAY, {"day": nairobi_day(work.now)}))


def offer_plan(
    work: Work,
    actor: Actor,
    *,
    plan_id: int,
    site_id: int | None,
    from_at: datetime,
    until_at: datetime,
    price: Money,
    reason: str,
) -> PlanOffer:
    """A lower price for hotspot time and new lines that are begun in [from_at, until_at), at one site or everywhere.

    Raises Refusal for a time that is over, for a price that is not lower, and for a site where the plan is not sold,
    or where a voucher of it would hold at others, too.
    """
    demand(actor, "change_plans")
    why, plan = stated(reason), locked_plan(work, plan_id)
    if until_at <= max(from_at, work.now):
        raise Refusal(say("An offer ends after it begins, and later than now."))
    if price.minor % 100 or not Money(0) < price < price_on(
        work, plan_id, nairobi_day(max(from_at, work.now))
    ):
        raise Refusal(say("An offer is lower than the price, in whole shillings."))
    sold_at = {site.id for site in plan.sites}
    if site_id is not None and site_id not in sold_at:
        raise Refusal(say("The plan is not sold at that site."))
    if site_id is not None and plan.kind == HOTSPOT and sold_at != {site_id}:
        raise Refusal(say("Its vouchers hold at other sites, too: offer it everywhere."))
    offer = PlanOffer(
        plan_id=plan_id,
        site_id=site_id,
        from_at=from_at,
        until_at=until_at,
        price_cents=price.minor,
        set_at=work.now,
        reason=why,
        by_staff_id=actor.staff_id,
    )
    work.session.add(offer)
    work.session.flush()
    detail: dict[str, Plain] = {"offer": offer.id, "cents": price.minor, "site": site_id}
    note(work, actor, "plan_offered", whom="plan", whom_id=plan_id, detail=detail)
    return offer


def end_offer(work: Work, actor: Actor, *, offer_id: int) -> PlanOffer:
    """End an offer now, before its time. Raises Refusal where it is over."""
    demand(actor, "change_plans")
    offer = work.session.get_one(PlanOffer, offer_id, with_for_update=True)
    if offer.until_at <= work.now:
        raise Refusal(say("That offer is over already."))
    offer.until_at = work.now
    offer.from_at = min(offer.from_at, work.now)
    note(work, actor, "plan_offer_ended", whom="plan", whom_id=offer.plan_id, detail={"offer": offer_id})
    return offer


def set_fee(work: Work, actor: Actor, *, plan_id: int, kind: str, amount: Money, reason: str) -> None:
    """What a new line pays once for INSTALLATION, EQUIPMENT or as DEPOSIT; nothing: no such fee any more."""
    demand(actor, "change_plans")
    stated(reason)
    plan = locked_plan(work, plan_id)
    if plan.kind == HOTSPOT or plan.role == "topup":
        raise Refusal(say("Fees belong to home plans."))
    if amount.is_negative or amount.minor % 100 or amount > HIGHEST:
        raise Refusal(WHOLE_SHILLINGS)
    work.session.execute(delete(PlanFee).where(PlanFee.plan_id == plan_id, PlanFee.kind == kind))
    if amount.is_positive:
        work.session.add(PlanFee(plan_id=plan_id, kind=kind, cents=amount.minor))
        work.session.flush()
    detail: dict[str, Plain] = {"kind": kind, "cents": amount.minor}
    note(work, actor, "plan_fee_set", whom="plan", whom_id=plan_id, detail=detail)
