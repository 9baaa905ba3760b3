"""The mailbox of a person: where bills go as PDF. One that was proved by a code, and beside it maybe one that staff
have noted and that gets nothing until its code has come back."""

from datetime import datetime

from sqlalchemy import ColumnElement, update

from core.base.database import Work
from core.base.email import Email
from core.base.errors import Refusal
from core.base.words import say
from core.subscribers.model import ASKED, CODE, MAIL, MOVED, Address
from core.subscribers.queries import mailboxes_of

HAS_IT = say("Bills go to that address already.")


def give_mailbox(work: Work, *, subscriber_id: int, email: Email, proved_at: datetime | None) -> None:
    """The mailbox is this person's from now on. A proved one takes the place of all others; one that was only noted
    takes that of another which was only noted. Raises Refusal where it is proved already and only noted again."""
    proved = [own.email for own in mailboxes_of(work, subscriber_id) if own.is_proved]
    if proved_at is None and email in proved:
        raise Refusal(HAS_IT)
    _part(work, subscriber_id, MOVED, None if proved_at else Address.proved_at.is_(None))
    work.session.add(
        Address(
            subscriber_id=subscriber_id,
            channel=MAIL,
            external_id=email.address,
            is_primary=False,
            level=2 if proved_at else 1,
            proved_at=proved_at,
            linked_how=CODE if proved_at else None,
            created_at=work.now,
        )
    )
    work.session.flush()


def take_mailbox(work: Work, *, subscriber_id: int, email: Email) -> None:
    """No mail goes there for this person any more."""
    _part(work, subscriber_id, ASKED, Address.external_id == email.address)


def _part(work: Work, subscriber_id: int, why: str, which: ColumnElement[bool] | None) -> None:
    work.session.execute(
        update(Address)
        .where(
            Address.subscriber_id == subscriber_id,
            Address.channel == MAIL,
            Address.unlinked_at.is_(None),
            *(() if which is None else (which,)),
        )
        .values(unlinked_at=work.now, unlinked_why=why)
        .execution_options(synchronize_session="fetch")
    )
