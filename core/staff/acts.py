"""What staff may do to the house's own workings: try a delivery again, close an incident."""

from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.errors import Refusal
from core.base.inbox import Incident
from core.base.words import say
from core.staff.audit import Actor, note
from core.staff.model import IncidentClosing
from core.staff.roles import Permission, may

MIN_REASON_CHARACTERS = 4
MAX_REASON_CHARACTERS = 500
NOT_ALLOWED = say("Your role does not allow this.")

# Its attempts begin anew; the workers' claim still lets it run once. The doorbell rings on new rows only: the
# relay looks twice a second anyway.
_TRY_AGAIN = text(
    """
    UPDATE deliveries SET given_up_at = NULL, dispatched_at = NULL, leased_until = NULL, attempts = 0,
        available_at = :now
    WHERE id = :id AND given_up_at IS NOT NULL AND finished_at IS NULL
    RETURNING listener
    """
)


def try_delivery_again(work: Work, actor: Actor, *, delivery_id: int) -> None:
    """Give a delivery that was given up another chance. Raises Refusal where it does not wait for one."""
    demand(actor, "try_deliveries")
    listener = work.session.scalar(_TRY_AGAIN, {"id": delivery_id, "now": work.now})
    if listener is None:
        raise Refusal(say("That delivery is not given up any more."))
    note(
        work,
        actor,
        "delivery_tried_again",
        whom="delivery",
        whom_id=delivery_id,
        detail={"listener": listener},
    )


def close_incident(work: Work, actor: Actor, *, incident_id: int, reason: str) -> None:
    """Close an incident with a reason. Raises Refusal without one, or where it is closed."""
    demand(actor, "close_incidents")
    words = " ".join(reason.split())
    if not MIN_REASON_CHARACTERS <= len(words) <= MAX_REASON_CHARACTERS:
        raise Refusal(say("Say in a few words why it can be closed."))
    closed = work.session.scalar(
        update(Incident)
        .where(Incident.id == incident_id, Incident.closed_at.is_(None))
        .values(closed_at=work.now)
        .returning(Incident.id)
    )
    if closed is None:
        raise Refusal(say("That incident is closed already."))
    work.session.execute(
        insert(IncidentClosing).values(
            incident_id=incident_id, staff_id=actor.staff_id, at=work.now, reason=words
        )
    )
    note(work, actor, "incident_closed", whom="incident", whom_id=incident_id)


def stated(reason: str) -> str:
    """A reason as it is kept. Raises Refusal for none, and for a letter."""
    words = " ".join(reason.split())
    if not MIN_REASON_CHARACTERS <= len(words) <= MAX_REASON_CHARACTERS:
        raise Refusal(say("Say in a few words why."))
    return words


def demand(actor: Actor, permission: Permission) -> None:
    """Raises Refusal where the role does not allow it: the verb's own check, whatever door it is called from."""
    if not may(actor.role, permission):
        raise Refusal(NOT_ALLOWED)
