"""One notice on its way out: claim it, hand it to the carrier outside of any transaction, record the answer.

An unknown outcome (the carrier did not answer, or the worker died between claim and record) is tried once
more for what a person asked or paid for: a rare duplicate is better than silence. Marketing never is.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from core.base.database import Work
from core.base.errors import NotReady, OutcomeUnknown, OutsideError, Unreachable
from core.base.gsm7 import segments
from core.base.inbox import raise_incident
from core.base.log import logger
from core.base.settings import Brand
from core.messaging.budget import seconds_to_next_day, spend
from core.messaging.carrier import AccountRefused, BlockedByPerson, Sent
from core.messaging.marketing import has_stopped_marketing, stop_marketing
from core.messaging.model import DELIVERED, FAILED, QUEUED, SENDING, SENT, UNKNOWN, Notice
from core.messaging.settings import SmsSettings
from core.messaging.template import compose
from core.messaging.templates import TEMPLATES

LEASE = timedelta(seconds=90)
"""A claim older than this belongs to a worker that died: a carrier's adapter gives up within 70 seconds."""
TRIES = 6
PAUSES = (30, 120, 600, 1_800, 3_600)
"""Seconds before the second to the sixth try: the usual hiccup passes at once, an outage is sat out for 100
minutes, and by then a person has dialled us anyway."""
PAUSE_AFTER_UNKNOWN = 60
LONGEST_WAIT = 3_600
"""Seconds, whatever a carrier asks for; and staff may raise the day's budget before midnight."""
MAX_ERROR = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed notice, ready for the carrier. attempt: which try this is; a later one outdates it."""

    notice_id: int
    attempt: int
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not now: the notice stays queued."""

    why: str
    seconds: int


def claim(work: Work, *, notice_id: int, brand: Brand, sms: SmsSettings) -> Letter | Later | None:
    """Take the notice for this worker. None: nothing is left to do. Raises NotReady while another has it."""
    notice = work.session.get_one(Notice, notice_id, with_for_update=True)
    if notice.state == SENDING:
        if notice.claimed_until is not None and notice.claimed_until > work.now:
            raise NotReady("another worker is sending this notice")
        _note_unknown(notice, "the worker that was sending it died")
    if notice.state not in (QUEUED, UNKNOWN) or not _may_try(notice):
        return None
    if not sms.allows(notice.address):
        _fail(notice, "numbers that begin like this are not in BANDO_SMS_PREFIXES")
        return None
    if TEMPLATES[notice.template].marketing and has_stopped_marketing(work, address=notice.address):
        _fail(notice, "this number wants no marketing")
        return None
    text = _text_of(work, notice, brand)
    parts = segments(text).parts
    if not spend(work, parts=parts):
        wait = min(seconds_to_next_day(work), LONGEST_WAIT)
        return Later("the day's budget of SMS is spent", wait)
    notice.state, notice.claimed_until = SENDING, work.now + LEASE
    notice.attempts, notice.parts = notice.attempts + 1, parts
    if parts > 1:
        logger("messaging").warning("long_text", notice=notice.id, template=notice.template, parts=parts)
    return Letter(notice.id, notice.attempts, notice.address, text)


def note_sent(work: Work, *, letter: Letter, sent: Sent) -> None:
    """The carrier has taken it: true however late it is noted."""
    notice = work.session.get_one(Notice, letter.notice_id, with_for_update=True)
    if notice.state in (SENT, DELIVERED):
        return  # this worker was thought dead, and another has sent the notice again
    notice.state, notice.claimed_until, notice.last_error = SENT, None, None
    notice.carrier_message_id, notice.parts, notice.cost = sent.message_id, sent.parts, sent.cost
    notice.sent_at = work.now


def note_refusal(work: Work, *, letter: Letter, error: OutsideError) -> int | None:
    """The carrier did not take it, or nobody knows. Returns the seconds until the next try, None: no more."""
    notice = work.session.get_one(Notice, letter.notice_id, with_for_update=True)
    if notice.state != SENDING or notice.attempts != letter.attempt:
        return None  # this worker was thought dead, and another has taken the notice
    if isinstance(error, OutcomeUnknown):
        _note_unknown(notice, str(error))
        return PAUSE_AFTER_UNKNOWN if _may_try(notice) else None
    if isinstance(error, AccountRefused):
        _tell_staff(work, error)
    elif not isinstance(error, Unreachable):
        if isinstance(error, BlockedByPerson):
            stop_marketing(work, address=notice.address)
        _fail(notice, str(error))
        return None
    # Nothing was sent this time; what an earlier try did may still be unknown.
    notice.state = UNKNOWN if notice.unknowns else QUEUED
    notice.claimed_until, notice.last_error = None, str(error)[:MAX_ERROR]
    if notice.attempts >= TRIES:
        if not notice.unknowns:
            _fail(notice, str(error))
        return None
    asked = error.retry_after_seconds if isinstance(error, Unreachable) else None
    return min(max(asked or 0, PAUSES[notice.attempts - 1]), LONGEST_WAIT)


def _may_try(notice: Notice) -> bool:
    unknowns_allowed = 0 if TEMPLATES[notice.template].marketing else 1
    return notice.attempts < TRIES and notice.unknowns <= unknowns_allowed


def _note_unknown(notice: Notice, why: str) -> None:
    notice.state, notice.claimed_until = UNKNOWN, None
    notice.unknowns, notice.last_error = notice.unknowns + 1, why[:MAX_ERROR]
    logger("messaging").warning("notice_unknown", notice=notice.id, times=notice.unknowns, why=why)


def _fail(notice: Notice, why: str) -> None:
    notice.state, notice.claimed_until, notice.last_error = FAILED, None, why[:MAX_ERROR]
    logger("messaging").warning("notice_failed", notice=notice.id, template=notice.template, why=why)


def _tell_staff(work: Work, error: AccountRefused) -> None:
    raise_incident(
        work,
        kind="sms.account",
        key=f"sms.account:{error.code}:{work.now:%Y-%m-%d}",
        detail=f"the SMS carrier refuses our account: {error}",
    )


def _text_of(work: Work, notice: Notice, brand: Brand) -> str:
    values = json.loads(
        work.keyring.unseal(notice.values_sealed, table="notices", column="values_sealed", row=notice.id)
    )
    return compose(TEMPLATES[notice.template], values, brand, notice.language)
