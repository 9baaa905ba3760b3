"""Consent, by purpose: a person's newest word about it holds. Rows are only added, as evidence of what was said.

The Data Protection Act wants an opt-in for marketing and a simple way out (threats M4, M41). About what a person
has, we write until told not to; the answer to a person's own act is never held back.
"""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.messaging.model import Consent
from core.messaging.template import Purpose

MAX_WORDING = 500
GIVEN_BY_DEFAULT = {Purpose.SERVICE: True, Purpose.MARKETING: False, Purpose.PROMPT: False}


# Whether `{person}` (a column) may be told: the newest word about the purpose, else what holds without any. Its values
# are those of `willing_values`.
WILLING = """
    (:answer OR coalesce((SELECT c.given_at IS NOT NULL FROM consents c WHERE c.subscriber_id = {person}
        AND c.purpose = :purpose ORDER BY c.id DESC LIMIT 1), :by_default))
"""


def willing_values(purpose: Purpose) -> dict[str, object]:
    """For a statement with WILLING in it, or that says the same of many at once."""
    return {
        "answer": purpose is Purpose.ANSWER,
        "purpose": purpose.value,
        "by_default": GIVEN_BY_DEFAULT.get(purpose, True),
    }


def give(work: Work, *, subscriber_id: int, purpose: Purpose, how: str, wording: str) -> None:
    """Note that the person wants this. how: the channel or member of staff; wording: what was said or shown."""
    _note(work, subscriber_id, purpose, how, wording, given=True)


def withdraw(work: Work, *, subscriber_id: int, purpose: Purpose, how: str, wording: str) -> None:
    """Note that the person does not want this any more."""
    _note(work, subscriber_id, purpose, how, wording, given=False)


def has_withdrawn(work: Work, *, subscriber_id: int, purpose: Purpose) -> bool:
    """Whether the person's newest word about this is a no. No word at all is none."""
    said = _newest(work, subscriber_id, purpose)
    return said is not None and said.withdrawn_at is not None


def may_tell(work: Work, purpose: Purpose, subscriber_id: int | None) -> bool:
    """Whether a notice of this purpose may go to the person; to nobody known, only answers may."""
    if purpose is Purpose.ANSWER:
        return True
    if subscriber_id is None:
        return False
    said = _newest(work, subscriber_id, purpose)
    return GIVEN_BY_DEFAULT[purpose] if said is None else said.given_at is not None


def _note(work: Work, subscriber_id: int, purpose: Purpose, how: str, wording: str, *, given: bool) -> None:
    """The same word a second time is no new one: the first counts."""
    said = _newest(work, subscriber_id, purpose)
    if said is not None and (said.given_at is not None) == given:
        return
    work.session.execute(
        insert(Consent).values(
            subscriber_id=subscriber_id,
            purpose=purpose.value,
            given_at=work.now if given else None,
            withdrawn_at=None if given else work.now,
            how=how,
            wording=wording[:MAX_WORDING],
        )
    )


def _newest(work: Work, subscriber_id: int, purpose: Purpose) -> Consent | None:
    return work.session.scalars(
        select(Consent)
        .where(Consent.subscriber_id == subscriber_id, Consent.purpose == purpose.value)
        .order_by(Consent.id.desc())
        .limit(1)
    ).first()
