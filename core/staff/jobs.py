"""What runs on the clock for staff: the audit trail is sealed, old tries to log in are forgotten."""

from datetime import timedelta

from sqlalchemy import delete

from core.base.database import OpensWork
from core.staff.model import LoginTry, StaffSession
from core.staff.seal import BATCH, seal

TRIES_ARE_KEPT = timedelta(days=30)
SESSIONS_ARE_KEPT = timedelta(days=90)
"""Long enough to look into a break-in; the audit trail has the logins for ever."""


def seal_audit(deps: OpensWork) -> None:
    """Seal what was written since the last time."""
    while True:
        with deps.work() as work:
            if seal(work) < BATCH:
                return


def forget_old_tries(deps: OpensWork) -> None:
    """Drop tries and ended sessions that no limit or look-up needs any more."""
    with deps.work() as work:
        work.session.execute(delete(LoginTry).where(LoginTry.at < work.now - TRIES_ARE_KEPT))
        work.session.execute(
            delete(StaffSession).where(StaffSession.expires_at < work.now - SESSIONS_ARE_KEPT)
        )
