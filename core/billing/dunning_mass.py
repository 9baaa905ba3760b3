"""No mass of lines is cut without somebody's yes (M47): more than a night's few are an error of ours or of the clock
until a person has said otherwise."""

from datetime import timedelta

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.inbox import raise_incident
from core.billing.dunning_model import CutHold
from core.billing.dunning_plan import DAY, Step

MASS_LINES, MASS_PERCENT = 200, 5
"""More lines than both, within an hour."""
YES_HOLDS, HOUR = DAY, timedelta(hours=1)
# Every policy has steps of its own: what counts is the action.
_TAKEN = """
    SELECT count(*) FROM dunning_steps_taken t JOIN dunning_steps d ON d.id = t.step_id AND d.key = t.step_key
    WHERE d.action = :action
"""
_LATELY = text(f"{_TAKEN} AND t.at > :hour_ago")
_LINES_ON = text(
    # Counted no further than it takes to tell: a run among a million lines must not count them each minute.
    """
    SELECT count(*) FROM (
        SELECT FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        WHERE p.kind = 'pppoe' AND s.state IN ('active', 'grace') LIMIT :enough
    ) AS lines_on
    """
)
_YES = text(
    f"""
    SELECT lines - ({_TAKEN} AND t.at >= h.released_at)
    FROM cut_holds h WHERE action = :action AND released_at > :since ORDER BY released_at DESC LIMIT 1
    """  # noqa: S608
)
_NO_MASS = text(
    "UPDATE cut_holds SET released_at = :now, lines = 0 WHERE action = :action AND released_at IS NULL"
)


def is_held(work: Work, action: str) -> bool:
    """Whether such cuts wait for somebody's yes."""
    held = "SELECT EXISTS (SELECT FROM cut_holds WHERE action = :action AND released_at IS NULL)"
    return bool(work.scalar(held, action=action))


class Masses:
    """The cuts of one run, over all policies: what one holds back counts for the next."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._held: dict[str, int] = {}

    def allowed(self, step: Step, *, lines: int, at_once: int) -> int:
        """How many of `lines` that are due for the step may be cut now, at most `at_once`. A mass of them waits for a
        yes, which holds for a day and as many lines as it was for."""
        work, held = self._work, self._held.setdefault(step.action, 0)
        facts = {"action": step.action}
        lately = work.session.scalar(_LATELY, {**facts, "hour_ago": work.now - HOUR}) or 0
        if not _is_mass(work, lines + held + lately, lately):
            return min(lines, at_once)
        yes = work.session.scalar(_YES, {**facts, "since": work.now - YES_HOLDS})
        if yes is not None and yes > 0:
            return min(lines, at_once, int(yes))
        self._held[step.action] = held + lines
        if lines:
            _hold(work, step, lines=held + lines)
        return 0

    def end(self) -> None:
        """At the end of the run: what is no mass any more is held no longer."""
        for action, held in self._held.items():
            if not held:
                self._work.session.execute(_NO_MASS, {"action": action, "now": self._work.now})


def _is_mass(work: Work, lines: int, lately: int) -> bool:
    if lines <= MASS_LINES:
        return False
    enough = lines * 100 // MASS_PERCENT
    return lines * 100 > (_lines_on(work, enough) + lately) * MASS_PERCENT


def _lines_on(work: Work, enough: int | None = None) -> int:
    """How many home lines are on, counted up to `enough`."""
    return int(work.session.scalar(_LINES_ON, {"enough": enough}) or 0)


def _hold(work: Work, step: Step, *, lines: int) -> None:
    values = {"lines": lines, "lines_on": _lines_on(work)}
    standing = update(CutHold).where(CutHold.action == step.action, CutHold.released_at.is_(None))
    if work.session.scalar(standing.values(**values).returning(CutHold.id)) is not None:
        return
    opened = work.session.scalar(
        insert(CutHold)
        .values(action=step.action, at=work.now, **values)
        .on_conflict_do_nothing()
        .returning(CutHold.id)
    )
    if opened is not None:
        raise_incident(
            work,
            kind="mass_cut",
            key=f"mass_cut:{opened}",
            detail=f"{lines} of {values['lines_on']} lines would be cut ({step.key}): they wait for a yes",
        )
