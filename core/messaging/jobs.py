"""The jobs of messaging, each of which may run twice, also at the same time."""

from typing import Protocol

from core.base.database import OpensWork
from core.base.errors import OutsideError, Unreachable
from core.base.ids import InboxId
from core.base.inbox import read
from core.messaging import bulk, outcome, reports
from core.messaging.carrier import SMS, SmsCarrier
from core.messaging.events import NoticeQueued
from core.messaging.marketing import stop_marketing
from core.messaging.send import Later, Means, claim


class MessagingDeps(OpensWork, Means, Protocol):
    """What messaging needs of the assembled program."""


def send_notice(deps: MessagingDeps, *, notice_id: int) -> None:
    """Hand one notice to a carrier. Raises Unreachable while there is reason to try again, or a way left."""
    with deps.work() as work:
        letter = claim(work, deps, notice_id=notice_id)
    if letter is None:
        return
    if isinstance(letter, Later):
        raise Unreachable(letter.why, retry_after_seconds=letter.seconds)
    try:
        sent = deps.carriers[letter.channel].send(letter.message)
    except OutsideError as error:
        with deps.work() as work:
            seconds = outcome.note_refusal(work, deps, letter=letter, error=error)
        if seconds is not None:
            raise Unreachable(str(error), retry_after_seconds=seconds) from error
        return
    with deps.work() as work:
        outcome.note_sent(work, deps, letter=letter, sent=sent)


def climb(deps: MessagingDeps, *, try_id: int) -> None:
    """A try had its time to be confirmed: where it was not, the notice goes the next way."""
    with deps.work() as work:
        notice_id = outcome.climb(work, try_id=try_id)
        if notice_id is not None:
            work.record(NoticeQueued(notice_id))


def send_batch(deps: MessagingDeps, *, batch_id: int) -> None:
    """Hand over the batch's next texts in one call; what is left waits for the next run."""
    carrier = texts(deps)
    with deps.work() as work:
        call = bulk.claim_call(work, deps, batch_id=batch_id)
    if call is None:
        return
    if isinstance(call, Later):
        raise Unreachable(call.why, retry_after_seconds=call.seconds)
    try:
        answers = carrier.send_many(call.text, list(call.tries))
    except OutsideError as error:
        with deps.work() as work:
            seconds = bulk.note_call_refused(work, call=call, error=error)
        if seconds is not None:
            raise Unreachable(str(error), retry_after_seconds=seconds) from error
        return
    with deps.work() as work:
        bulk.note_call(work, deps, call=call, answers=answers)


def note_report(deps: MessagingDeps, *, inbox_id: int) -> None:
    """Read a report of whichever channel. Raises NotReady where it came before our own call returned."""
    with deps.work() as work:
        entry, body = read(work, InboxId(inbox_id))
        channel = entry.door.split(".")[0]
        report = deps.carriers[channel].read_report(body)
        reports.note_report(work, inbox_id=inbox_id, channel=channel, report=report)


def note_opt_out(deps: MessagingDeps, *, inbox_id: int) -> None:
    """Stop marketing to a number, and nothing else (M4)."""
    with deps.work() as work:
        _, body = read(work, InboxId(inbox_id))
        stop_marketing(work, address=texts(deps).read_opt_out(body))


def texts(deps: MessagingDeps) -> SmsCarrier:
    """The carrier of SMS."""
    carrier = deps.carriers[SMS]
    assert isinstance(carrier, SmsCarrier)
    return carrier
