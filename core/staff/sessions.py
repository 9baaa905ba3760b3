"""Sessions: rows, so that a logout, or the end of somebody's work here, really ends them."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from core.base.database import Work
from core.staff.audit import Actor, note
from core.staff.model import StaffMember, StaffSession
from core.staff.roles import Permission, may

LIFE = timedelta(hours=12)
"""A working day; nobody stays logged in over night."""
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who is logged in."""

    session_id: int
    staff_id: int
    email: str
    role: str
    language: str
    theme: str

    def may(self, permission: Permission) -> bool:
        return may(self.role, permission)

    def actor(self, source: str) -> Actor:
        return Actor(staff_id=self.staff_id, role=self.role, source=source)


def open_session(work: Work, member: StaffMember, *, source: str, machine_now: datetime) -> str:
    """A fresh session; returns its token, which stands nowhere but in the cookie."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    work.session.add(
        StaffSession(
            staff_id=member.id,
            token_hash=_hash(token),
            source=source,
            opened_at=machine_now,
            expires_at=machine_now + LIFE,
        )
    )
    return token


def visit_of(work: Work, token: str, *, live: bool, machine_now: datetime) -> Visit | None:
    """Whose session a token is; None where it is over, ended, unknown, or the person works here no longer."""
    found = work.session.execute(
        select(StaffSession.id, StaffMember)
        .join(StaffMember, StaffMember.id == StaffSession.staff_id)
        .where(
            StaffSession.token_hash == _hash(token),
            StaffSession.ended_at.is_(None),
            StaffSession.expires_at > machine_now,
            StaffMember.disabled_at.is_(None),
        )
    ).one_or_none()
    if found is None or (live and found.StaffMember.trial):
        return None
    member = found.StaffMember
    return Visit(
        session_id=found.id,
        staff_id=member.id,
        email=member.email,
        role=member.role,
        language=member.language,
        theme=member.theme,
    )


def end_session(work: Work, visit: Visit, *, source: str, machine_now: datetime) -> None:
    """Log out: the token is worth nothing from now on."""
    work.session.execute(
        update(StaffSession)
        .where(StaffSession.id == visit.session_id, StaffSession.ended_at.is_(None))
        .values(ended_at=machine_now)
    )
    note(work, visit.actor(source), "logged_out", whom="staff", whom_id=visit.staff_id)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
