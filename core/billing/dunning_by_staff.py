"""Staff write a policy of dunning from a day on, take back one that has not begun, and end a plan's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.dunning_check import check_policy
from core.billing.dunning_model import DunningPolicy, DunningStep
from core.billing.dunning_plan import DAY, Step
from core.billing.dunning_policy import calendars, steps_known
from core.catalogue.model import PPPOE, Plan
from core.staff.acts import demand, stated
from core.staff.audit import Actor, Plain, note

FARTHEST = timedelta(days=400)
"""A policy of a later day is a slip of a key."""


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A policy as it is written. plan_id: of one plan alone; none for all plans without one of their own. steps: each
    with the key by which it is known across policies; their ids do not count."""

    name: str
    plan_id: int | None
    from_day: date
    grace_days: int
    steps: Sequence[Step]


def write_policy(work: Work, actor: Actor, *, draft: PolicyDraft, reason: str) -> int:
    """A new policy from tomorrow or a later day on; its id. Of two that begin on one day the one written last holds.

    What was taken of the old one stays taken: a step of the same key is not repeated for the same last paid day.
    Raises Refusal for a day that has begun, and for what `check_policy` refuses.
    """
    demand(actor, "allow_cuts")
    why = stated(reason)
    _check_day(work, draft.from_day)
    if draft.plan_id is not None:
        _check_plan(work, draft.plan_id)
    check_policy(draft.grace_days, draft.steps, calendars(work))
    _check_keys(work, draft.steps)
    policy = DunningPolicy(
        name=draft.name,
        from_day=draft.from_day,
        plan_id=draft.plan_id,
        grace_days=draft.grace_days,
        reason=why,
        by_staff_id=actor.staff_id,
    )
    work.session.add(policy)
    work.session.flush()
    work.session.add_all(_row(policy.id, step) for step in draft.steps)
    work.session.flush()
    detail: dict[str, Plain] = {
        "policy": policy.id,
        "from_day": draft.from_day.isoformat(),
        "grace_days": draft.grace_days,
    }
    whom = "plan" if draft.plan_id is not None else None
    note(work, actor, "dunning_policy_written", whom=whom, whom_id=draft.plan_id, detail=detail)
    return policy.id


def take_policy_back(work: Work, actor: Actor, *, policy_id: int, reason: str) -> DunningPolicy:
    """A policy that has not begun never will. Raises Refusal for one that has, or that was taken back."""
    demand(actor, "allow_cuts")
    stated(reason)
    policy = work.session.get_one(DunningPolicy, policy_id, with_for_update=True, populate_existing=True)
    if policy.from_day <= nairobi_day(work.now):
        raise Refusal(say("It has begun: write a new one from a later day on."))
    if policy.ended_on is not None and policy.ended_on <= policy.from_day:
        raise Refusal(say("It is taken back already."))
    policy.ended_on = policy.from_day
    note(work, actor, "dunning_policy_taken_back", detail={"policy": policy.id})
    return policy


def end_own_policy(work: Work, actor: Actor, *, plan_id: int, from_day: date, reason: str) -> None:
    """From that day on the plan goes by the policy of all plans: what was written for it alone until now ends.
    Raises Refusal for a day that has begun, and where the plan has no policy of its own then."""
    demand(actor, "allow_cuts")
    stated(reason)
    _check_day(work, from_day)
    rows = work.session.scalars(
        select(DunningPolicy)
        .where(DunningPolicy.plan_id == plan_id)
        .order_by(DunningPolicy.id)
        .with_for_update()
    )
    lasting = [row for row in rows if row.ended_on is None or row.ended_on > max(from_day, row.from_day)]
    if not lasting:
        raise Refusal(say("That plan has no policy of its own then."))
    for row in lasting:
        row.ended_on = from_day
    detail: dict[str, Plain] = {"from_day": from_day.isoformat()}
    note(work, actor, "dunning_policy_ended", whom="plan", whom_id=plan_id, detail=detail)


def _check_day(work: Work, from_day: date) -> None:
    today = nairobi_day(work.now)
    if not today + DAY <= from_day <= today + FARTHEST:
        raise Refusal(say("A policy changes tomorrow or later, within {count} days.", count=FARTHEST.days))


def _check_plan(work: Work, plan_id: int) -> None:
    plan = work.session.get(Plan, plan_id)
    if plan is None or plan.kind != PPPOE or plan.role == "topup":
        raise Refusal(say("Only plans of home lines have a policy."))


def _check_keys(work: Work, steps: Sequence[Step]) -> None:
    """A key means the same for ever: what was taken under it would be taken for something else."""
    known = steps_known(work)
    for step in steps:
        before = known.get(step.key)
        if before is not None and (before.action, before.announces) != (step.action, step.announces):
            raise Refusal(say("The step {step} does something else already.", step=step.key))


def _row(policy_id: int, step: Step) -> DunningStep:
    return DunningStep(
        policy_id=policy_id,
        key=step.key,
        day_offset=step.day_offset,
        at=step.at,
        action=step.action,
        template=step.template,
        prefer=step.prefer,
        calendars=list(step.calendars),
        announces=step.announces,
    )
