"""Dunning: the steps of a policy, each taken once for each line and last paid day, however often it is run.

Set-based: a few statements a step, at most LINES_A_RUN lines each. Which row is inserted decides; two runs at the same
time share the lines. A payment moves the last paid day, so what was to come for the old one is void.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from core.base.clock import NAIROBI, nairobi_day, start_of_day
from core.base.database import Work
from core.billing.dunning_cut import cut
from core.billing.dunning_lines import GROUPED, LINES, UNTAKEN, Group, Scope, grouped, scope_of
from core.billing.dunning_mass import Masses, is_held
from core.billing.dunning_model import END, PROMPT
from core.billing.dunning_plan import DAY, Step, allowed, barred_until, due_at
from core.billing.dunning_policy import calendars, policies_now
from core.billing.dunning_restore import restore
from core.billing.dunning_tell import tell
from core.billing.events import PromptDue
from core.billing.model import ACTIVE, GRACE, SUSPENDED
from core.billing.standstill import standstills_now
from core.messaging.template import Purpose

LINES_A_RUN = 20_000
"""A run holds its rows for one transaction; more lines than this wait for the next, seconds later."""
TOO_LATE, NOTED_FOR = DAY, timedelta(days=3)
"""A reminder or a prompt whose hour is a day gone is let be and noted; after a month's rest, not a month of them."""
EVENINGS = 6
"""How often a line is told that it stops tonight, where our own side kept the cut from coming."""

_SPEAK = text(
    # Not for time that was bought after the reminder's hour: that person has just paid.
    f"""
    WITH {LINES}, {GROUPED}, chosen AS (
        SELECT due.id, due.day_zero FROM due
        WHERE {UNTAKEN} AND (
            SELECT true FROM purchases p WHERE :day_offset <= 0 AND p.subscription_id = due.id AND p.paid_at >
                (CAST(due.day_zero AS timestamp) + make_interval(days => :day_offset, mins => :minute))
                    AT TIME ZONE 'Africa/Nairobi' LIMIT 1
        ) IS NULL
        ORDER BY due.id LIMIT :limit
    ), taken AS (
        INSERT INTO dunning_steps_taken (subscription_id, day_zero, step_key, step_id, at, missed)
        SELECT id, day_zero, :key, :step_id, :now, :missed FROM chosen
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT id FROM taken ORDER BY id
    """  # noqa: S608
)
_ANNOUNCE = text(
    f"""
    WITH {LINES}, {GROUPED}, told AS (
        SELECT due.id, due.day_zero, before.times, before.last_at
        FROM due CROSS JOIN LATERAL (
            SELECT count(*) AS times, max(t.at) AS last_at FROM dunning_steps_taken t
            WHERE t.subscription_id = due.id AND t.day_zero = due.day_zero
              AND (t.step_key = :key OR starts_with(t.step_key, :key || '.'))
        ) before
    ), taken AS (
        INSERT INTO dunning_steps_taken (subscription_id, day_zero, step_key, step_id, at)
        SELECT id, day_zero, CASE times WHEN 0 THEN :key ELSE :key || '.' || (times + 1) END, :step_id, :now FROM told
        WHERE times < :evenings AND (last_at IS NULL OR last_at < :today)
        ORDER BY id LIMIT :limit
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT id FROM taken ORDER BY id
    """  # noqa: S608
)
_AGREED = text(
    """
    SELECT t.id FROM dunning_steps_taken t JOIN subscriptions s ON s.id = t.subscription_id
    WHERE t.id = ANY(:taken) AND (
        SELECT c.given_at IS NOT NULL FROM consents c
        WHERE c.subscriber_id = coalesce(s.payer_id, s.subscriber_id) AND c.purpose = :purpose
        ORDER BY c.id DESC LIMIT 1
    ) ORDER BY t.id
    """
)


def take_steps(work: Work) -> dict[str, int]:
    """Take every step that is due. Returns how many lines each action concerned; with LINES_A_RUN of one, there may
    be more."""
    taken = {"restored": restore(work, limit=LINES_A_RUN)}
    standing = policies_now(work)
    others = [each.plan_id for each in standing if each.plan_id is not None]
    days, still, masses = calendars(work), standstills_now(work), Masses(work)
    for each in standing:
        scope = scope_of(work, each, others, days, still)
        for name, count in _take(work, scope, masses).items():
            taken[name] = taken.get(name, 0) + count
    masses.end()
    return taken


def _take(work: Work, scope: Scope, masses: Masses) -> dict[str, int]:
    steps = list(scope.policy.steps.values())
    running = [step for step in steps if step.action != END]
    ends = [step for step in steps if step.action == END]
    found: dict[str, int] = {}
    for chosen, states in ((running, (ACTIVE, GRACE)), (ends, (SUSPENDED,))):
        if not chosen:
            continue
        since = min(step.day_offset for step in chosen)
        groups = scope.groups(work, states, days_after=since)
        for step in chosen:
            count = _step(work, scope, step, groups, states, masses)
            found[step.action] = found.get(step.action, 0) + count
    return found


def _step(
    work: Work, scope: Scope, step: Step, groups: Sequence[Group], states: Sequence[str], masses: Masses
) -> int:
    dues = [
        (group, due)
        for group in groups
        if (due := due_at(scope.policy, step, group.stand(scope.still), scope.calendars)) is not None
        and due <= work.now
    ]
    if not dues:
        return 0
    values = {**scope.of(states, [group for group, _ in dues]), "limit": LINES_A_RUN}
    if not step.speaks:
        if barred_until(work.now, step, scope.calendars) is not None:
            return 0
        dark = [(group, start_of_day(nairobi_day(due))) for group, due in dues]
        return cut(work, scope.policy, step, {**values, **grouped(dark)}, masses)
    if step.announces is not None:
        return _announce(work, step, dues, values) if _is_evening_for(work, scope, step) else 0
    late = [(group, due) for group, due in dues if TOO_LATE <= work.now - due < NOTED_FOR]
    if late:
        _speak(work, step, {**values, **grouped(late)}, missed=True)
    fresh = [(group, due) for group, due in dues if work.now - due < TOO_LATE]
    if not fresh or allowed(work.now, step, scope.calendars) != work.now:
        return 0
    return len(_speak(work, step, {**values, **grouped(fresh)}, missed=False))


def _speak(work: Work, step: Step, values: dict[str, Any], *, missed: bool) -> list[int]:
    """Take a step that only speaks; the ids of what was taken."""
    facts = {
        "key": step.key,
        "step_id": step.id,
        "day_offset": step.day_offset,
        "minute": step.at.hour * 60 + step.at.minute,
        "now": work.now,
        "missed": missed,
    }
    taken = list(work.session.scalars(_SPEAK, {**values, **facts}))
    if missed:
        return taken
    if step.action == PROMPT:
        agreed = work.session.scalars(_AGREED, {"taken": taken, "purpose": Purpose.PROMPT.value})
        work.record_all([PromptDue(one) for one in agreed])
    elif step.template is not None:
        tell(work, taken)
    return taken


def _announce(work: Work, step: Step, dues: Sequence[tuple[Group, datetime]], values: dict[str, Any]) -> int:
    facts = {
        "key": step.key,
        "step_id": step.id,
        "now": work.now,
        "today": start_of_day(nairobi_day(work.now)),
        "evenings": EVENINGS,
    }
    taken = list(work.session.scalars(_ANNOUNCE, {**values, **grouped(dues), **facts}))
    tell(work, taken)
    return len(taken)


def _is_evening_for(work: Work, scope: Scope, step: Step) -> bool:
    """Whether now is the hour of the notice, and the night that follows is one in which the cut may come."""
    announced = scope.policy.steps.get(step.announces or "")
    local = work.now.astimezone(NAIROBI)
    if announced is None or local.time() < step.at or is_held(work, announced.action):
        return False
    if allowed(work.now, step, scope.calendars) != work.now:
        return False
    night = start_of_day(local.date() + DAY) + timedelta(hours=announced.at.hour, minutes=announced.at.minute)
    return barred_until(night, announced, scope.calendars) is None
