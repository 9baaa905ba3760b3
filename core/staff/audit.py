"""The audit trail: who did or looked at what. Ids only: erasing a person must not need a change here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.base.database import Work
from core.staff.model import AuditEntry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where. staff_id: none on the command line and before a login."""

    staff_id: int | None
    role: str
    source: str


COMMAND_LINE = Actor(staff_id=None, role="owner", source="command line")
"""Whoever holds the machine's shell and the database's password."""

Plain = int | str | bool | Sequence[int] | None


def note(
    work: Work,
    actor: Actor,
    what: str,
    *,
    whom: str | None = None,
    whom_id: int | None = None,
    detail: Mapping[str, Plain] | None = None,
) -> None:
    """Add an entry to the audit trail, in the transaction of the act itself. detail: ids and our own words, never
    what a person typed."""
    work.session.add(
        AuditEntry(
            at=work.now,
            staff_id=actor.staff_id,
            what=what,
            whom=whom,
            whom_id=whom_id,
            detail=dict(detail or {}),
            source=actor.source,
            request_id=work.request_id,
        )
    )
