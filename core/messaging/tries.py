"""A notice's tries, and what their outcomes make of the notice. For whoever holds the notice's row."""

from collections.abc import Sequence

from sqlalchemy import select

from core.base.database import Work
from core.base.log import logger
from core.messaging.model import (
    DELIVERED,
    FAILED,
    READ,
    SENDING,
    SENT,
    UNKNOWN,
    WAITING,
    Notice,
    NoticeTry,
)
from core.messaging.templates import TEMPLATES

MAX_ERROR = 200


def locked(work: Work, *, notice_id: int, try_id: int) -> tuple[Notice, NoticeTry]:
    """The notice, locked, and one of its tries as it stands under that lock."""
    notice = work.session.get_one(Notice, notice_id, with_for_update=True)
    return notice, work.session.get_one(NoticeTry, try_id, populate_existing=True)


def tries_of(work: Work, notice: Notice) -> list[NoticeTry]:
    """The tries so far, oldest first."""
    if not notice.attempts:
        return []
    return list(
        work.session.scalars(
            select(NoticeTry).where(NoticeTry.notice_id == notice.id).order_by(NoticeTry.number)
        )
    )


def note_unknown(notice: Notice, one: NoticeTry, why: str) -> None:
    """Nobody knows what became of this try; the notice may have arrived by another meanwhile."""
    one.state, one.error = UNKNOWN, why[:MAX_ERROR]
    notice.unknowns, notice.last_error = notice.unknowns + 1, why[:MAX_ERROR]
    if notice.state == SENDING:
        notice.state, notice.claimed_until = UNKNOWN, None
    logger("messaging").warning(
        "notice_unknown", notice=notice.id, channel=one.channel, times=notice.unknowns, why=why
    )


def rest(notice: Notice, tries: Sequence[NoticeTry]) -> None:
    """No way is left: what was taken is as good as it gets, what nobody knows stays so, the rest waits to be read."""
    notice.claimed_until = None
    if any(each.state in (DELIVERED, READ) for each in tries):
        notice.state = DELIVERED
    elif tries and tries[-1].state == SENT:
        notice.state = SENT
    elif notice.unknowns:
        notice.state = UNKNOWN
    else:
        notice.state = WAITING if TEMPLATES[notice.template].may_wait else FAILED
        notice.last_error = notice.last_error or "there is no way to this person"
    logger("messaging").warning(
        "ladder_ended", notice=notice.id, template=notice.template, state=notice.state, why=notice.last_error
    )
