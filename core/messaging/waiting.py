"""Notices that no way was left for: they wait, and are shown when the person dials or writes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from core.base.database import Work
from core.base.settings import Brand
from core.messaging.model import READ, UNKNOWN, WAITING, Notice
from core.messaging.templates import TEMPLATES
from core.messaging.words import words_of

KEPT_FOR = timedelta(days=30)
"""Older news helps nobody; vouchers and balances have screens of their own."""
MOST = 3
"""Shown in one talk: the person came for something else."""


@dataclass(frozen=True, slots=True)
class Unread:
    """text: the whole notice, in the language in which it was written."""

    notice_id: int
    text: str


def waiting_for(work: Work, subscriber_id: int, brand: Brand) -> Sequence[Unread]:
    """What the person should still be told, oldest first: what could not be delivered, and what nobody knows of."""
    found = work.session.scalars(
        select(Notice)
        .where(
            Notice.subscriber_id == subscriber_id,
            Notice.state.in_((WAITING, UNKNOWN)),
            Notice.created_at > work.now - KEPT_FOR,
            Notice.template.in_([name for name, form in TEMPLATES.items() if form.may_wait]),
        )
        .order_by(Notice.id)
        .limit(MOST)
    ).all()
    return [Unread(notice.id, words_of(work, notice, brand).text) for notice in found]


def note_read(work: Work, *, notice_id: int, subscriber_id: int, on: str) -> None:
    """The person has read it in a talk. on: the talk's channel. Another's notice, or one read before, stays."""
    notice = work.session.get(Notice, notice_id, with_for_update=True)
    if notice is None or notice.subscriber_id != subscriber_id or notice.state not in (WAITING, UNKNOWN):
        return
    notice.state, notice.channel, notice.last_error = READ, on, None
    notice.delivered_at = notice.read_at = work.now
