"""Logging in: the try is counted, then judged, then noted, in two transactions around the costly hash.

All counting is in PostgreSQL (a flushed Valkey frees nobody) and before the judgement (a hundred tries at the
same moment are a hundred). Known and unknown addresses get the same answer after the same work.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text

from core.base.database import OpensWork, Work
from core.base.errors import Refusal
from core.base.log import logger
from core.base.words import say
from core.staff import passwords
from core.staff.accounts import find, tidy_email
from core.staff.audit import Actor, note
from core.staff.model import LoginTry, StaffMember
from core.staff.second_factor import spend_code
from core.staff.sessions import open_session

WINDOW = timedelta(minutes=15)
MISSES_OF_A_PERSON = 5
"""In a window, since the last success; then the address is locked until the oldest of them is a window old."""
TRIES_OF_A_SOURCE = 30
"""In a window, right or wrong: an office behind one address logs in, a machine does not."""

WRONG = say("E-mail, password or code is wrong.")
TOO_MANY = say("Too many tries. Wait 15 minutes and try again.")
BUSY = say("Many people are logging in just now. Try again in a moment.")


class TooManyTries(Refusal):
    """The limit of a person or a source is reached; nothing was judged."""


@dataclass(frozen=True, slots=True)
class _Try:
    id: int
    staff_id: int | None
    password_hash: str | None


def log_in(
    deps: OpensWork,
    *,
    email: str,
    password: str,
    code: str,
    source: str,
    live: bool,
    machine_now: datetime,
) -> str:
    """Log a person in; returns the token for the cookie. Raises Refusal with the same words whatever was wrong.

    machine_now: the machine's time, for the code and the session's life.
    """
    with deps.work() as work:
        attempt = _count(work, email=email, source=source, live=live)
    if attempt is None:
        logger("staff").warning("login_limited", source=source)
        raise TooManyTries(TOO_MANY)
    try:
        fits = passwords.is_right(password, attempt.password_hash)
    except passwords.TooBusy:
        with deps.work() as work:  # it was not judged: nobody is locked out by other people's crowd
            work.session.execute(delete(LoginTry).where(LoginTry.id == attempt.id))
        raise Refusal(BUSY) from None
    with deps.work() as work:
        token = _judge(work, attempt, fits, code=code, source=source, machine_now=machine_now)
    if token is None:
        logger("staff").warning("login_refused", source=source)
        raise Refusal(WRONG)
    return token


def _count(work: Work, *, email: str, source: str, live: bool) -> _Try | None:
    """Note the try; None where a limit is reached (which is not counted: a lock ends, whoever knocks)."""
    try:
        address = tidy_email(email)
    except Refusal:
        address = ""
    who = work.keyring.tag(address, "staff-login")
    # One at a time for an address, so that two tries at once cannot both be the fifth. The source's limit may
    # be overstepped by as many as knock at the very same moment.
    work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:who, 0))"), {"who": who})
    if _misses(work, who) >= MISSES_OF_A_PERSON or _tries_from(work, source) >= TRIES_OF_A_SOURCE:
        return None
    noted = LoginTry(who=who, source=source, at=work.now)
    work.session.add(noted)
    work.session.flush()
    member = find(work, email=address)
    known = member is not None and member.disabled_at is None and not (live and member.trial)
    return _Try(
        id=noted.id,
        staff_id=member.id if member else None,
        password_hash=member.password_hash if member and known else None,
    )


def _misses(work: Work, who: str) -> int:
    since = work.now - WINDOW
    last_success = (
        select(func.max(LoginTry.id))
        .where(LoginTry.who == who, LoginTry.at > since, LoginTry.succeeded)
        .scalar_subquery()
    )
    found = work.session.scalar(
        select(func.count()).where(
            LoginTry.who == who, LoginTry.at > since, LoginTry.id > func.coalesce(last_success, 0)
        )
    )
    return found or 0


def _tries_from(work: Work, source: str) -> int:
    found = work.session.scalar(
        select(func.count()).where(LoginTry.source == source, LoginTry.at > work.now - WINDOW)
    )
    return found or 0


def _judge(
    work: Work, attempt: _Try, fits: bool, *, code: str, source: str, machine_now: datetime
) -> str | None:
    """The token of a fresh session, or None; either way an audit entry."""
    member = None
    if attempt.staff_id is not None:
        member = work.session.get_one(StaffMember, attempt.staff_id, with_for_update=True)
    actor = Actor(staff_id=member.id if member else None, role=member.role if member else "", source=source)
    # The code of a wrong password is not used up: nobody who lacks the password can spoil a code.
    if member is None or not fits or not spend_code(work, member, code, at=machine_now):
        whom_id = member.id if member else None
        note(work, Actor(None, "", source), "login_refused", whom="staff", whom_id=whom_id)
        return None
    work.session.get_one(LoginTry, attempt.id).succeeded = True
    note(work, actor, "logged_in", whom="staff", whom_id=member.id)
    return open_session(work, member, source=source, machine_now=machine_now)
