"""Write a policy of dunning from a day on: begun from the one that holds, each step in a row of the form."""

from collections.abc import Collection
from datetime import date, time
from typing import Any

from sqlalchemy import select

from admin.desk import Ask, Door
from admin.show import Elsewhere, Page
from core.base.clock import nairobi_day
from core.base.errors import Refusal
from core.base.words import Sentence, say
from core.billing.dunning_by_staff import FARTHEST, PolicyDraft, write_policy
from core.billing.dunning_check import (
    CHANNELS,
    FIRST_DAY,
    LAST_DAY,
    MOST_GRACE_DAYS,
    MOST_STEPS,
    NOTICE,
    TEXTS,
)
from core.billing.dunning_model import REMIND
from core.billing.dunning_plan import DAY, Policy, Step
from core.billing.dunning_policy import Standing, calendars, policies_now, steps_known
from core.catalogue.model import PPPOE, Plan

ACTIONS: dict[str, Sentence] = {
    "remind": say("reminded"),
    "prompt": say("prompted, if agreed"),
    "slow": say("slowed"),
    "suspend": say("switched off"),
    "end": say("ended"),
}
NEW = "new"
"""The row of one more reminder."""
MOST_DIGITS = 4


def write(ask: Ask) -> Page:
    return _page(ask)


def _page(ask: Ask, problem: Sentence | None = None) -> Page:
    """problem: what is wrong with the form; what was typed into it stays there."""
    plan_id = ask.ids.get("plan")
    base = _base(ask, plan_id)
    names = sorted(calendars(ask.work))
    tomorrow = nairobi_day(ask.work.now) + DAY
    return Page(
        _title(ask, plan_id),
        template="dunning_policy.html",
        place="dunning",
        lead=say(
            "It begins as a copy of the policy that holds. Steps that were taken stay taken: none is repeated for the "
            "same last paid day, only the notice of the evening before is given anew where the cut moves."
        ),
        values={
            "problem": problem,
            "action": ask.request.url.path.removeprefix(str(ask.request.scope.get("root_path", ""))),
            "filled": _typed(ask, names) if problem else _as_it_is(base, tomorrow),
            "rows": _rows(ask, base),
            "actions": ACTIONS,
            "calendars": names,
            "channels": CHANNELS,
            "first": tomorrow.isoformat(),
            "last": (tomorrow - DAY + FARTHEST).isoformat(),
            "least": FIRST_DAY,
            "most": LAST_DAY,
            "most_grace": MOST_GRACE_DAYS,
        },
    )


def _title(ask: Ask, plan_id: int | None) -> Sentence:
    if plan_id is None:
        return say("New policy of all plans")
    return say("New policy of {plan} alone", plan=ask.work.session.get_one(Plan, plan_id).name)


def _base(ask: Ask, plan_id: int | None) -> Policy:
    """The policy that holds for the plan today: its own, or that of all plans."""
    found: dict[int | None, Standing] = {each.plan_id: each for each in policies_now(ask.work)}
    standing = found.get(plan_id) or found.get(None)
    return standing.policy if standing is not None else Policy(0, "home", 0, {})


def _rows(ask: Ask, base: Policy) -> list[dict[str, Any]]:
    """The steps of the base, those of other policies that it left out, and one more reminder; each as the form shows
    it, with the texts that fit."""
    others = [step for key, step in steps_known(ask.work).items() if key not in base.steps]
    steps = [*base.steps.values(), *others[: max(0, MOST_STEPS - len(base.steps))]]
    steps.append(Step(0, NEW, -1, time(9), REMIND, TEXTS[REMIND][0]))
    return [
        {
            "key": step.key,
            "is_new": step.key == NEW,
            "action": step.action,
            "texts": _texts(step),
            "may_be_silent": step.action != REMIND,
            "announces": step.announces,
            "filled": _row(step, kept=step.key in base.steps),
        }
        for step in steps
    ]


def _texts(step: Step) -> list[str]:
    if step.announces is not None:
        return [NOTICE]
    return [text for text in TEXTS[step.action] if text != NOTICE]


def _row(step: Step, *, kept: bool) -> dict[str, str]:
    filled = {
        f"keep-{step.key}": "1" if kept else "",
        f"day-{step.key}": str(step.day_offset),
        f"at-{step.key}": f"{step.at:%H:%M}",
        f"text-{step.key}": step.template or "",
        f"way-{step.key}": step.prefer or "",
    }
    return {**filled, **{f"{name}-{step.key}": "1" for name in step.calendars}}


def _as_it_is(base: Policy, tomorrow: date) -> dict[str, str]:
    return {"from_day": tomorrow.isoformat(), "grace": str(base.grace_days)}


def _typed(ask: Ask, names: Collection[str]) -> dict[str, str]:
    """What was typed; a box that is not ticked is not sent, so each row says so itself."""
    boxes = {name for field in ask.form if field.startswith("day-") for name in _boxes(field, names)}
    return {**dict.fromkeys(boxes, ""), **ask.form}


def _boxes(field: str, names: Collection[str]) -> list[str]:
    key = field.removeprefix("day-")
    return [f"{name}-{key}" for name in ("keep", *names)]


def make(ask: Ask) -> Page | Elsewhere:
    try:
        with ask.work.session.begin_nested():
            write_policy(ask.work, ask.actor, draft=_draft(ask), reason=ask.form.get("reason", ""))
    except Refusal as refusal:
        return _page(ask, refusal.sentence)
    return Elsewhere("/dunning?done=written")


def _draft(ask: Ask) -> PolicyDraft:
    plan_id = ask.ids.get("plan")
    base, known, names = _base(ask, plan_id), steps_known(ask.work), sorted(calendars(ask.work))
    known[NEW] = Step(0, _next_key(known), -1, time(9), REMIND)
    steps = [_step(ask, key, step, names) for key, step in known.items() if ask.form.get(f"keep-{key}")]
    return PolicyDraft(
        name=base.name,
        plan_id=plan_id,
        from_day=_day(ask.form.get("from_day", "")),
        grace_days=_number(ask.form.get("grace", "")),
        steps=steps,
    )


def _next_key(known: Collection[str]) -> str:
    """A name that no policy ever gave to a step: what was taken under an old one would hide it."""
    return next(key for count in range(2, len(known) + 3) if (key := f"remind_{count}") not in known)


def _step(ask: Ask, row: str, step: Step, names: Collection[str]) -> Step:
    """The step as its row says; what it does, and of what it is the notice, nobody changes."""
    form = ask.form
    return Step(
        id=0,
        key=step.key,
        day_offset=_number(form.get(f"day-{row}", "")),
        at=_hour(form.get(f"at-{row}", "")),
        action=step.action,
        template=form.get(f"text-{row}") or None,
        calendars=tuple(name for name in names if form.get(f"{name}-{row}")),
        announces=step.announces,
        prefer=form.get(f"way-{row}") or None,
    )


def _number(typed: str) -> int:
    digits = typed.strip().removeprefix("+")
    if not (digits.isascii() and digits.removeprefix("-").isdecimal()) or len(digits) > MOST_DIGITS:
        raise Refusal(say("Type whole numbers."))
    return int(digits)


def _hour(typed: str) -> time:
    try:
        found = time.fromisoformat(typed)
    except ValueError:
        raise Refusal(say("Choose an hour.")) from None
    return time(found.hour, found.minute)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Refusal(say("Choose a day.")) from None


def plans_of_lines(ask: Ask) -> list[tuple[int, str]]:
    """The plans that may have a policy of their own."""
    wanted = select(Plan.id, Plan.name).where(Plan.kind == PPPOE, Plan.role != "topup").order_by(Plan.name)
    return [(row.id, row.name) for row in ask.work.session.execute(wanted)]


DOORS = (
    Door("/dunning/new", "allow_cuts", write),
    Door("/dunning/new", "allow_cuts", make, method="POST"),
    Door("/dunning/plans/{plan:int}/new", "allow_cuts", write),
    Door("/dunning/plans/{plan:int}/new", "allow_cuts", make, method="POST"),
)
