"""The yes that a mass of cuts waits for (M47)."""

from collections.abc import Sequence

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import Refusal
from core.base.words import say
from core.billing.dunning_model import CutHold
from core.staff.acts import demand
from core.staff.audit import Actor, note


def open_holds(work: Work) -> Sequence[CutHold]:
    """What waits for a yes."""
    return work.session.scalars(
        select(CutHold).where(CutHold.released_at.is_(None)).order_by(CutHold.id)
    ).all()


def allow_cuts(work: Work, actor: Actor, *, hold_id: int) -> CutHold:
    """Say yes: for a day, as many lines may be cut as the hold named. Raises Refusal where it waits no more."""
    demand(actor, "allow_cuts")
    hold = work.session.scalar(select(CutHold).where(CutHold.id == hold_id).with_for_update())
    if hold is None or hold.released_at is not None:
        raise Refusal(say("Nothing waits for that yes any more."))
    hold.released_at, hold.by_staff_id = work.now, actor.staff_id
    note(work, actor, "cuts_allowed", whom="cut_hold", whom_id=hold.id, detail={"lines": hold.lines})
    return hold
