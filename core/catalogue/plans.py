"""What staff do with plans: draft one, put it on sale, retire it. Each with a reason, kept with who and when."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.catalogue.model import HOTSPOT, Plan, Site
from core.catalogue.price_model import PlanMove, PlanOffer, PlanPrice
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note

DRAFT, ON_SALE, RETIRED = "draft", "on_sale", "retired"


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan as it is drafted: the columns of `core.catalogue.model.Plan`."""

    code: str
    name: str
    kind: str
    price_cents: int
    term_unit: str
    term_count: int
    download_kbps: int
    upload_kbps: int
    starts: str
    shared_devices: int = 1
    data_cap_bytes: int | None = None
    after_cap: str = "stop"
    billing: str = "prepaid"
    role: str = "access"
    carries_over: bool = False
    fixed_anchor: int | None = None
    until_midnight: bool = False


def draft_plan(work: Work, actor: Actor, *, draft: PlanDraft, site_ids: Sequence[int], reason: str) -> Plan:
    """A new plan that nobody can buy yet. Raises Refusal without a site or a reason, and for a code that is taken."""
    demand(actor, "change_plans")
    why = stated(reason)
    if work.session.scalar(select(Plan.id).where(Plan.code == draft.code)) is not None:
        raise Refusal(say("There is a plan of that code already."))
    sites = list(work.session.scalars(select(Site).where(Site.id.in_(site_ids)).order_by(Site.id)))
    if not sites:
        raise Refusal(say("Say where the plan is sold."))
    plan = Plan(**asdict(draft), state=DRAFT, created_at=work.now, sites=sites)
    work.session.add(plan)
    work.session.flush()
    work.session.add(
        PlanPrice(
            plan_id=plan.id,
            from_day=nairobi_day(work.now),
            price_cents=plan.price_cents,
            set_at=work.now,
            reason=why,
            by_staff_id=actor.staff_id,
        )
    )
    _note_move(work, actor, plan, None, why)
    return plan


def put_on_sale(work: Work, actor: Actor, *, plan_id: int, reason: str) -> None:
    """Sell a drafted or retired plan from now on. Raises Refusal where it is sold, or at no site."""
    demand(actor, "change_plans")
    plan = locked_plan(work, plan_id)
    if plan.state == ON_SALE:
        raise Refusal(say("That plan is on sale already."))
    if not plan.sites:
        raise Refusal(say("Say where the plan is sold."))
    _move(work, actor, plan, ON_SALE, reason)


def retire(work: Work, actor: Actor, *, plan_id: int, reason: str) -> None:
    """Sell it to nobody new. Lines that have it keep it, and renew. Raises Refusal where it is not on sale."""
    demand(actor, "change_plans")
    plan = locked_plan(work, plan_id)
    if plan.state != ON_SALE:
        raise Refusal(say("That plan is not on sale."))
    _move(work, actor, plan, RETIRED, reason)


def sell_at(work: Work, actor: Actor, *, plan_id: int, site_id: int, reason: str) -> None:
    """The plan is to be had at one more site; its vouchers hold there from now on. Raises Refusal where it is already,
    for a site that is not there, and while vouchers of it are offered for less at one site alone."""
    demand(actor, "change_plans")
    stated(reason)
    plan = locked_plan(work, plan_id)
    site = work.session.get(Site, site_id)
    if site is None or site in plan.sites:
        raise Refusal(say("Choose a site where it is not sold yet."))
    offered = select(PlanOffer.id).where(
        PlanOffer.plan_id == plan_id, PlanOffer.site_id.is_not(None), PlanOffer.until_at > work.now
    )
    if plan.kind == HOTSPOT and work.session.scalar(offered.limit(1)) is not None:
        raise Refusal(say("It is offered at one site alone: end that offer first."))
    plan.sites.append(site)
    work.session.flush()
    note(work, actor, "plan_sold_at", whom="plan", whom_id=plan_id, detail={"site": site_id})


def locked_plan(work: Work, plan_id: int) -> Plan:
    """The plan, its row locked. NO KEY: whoever only refers to it need not wait."""
    return work.session.get_one(Plan, plan_id, with_for_update={"key_share": True}, populate_existing=True)


def _move(work: Work, actor: Actor, plan: Plan, to_state: str, reason: str) -> None:
    why, before = stated(reason), plan.state
    plan.state = to_state
    _note_move(work, actor, plan, before, why)


def _note_move(work: Work, actor: Actor, plan: Plan, before: str | None, why: str) -> None:
    work.session.add(
        PlanMove(
            plan_id=plan.id,
            at=work.now,
            from_state=before,
            to_state=plan.state,
            reason=why,
            by_staff_id=actor.staff_id,
        )
    )
    what = {DRAFT: "plan_drafted", ON_SALE: "plan_put_on_sale", RETIRED: "plan_retired"}[plan.state]
    note(work, actor, what, whom="plan", whom_id=plan.id)
