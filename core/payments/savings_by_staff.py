"""Installments as staff begin and end them for somebody: with a reason, in the audit trail."""

from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money
from core.billing.account import own_money
from core.catalogue.queries import NOT_ON_SALE, plan_now
from core.payments.installments import begin_installments, give_up, put_aside
from core.payments.model import Installment
from core.staff.acts import demand, stated
from core.staff.audit import Actor, note


def keep_aside_for(
    work: Work, actor: Actor, *, subscriber_id: int, plan_id: int, site_id: int, reason: str
) -> Installment:
    """Keep money aside towards a plan at a site from now on, what there is of own money first. Raises Refusal."""
    demand(actor, "change_lines")
    stated(reason)
    plan = plan_now(work, plan_id)
    if plan is None or not plan.is_on_sale or site_id not in plan.offer.site_ids or plan.offer.is_free:
        raise Refusal(NOT_ON_SALE)
    kept = begin_installments(work, subscriber_id=subscriber_id, plan_id=plan_id, site_id=site_id)
    detail = {"plan": plan_id, "site": site_id}
    note(work, actor, "installments_begun", whom="subscriber", whom_id=subscriber_id, detail=detail)
    put_aside(work, subscriber_id, own_money(work, subscriber_id), source="begun")
    return kept


def give_up_for(work: Work, actor: Actor, *, subscriber_id: int, reason: str) -> Money:
    """Save no longer: what was kept is own money again; how much. Raises Refusal where nothing is saved for."""
    demand(actor, "change_lines")
    stated(reason)
    amount = give_up(work, subscriber_id=subscriber_id)
    detail = {"cents": amount.minor}
    note(work, actor, "installments_given_up", whom="subscriber", whom_id=subscriber_id, detail=detail)
    return amount
