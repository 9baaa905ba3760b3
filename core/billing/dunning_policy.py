"""Which policy holds for which plan today, which are to come, and the calendars that their steps wait by."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select

from core.base.clock import nairobi_day
from core.base.database import Work
from core.billing.dunning_model import CalendarDay, DunningPolicy, DunningStep
from core.billing.dunning_plan import Barred, Calendars, Policy, Step


@dataclass(frozen=True, slots=True)
class Standing:
    """A policy and its days. plan_id: of which plan alone; none for all plans without one of their own. until: the day
    from which it holds no more, if that is known."""

    policy: Policy
    plan_id: int | None
    from_day: date
    until: date | None


def policies_now(work: Work) -> list[Standing]:
    """The policies that hold today: the newest that has begun of each plan, and of all others."""
    today = nairobi_day(work.now)
    newest: dict[int | None, DunningPolicy] = {}
    rows = work.session.scalars(
        select(DunningPolicy)
        .where(
            DunningPolicy.from_day <= today,
            or_(DunningPolicy.ended_on.is_(None), DunningPolicy.ended_on > today),
        )
        .order_by(DunningPolicy.from_day, DunningPolicy.id)
    )
    for row in rows:
        newest[row.plan_id] = row
    return _with_steps(work, list(newest.values()))


def policies_to_come(work: Work) -> list[Standing]:
    """The policies that begin on a later day, the next one first."""
    rows = work.session.scalars(
        select(DunningPolicy)
        .where(
            DunningPolicy.from_day > nairobi_day(work.now),
            or_(DunningPolicy.ended_on.is_(None), DunningPolicy.ended_on > DunningPolicy.from_day),
        )
        .order_by(DunningPolicy.from_day, DunningPolicy.id)
    )
    return _with_steps(work, rows.all())


def steps_known(work: Work) -> dict[str, Step]:
    """Every step that any policy ever had, by key, as the newest policy has it."""
    rows = work.session.scalars(select(DunningStep).order_by(DunningStep.policy_id, DunningStep.id))
    return {row.key: _step(row) for row in rows}


def calendars(work: Work) -> Calendars:
    """All calendars by name."""
    found: dict[str, list[Barred]] = defaultdict(list)
    for row in work.session.scalars(select(CalendarDay)):
        found[row.calendar].append(
            Barred(row.weekday, row.from_day, row.to_day, row.from_minute, row.until_minute)
        )
    return found


def _with_steps(work: Work, rows: Sequence[DunningPolicy]) -> list[Standing]:
    steps: dict[int, dict[str, Step]] = defaultdict(dict)
    wanted = select(DunningStep).where(DunningStep.policy_id.in_([row.id for row in rows]))
    for step in work.session.scalars(wanted.order_by(DunningStep.day_offset, DunningStep.at, DunningStep.id)):
        steps[step.policy_id][step.key] = _step(step)
    return [
        Standing(
            Policy(row.id, row.name, row.grace_days, steps[row.id]), row.plan_id, row.from_day, row.ended_on
        )
        for row in rows
    ]


def _step(row: DunningStep) -> Step:
    return Step(
        id=row.id,
        key=row.key,
        day_offset=row.day_offset,
        at=row.at,
        action=row.action,
        template=row.template,
        calendars=tuple(row.calendars),
        announces=row.announces,
        prefer=row.prefer,
    )
