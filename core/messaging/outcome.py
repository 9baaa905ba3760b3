"""What a carrier answered: a message was taken, or it was not, and then which way comes next and when."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import OutcomeUnknown, OutsideError, Unreachable
from core.base.inbox import raise_incident
from core.messaging.carrier import SMS, AccountRefused, BlockedByPerson, Sent, WindowClosed
from core.messaging.events import ConfirmationDue
from core.messaging.marketing import stop_marketing
from core.messaging.model import (
    AWAY,
    CLOSED,
    FAILED,
    QUEUED,
    SENDING,
    SENT,
    UNKNOWN,
    Notice,
    NoticeTry,
)
from core.messaging.send import LONGEST_WAIT, Letter, Means
from core.messaging.templates import TEMPLATES
from core.messaging.tries import MAX_ERROR, locked, note_unknown, rest, tries_of
from core.messaging.ways import open_ways, patience, ways_of
from core.subscribers.chats import mark_off

PAUSES = (30, 120, 600, 1_800, 3_600)
"""Seconds before the second to the sixth try on one way: the usual hiccup passes at once, an outage is sat out for
100 minutes, and by then a person has dialled us anyway."""
PAUSE_AFTER_UNKNOWN = 60
NEXT_WAY_AFTER = 1


def note_sent(work: Work, means: Means, *, letter: Letter, sent: Sent) -> None:
    """The carrier has taken it: true however late it is noted, and whatever a quick report has said already."""
    notice, one = locked(work, notice_id=letter.message.notice_id, try_id=letter.try_id)
    one.carrier_message_id, one.parts = sent.message_id, sent.parts
    one.cost_cents = _cost(work, means, letter, sent)
    one.sent_at = work.now
    notice.cost_cents += one.cost_cents
    if one.state in (SENDING, UNKNOWN):
        one.state = SENT
    is_newest = one.number == notice.attempts
    if notice.state in (QUEUED, UNKNOWN) or (notice.state == SENDING and is_newest):
        notice.state, notice.claimed_until, notice.last_error = SENT, None, None
        notice.parts, notice.sent_at = sent.parts, work.now
        if letter.confirmed_within is not None and one.state == SENT:
            work.record(ConfirmationDue(one.id), after=letter.confirmed_within)


def _cost(work: Work, means: Means, letter: Letter, sent: Sent) -> int:
    if sent.cost_cents is not None:
        return sent.cost_cents
    carrier, is_open = means.carriers[letter.channel], letter.message.window_open
    return carrier.cost_cents(work, parts=sent.parts, window_open=is_open)


def note_refusal(work: Work, means: Means, *, letter: Letter, error: OutsideError) -> int | None:
    """The carrier did not take it, or nobody knows. Returns the seconds until the next try, None: no more."""
    notice, one = locked(work, notice_id=letter.message.notice_id, try_id=letter.try_id)
    if one.state != SENDING:
        return None  # this worker was thought dead, and another has taken the notice
    is_open = notice.state == SENDING
    tries = tries_of(work, notice)
    judge(work, notice, one, tries, error)
    if not is_open:
        return None  # it has arrived by another way meanwhile
    notice.state = UNKNOWN if notice.unknowns else QUEUED
    notice.claimed_until, notice.last_error = None, str(error)[:MAX_ERROR]
    return _onward(work, means, notice, one, tries)


def judge(
    work: Work, notice: Notice, one: NoticeTry, tries: Sequence[NoticeTry], error: OutsideError
) -> None:
    """What the error makes of its try."""
    one.error = str(error)[:MAX_ERROR]
    if isinstance(error, OutcomeUnknown):
        note_unknown(notice, one, str(error))
    elif isinstance(error, Unreachable | AccountRefused):
        if isinstance(error, AccountRefused):
            _tell_staff(work, one.channel, error)
        asked = error.retry_after_seconds if isinstance(error, Unreachable) else None
        one.state, one.again_at = AWAY, work.now + _pause_of(one, tries, asked)
    else:
        one.state = CLOSED if isinstance(error, WindowClosed) else FAILED
        if isinstance(error, BlockedByPerson):
            note_blocked(work, one)


def _pause_of(one: NoticeTry, tries: Sequence[NoticeTry], asked: int | None) -> timedelta:
    """How long an away carrier is left alone: longer each time, and as long as it asks for, within reason."""
    before = sum(
        each.again_at is not None and each.channel == one.channel for each in tries if each is not one
    )
    return timedelta(seconds=min(max(asked or 0, PAUSES[min(before, len(PAUSES) - 1)]), LONGEST_WAIT))


def _onward(
    work: Work, means: Means, notice: Notice, one: NoticeTry, tries: Sequence[NoticeTry]
) -> int | None:
    """Seconds until the way that comes next is tried; None, and the notice rests, where there is none."""
    form = TEMPLATES[notice.template]
    ways = ways_of(work, notice, tries, means.carriers, means.sms)
    ahead = open_ways(ways, tries, form, patience(work, form, ways))
    if not ahead:
        rest(notice, tries)
        return None
    if (ahead[0].channel, ahead[0].address, ahead[0].window_open) != (
        one.channel,
        one.address,
        one.window_open,
    ):
        return NEXT_WAY_AFTER
    if one.again_at is None:
        return PAUSE_AFTER_UNKNOWN
    return max(1, int((one.again_at - work.now).total_seconds()))


def climb(work: Work, *, try_id: int) -> int | None:
    """A try had its time to be confirmed. The notice's id where it was not: it is to be sent the next way."""
    notice_id = work.session.scalars(select(NoticeTry.notice_id).where(NoticeTry.id == try_id)).one()
    notice, one = locked(work, notice_id=notice_id, try_id=try_id)
    if one.state != SENT or notice.state != SENT or one.number != notice.attempts:
        return None
    notice.state, notice.last_error = QUEUED, "it was not confirmed in its time"
    return notice.id


def note_blocked(work: Work, one: NoticeTry) -> None:
    """The person has closed this way: texts for marketing, a chat for everything."""
    if one.channel == SMS:
        stop_marketing(work, address=one.address, wording="blocked at the network")
    else:
        mark_off(work, channel=one.channel, external_id=one.address)


def _tell_staff(work: Work, channel: str, error: AccountRefused) -> None:
    raise_incident(
        work,
        kind=f"{channel}.account",
        key=f"{channel}.account:{error.code}:{work.now:%Y-%m-%d}",
        detail=f"the carrier of {channel} refuses our account: {error}",
    )
