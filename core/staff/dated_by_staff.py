"""A setting with a start day is set: a rate, a tax, a period. The past keeps the old one."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import DEFAULTS, DatedSetting, dated
from core.base.errors import Refusal
from core.base.words import say
from core.staff.audit import Actor, Plain, note

WHOLE_BP, HOURS_OF_A_DAY, HIGHEST = 10_000, 24, 10**9
"""No share is above the whole, no hour after 24:00; and a figure above the last is a slip of a key."""


def set_dated(work: Work, actor: Actor, *, name: str, value: int, from_day: date) -> None:
    """From the beginning of `from_day` (now, where that is today) the setting has that value. Raises Refusal for a name
    that there is not, a value that cannot be, and a day that is past."""
    if name not in DEFAULTS:
        raise Refusal(say("There is no setting named {name}.", name=name))
    if not 0 <= value <= _highest(name):
        raise Refusal(say("{name} is a number from 0 to {highest}.", name=name, highest=_highest(name)))
    today = nairobi_day(work.now)
    if from_day < today:
        raise Refusal(say("A setting begins today or later."))
    starts_at = work.now if from_day == today else start_of_day(from_day)
    added = DatedSetting(name=name, value=value, starts_at=starts_at, set_at=work.now, set_by=actor.source)
    work.session.add(added)
    work.session.flush()
    detail: dict[str, Plain] = {"name": name, "value": value, "from_day": from_day.isoformat()}
    note(work, actor, "setting_set", whom="setting", whom_id=added.id, detail=detail)


def dated_lines(work: Work) -> list[tuple[str, int, Sequence[tuple[date, int]]]]:
    """Every setting, its value now, and those that are to come, each with its first day."""
    to_come: dict[str, list[tuple[date, int]]] = {}
    later = select(DatedSetting).where(DatedSetting.starts_at > work.now)
    for row in work.session.scalars(later.order_by(DatedSetting.starts_at, DatedSetting.id)):
        to_come.setdefault(row.name, []).append((nairobi_day(row.starts_at), row.value))
    values = dated(work, *DEFAULTS)
    return [(name, value, to_come.get(name, [])) for name, value in zip(DEFAULTS, values, strict=True)]


def _highest(name: str) -> int:
    if name.endswith("_bp"):
        return WHOLE_BP
    return HOURS_OF_A_DAY if name.endswith("_hour") else HIGHEST
