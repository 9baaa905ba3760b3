"""Codes: six digits to a number by SMS, or to a mailbox, for one purpose of one talk. That they come back proves it.

Drawn, tried and spent are counted in PostgreSQL, so that no restart and no flushed cache gives anybody a further
try (threats, law 16).
"""

import hmac
import secrets
from datetime import timedelta

from sqlalchemy import Select, delete, func, select, text

from core.base.database import Work
from core.base.dated import dated
from core.base.email import Reached, name_of
from core.base.errors import Refusal
from core.base.typed import tidy
from core.base.words import say
from core.subscribers.events import CodeDrawn
from core.subscribers.model import LinkToken, SmsCode

CODE_LIFE = timedelta(minutes=10)
TRIES = 5
"""Of a million codes: with six codes a day somebody would guess for ninety years."""
JUST_SENT = timedelta(seconds=60)
"""Who asks again within a minute gets no second text: the first is still on its way."""
PROOF_LIFE = timedelta(minutes=15)
"""How long a code that came back stands for the act that it was asked for."""

KEPT = timedelta(days=30)
"""Long enough to see who was pestered."""

TABLE, COLUMN, HASH = "sms_codes", "code_sealed", "sms code"

TOO_MANY_THIS_HOUR = say("We sent too many codes. Please try again in an hour.")
TOO_MANY_TODAY = say("We sent too many codes. Please try again tomorrow.")


def begin_code(work: Work, *, number: Reached, purpose: str, bound_to: str, language: str = "") -> None:
    """Draw a code; its text goes out when this Work is committed. An earlier one of the same purpose is void.

    bound_to: the talk in which it must come back. Raises Refusal where the number, or the talk, had too many.
    """
    for name in sorted((f"code to {name_of(number)}", f"code in {bound_to}")):
        alone_with(work, name)
    newest = work.session.scalar(_newest(number, purpose, bound_to))
    if newest is not None and _is_open(work, newest) and work.now - newest.created_at < JUST_SENT:
        return
    _check_limits(work, number, bound_to)
    code_id, code = work.next_id(TABLE), f"{secrets.randbelow(10**6):06d}"
    work.session.add(
        SmsCode(
            id=code_id,
            number=name_of(number),
            purpose=purpose,
            bound_to=bound_to,
            language=language,
            code_hash=work.keyring.lookup(_hashed(code_id, code), HASH),
            code_sealed=work.keyring.seal(code, table=TABLE, column=COLUMN, row=code_id),
            created_at=work.now,
            expires_at=work.now + CODE_LIFE,
        )
    )
    work.session.flush()
    work.record(CodeDrawn(code_id))


def take_code(work: Work, *, number: Reached, purpose: str, bound_to: str, typed: str) -> bool:
    """Whether `typed` is the newest code of this purpose. A wrong one costs a try, so the Work must be committed.

    Each code is taken once, by one of those who type it at the same time.
    """
    code = work.session.scalar(
        _newest(number, purpose, bound_to).with_for_update().execution_options(populate_existing=True)
    )
    if code is None or not _is_open(work, code):
        return False
    code.tries += 1
    said = tidy(typed).replace(" ", "").replace("-", "")
    known = work.keyring.lookups(_hashed(code.id, said), HASH)
    if not any(hmac.compare_digest(one, code.code_hash) for one in known):
        return False
    code.used_at, code.code_sealed = work.now, None
    return True


def is_proved(work: Work, *, number: Reached, purpose: str, bound_to: str) -> bool:
    """Whether a code of this purpose came back in this talk, so shortly ago that it counts for the act."""
    return _proof(work, number, purpose, bound_to) is not None


def spend_proof(work: Work, *, number: Reached, purpose: str, bound_to: str) -> bool:
    """`is_proved`, for the one time that it counts."""
    proof = _proof(work, number, purpose, bound_to)
    if proof is not None:
        proof.spent_at = work.now
    return proof is not None


def forget_old(work: Work) -> None:
    """Drop the codes and link words of a month ago."""
    for table in (SmsCode, LinkToken):
        work.session.execute(delete(table).where(table.created_at < work.now - KEPT))


def alone_with(work: Work, name: str) -> None:
    """Wait until no other Work is at what is called so; it is ours until this one ends."""
    work.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def _newest(number: Reached, purpose: str, bound_to: str) -> Select[SmsCode]:
    return (
        select(SmsCode)
        .where(SmsCode.number == name_of(number), SmsCode.purpose == purpose, SmsCode.bound_to == bound_to)
        .order_by(SmsCode.id.desc())
        .limit(1)
    )


def _proof(work: Work, number: Reached, purpose: str, bound_to: str) -> SmsCode | None:
    code = work.session.scalar(
        _newest(number, purpose, bound_to).with_for_update().execution_options(populate_existing=True)
    )
    if code is None or code.used_at is None or code.spent_at is not None:
        return None
    return code if work.now - code.used_at < PROOF_LIFE else None


def _is_open(work: Work, code: SmsCode) -> bool:
    return code.used_at is None and code.tries < TRIES and work.now < code.expires_at


def _check_limits(work: Work, number: Reached, bound_to: str) -> None:
    """By the number, so that nobody is pestered, and by the talk, so that nobody pesters many."""
    hour, day = dated(work, "codes_an_hour", "codes_a_day")
    for column, value in ((SmsCode.number, name_of(number)), (SmsCode.bound_to, bound_to)):
        drawn = work.session.execute(
            select(
                func.count().filter(SmsCode.created_at > work.now - timedelta(hours=1)),
                func.count(),
            ).where(column == value, SmsCode.created_at > work.now - timedelta(days=1))
        ).one()
        if drawn[1] >= day:
            raise Refusal(TOO_MANY_TODAY)
        if drawn[0] >= hour:
            raise Refusal(TOO_MANY_THIS_HOUR)


def _hashed(code_id: int, code: str) -> str:
    return f"{code_id}|{code}"
