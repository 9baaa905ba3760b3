"""One notice on its way out: claim it, hand it to a carrier outside of any transaction, record the answer.

Each handing over is a try, and the tries alone say which way comes next (ways.py), so that a job that runs twice, or
a worker that dies, changes nothing but a try: one that died between claim and record has an unknown outcome.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from core.base.database import Work
from core.base.errors import NotReady
from core.base.gsm7 import segments
from core.base.log import logger
from core.base.settings import Brand
from core.messaging.budget import seconds_to_next_day, spend
from core.messaging.carrier import CHATS, SMS, Carrier, Document, Message
from core.messaging.consent import may_tell
from core.messaging.model import FAILED, QUEUED, SENDING, SENT, UNKNOWN, Notice, NoticeTry
from core.messaging.quiet import wait_for_day
from core.messaging.settings import SmsSettings
from core.messaging.template import Template
from core.messaging.templates import TEMPLATES
from core.messaging.tries import MAX_ERROR, note_unknown, rest, tries_of
from core.messaging.ways import Way, confirmed_within, open_ways, patience, ways_of
from core.messaging.words import words_of

LEASE = timedelta(seconds=90)
"""A claim older than this belongs to a worker that died: a carrier's adapter gives up within 70 seconds."""
LONGEST_WAIT = 3_600
"""Seconds: staff may raise the day's budget before midnight."""


class Means(Protocol):
    """What the ladder is made of."""

    @property
    def carriers(self) -> Mapping[str, Carrier]: ...
    @property
    def brand(self) -> Brand: ...
    @property
    def sms(self) -> SmsSettings: ...
    def paper(self, work: Work, document: str, *, subscriber_id: int, language: str) -> Document | None:
        """The file that a notice names, if it is that person's."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed notice, ready for its carrier. confirmed_within: else the next way is taken; None: it is not."""

    try_id: int
    channel: str
    message: Message
    confirmed_within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: the notice stays queued."""

    why: str
    seconds: int


def claim(work: Work, means: Means, *, notice_id: int) -> Letter | Later | None:
    """Take the notice for this worker. None: nothing is left to do. Raises NotReady while another has it."""
    notice = work.session.get_one(Notice, notice_id, with_for_update=True)
    tries = tries_of(work, notice)
    if notice.state == SENDING:
        if notice.claimed_until is not None and notice.claimed_until > work.now:
            raise NotReady("another worker is sending this notice")
        note_unknown(notice, tries[-1], "the worker that was sending it died")
    if notice.state not in (QUEUED, UNKNOWN):
        return None
    form = TEMPLATES[notice.template]
    if not may_tell(work, form.purpose, notice.subscriber_id):
        _fail(notice, "the person does not want such messages")
        return None
    wait = wait_for_day(work, form)
    if wait:
        return Later("it is night", max(1, int(wait.total_seconds())))
    return _take(work, means, notice, form, tries)


def _take(
    work: Work, means: Means, notice: Notice, form: Template, tries: Sequence[NoticeTry]
) -> Letter | Later | None:
    words = words_of(work, notice, means.brand)
    parts = segments(words.text).parts
    notice.parts = parts
    ways = ways_of(work, notice, tries, means.carriers, means.sms)
    ahead = open_ways(ways, tries, form, patience(work, form, ways))
    if not ahead:
        rest(notice, tries)
        return None
    way = ahead[0]
    carrier, sms_parts = means.carriers[way.channel], parts if way.channel == SMS else 0
    cents = carrier.cost_cents(work, parts=parts, window_open=way.window_open)
    if refused := spend(work, purpose=form.purpose, parts=sms_parts, cents=cents):
        return Later(refused, min(seconds_to_next_day(work), LONGEST_WAIT))
    if parts > 1:
        logger("messaging").warning("long_text", notice=notice.id, template=notice.template, parts=parts)
    if way.channel in CHATS:
        words = words_of(work, notice, means.brand, in_chat=True)
    message = Message(
        notice_id=notice.id,
        address=way.address,
        text=words.text,
        template=notice.template,
        language=notice.language,
        values=words.values,
        window_open=way.window_open,
        documents=_documents(work, means, notice) if way.channel != SMS else (),
    )
    try_id = begin_try(work, notice, way, tries)
    return Letter(try_id, way.channel, message, confirmed_within(work, form, ahead))


def _documents(work: Work, means: Means, notice: Notice) -> tuple[Document, ...]:
    if notice.document is None or notice.subscriber_id is None:
        return ()
    who, language = notice.subscriber_id, notice.language
    paper = means.paper(work, notice.document, subscriber_id=who, language=language)
    return (paper,) if paper is not None else ()


def begin_try(work: Work, notice: Notice, way: Way, tries: Sequence[NoticeTry]) -> int:
    """Note that a worker hands the notice over now. Returns the try's id."""
    notice.state, notice.claimed_until = SENDING, work.now + LEASE
    notice.attempts, notice.channel = notice.attempts + 1, way.channel
    begun = NoticeTry(
        notice_id=notice.id,
        number=notice.attempts,
        channel=way.channel,
        address=way.address,
        window_open=way.window_open,
        again=any(each.state in (SENT, UNKNOWN) for each in tries),
        state=SENDING,
        parts=notice.parts,
        begun_at=work.now,
    )
    work.session.add(begun)
    work.session.flush()
    return begun.id


def _fail(notice: Notice, why: str) -> None:
    notice.state, notice.claimed_until, notice.last_error = FAILED, None, why[:MAX_ERROR]
    logger("messaging").warning("notice_failed", notice=notice.id, template=notice.template, why=why)
