"""The yes that a run of the cycle waits for, and the no that stops one."""

from sqlalchemy import text

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.cycle_model import REFUSED, RUNNING, WAITING
from core.billing.events import CycleGoesOn
from core.staff.acts import MAX_REASON_CHARACTERS, MIN_REASON_CHARACTERS, demand
from core.staff.audit import Actor, note

# Held until this is committed: a chunk that is being billed ends first.
_STATE = text("SELECT state FROM cycle_runs WHERE id = :id FOR UPDATE")
_APPROVE = text(
    "UPDATE cycle_runs SET state = :running, decided_at = :now, decided_by = :staff_id WHERE id = :id"
)
_REFUSE = text(
    "UPDATE cycle_runs SET state = :refused, is_open = false, finished_at = :now, decided_at = :now, "
    "decided_by = :staff_id, reason = :reason WHERE id = :id"
)


def approve_run(work: Work, actor: Actor, *, run_id: int) -> None:
    """Let a waiting run begin; once it runs, another yes changes nothing. Raises Refusal where it is over."""
    demand(actor, "approve_cycle")
    if _state(work, run_id, WAITING, RUNNING) == RUNNING:
        return
    work.session.execute(
        _APPROVE, {"id": run_id, "running": RUNNING, "now": work.now, "staff_id": actor.staff_id}
    )
    note(work, actor, "cycle_approved", whom="cycle_run", whom_id=run_id)
    work.record(CycleGoesOn(run_id))


def refuse_run(work: Work, actor: Actor, *, run_id: int, reason: str) -> None:
    """Refuse a waiting run, or stop one that runs: bills that are raised stay, and no other run begins that day.
    Raises Refusal without a reason, or where the run is over."""
    demand(actor, "approve_cycle")
    words = " ".join(reason.split())
    if not MIN_REASON_CHARACTERS <= len(words) <= MAX_REASON_CHARACTERS:
        raise Refusal(say("Say in a few words why these bills should not be raised."))
    _state(work, run_id, WAITING, RUNNING)
    values = {"id": run_id, "refused": REFUSED, "now": work.now, "staff_id": actor.staff_id, "reason": words}
    work.session.execute(_REFUSE, values)
    note(work, actor, "cycle_refused", whom="cycle_run", whom_id=run_id)


def _state(work: Work, run_id: int, *wanted: str) -> str:
    state = work.session.execute(_STATE, {"id": run_id}).scalar_one()
    if state not in wanted:
        raise Refusal(say("That run is over."))
    return str(state)
