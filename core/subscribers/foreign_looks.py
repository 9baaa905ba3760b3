"""A person looks up another one's account by its number: so often a day, for no more than a name's beginning (M18)."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, select
from sqlalchemy.orm import Mapped, mapped_column

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Base, UtcDateTime, Work
from core.base.dated import dated
from core.base.errors import Refusal
from core.base.words import say
from core.subscribers.account_no import parse_account_no
from core.subscribers.codes import alone_with
from core.subscribers.model import Subscriber
from core.subscribers.queries import by_account_no

TOO_MANY = say("You looked up many accounts today. Please try again tomorrow.")


class ForeignLook(Base):
    """One such look, whether it found somebody or not. Append-only."""

    __tablename__ = "foreign_looks"
    __table_args__ = (Index("ix_foreign_looks_subscriber_id_at", "subscriber_id", "at"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("subscribers.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def look_up_account(work: Work, *, by_id: int, typed: str) -> Subscriber | None:
    """Whose account that is; None for a number that is none. Counted before it is answered, but for one's own and
    for a typing error that the check digit shows. Raises Refusal for one look too many."""
    account_no = parse_account_no(typed)
    if account_no is None:
        return None
    found = by_account_no(work, account_no)
    if found is not None and found.id == by_id:
        return found
    alone_with(work, f"looks of {by_id}")
    (most,) = dated(work, "foreign_looks_a_day")
    today = start_of_day(nairobi_day(work.now))
    looks = select(func.count()).where(ForeignLook.subscriber_id == by_id, ForeignLook.at >= today)
    if (work.session.scalar(looks) or 0) >= most:
        raise Refusal(TOO_MANY)
    work.session.add(ForeignLook(subscriber_id=by_id, at=work.now))
    work.session.flush()
    return found


def shown_name(person: Subscriber) -> str:
    """ "Amina M.": the first name and one initial, never more."""
    initial = person.last_name.strip()[:1]
    return f"{person.first_name} {initial}.".strip() if initial else person.first_name
