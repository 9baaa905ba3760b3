"""What a carrier tells afterwards: arrived, read, failed, wants no marketing.

A report is a claim (M4): it moves only a try whose message id and address both match, and whether a voucher has
arrived is known by its use or by a look at it, never by a report alone. States move by rank: sent, delivered, read;
a failure gives way to the telephone's own word, whenever that comes.
"""

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import NotReady
from core.base.ids import InboxId
from core.base.inbox import keep_evidence, read
from core.messaging.carrier import Fate, Report
from core.messaging.events import NoticeQueued
from core.messaging.model import (
    DELIVERED,
    FAILED,
    QUEUED,
    READ,
    SENDING,
    SENT,
    UNKNOWN,
    Notice,
    NoticeTry,
)
from core.messaging.outcome import note_blocked
from core.messaging.tries import MAX_ERROR, locked

ARRIVED = {Fate.DELIVERED: DELIVERED, Fate.READ: READ}
RANK = {DELIVERED: 1, READ: 2}
"""Of the states that stand for ever; all others have none."""


def note_report(work: Work, *, inbox_id: int, channel: str, report: Report) -> None:
    """Move what the report is about. Raises NotReady where our own send may not be recorded yet."""
    named = _try_named(work, channel, report)
    if named is None and _is_being_sent(work, channel, report):
        raise NotReady("a message to this address is being handed over: its id is not known yet")
    if named is None or named.address not in (report.address, report.also):
        entry, body = read(work, InboxId(inbox_id))
        why = "a report about no message of ours" if named is None else "a report with another's address"
        keep_evidence(work, door=entry.door, reason=why, source=entry.source, body=body)
        return
    notice, one = locked(work, notice_id=named.notice_id, try_id=named.id)
    if one.carrier_message_id is None and report.fate is not Fate.UNDER_WAY:
        one.carrier_message_id = report.message_id
    if report.fate in ARRIVED:
        _arrive(work, notice, one, ARRIVED[report.fate])
    elif report.fate in (Fate.FAILED, Fate.BLOCKED) and one.state in (SENT, UNKNOWN):
        _fail(work, notice, one, report)


def _arrive(work: Work, notice: Notice, one: NoticeTry, state: str) -> None:
    if RANK[state] > RANK.get(one.state, 0):
        one.state, one.error = state, None
        one.confirmed_at = one.confirmed_at or work.now
    if RANK[state] > RANK.get(notice.state, 0):
        notice.state, notice.last_error, notice.claimed_until = state, None, None
        notice.delivered_at = notice.delivered_at or work.now
        if state == READ:
            notice.read_at = work.now


def _fail(work: Work, notice: Notice, one: NoticeTry, report: Report) -> None:
    """It did not arrive this way. The next one is taken, if nothing else is under way."""
    is_newest = one.number == notice.attempts and notice.state in (SENT, UNKNOWN)
    one.state, one.error = FAILED, report.said[:MAX_ERROR]
    if report.fate is Fate.BLOCKED:
        note_blocked(work, one)
    if is_newest:
        notice.state, notice.last_error = QUEUED, report.said[:MAX_ERROR]
        work.record(NoticeQueued(notice.id))


def _try_named(work: Work, channel: str, report: Report) -> NoticeTry | None:
    """The try of this message id; or, where the channel gives our own word back, the one whose id we never heard."""
    by_id = select(NoticeTry).where(
        NoticeTry.channel == channel, NoticeTry.carrier_message_id == report.message_id
    )
    found = work.session.scalars(by_id).first()
    if found is not None or report.notice_id is None:
        return found
    return work.session.scalars(
        select(NoticeTry)
        .where(
            NoticeTry.notice_id == report.notice_id,
            NoticeTry.channel == channel,
            NoticeTry.carrier_message_id.is_(None),
            NoticeTry.state.in_((SENDING, UNKNOWN)),
        )
        .order_by(NoticeTry.number.desc())
        .limit(1)
    ).first()


def _is_being_sent(work: Work, channel: str, report: Report) -> bool:
    """Bounded by the claim's lease, so that a forged report is not tried again for ever."""
    found = work.session.scalar(
        select(NoticeTry.id)
        .join(Notice, Notice.id == NoticeTry.notice_id)
        .where(
            NoticeTry.channel == channel,
            NoticeTry.address.in_((report.address, report.also or report.address)),
            NoticeTry.state == SENDING,
            Notice.claimed_until > work.now,
        )
        .limit(1)
    )
    return found is not None
