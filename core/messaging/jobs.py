"""The jobs of messaging, each of which may run twice, also at the same time."""

from typing import Protocol

from core.base.database import OpensWork
from core.base.errors import OutsideError, Unreachable
from core.base.ids import InboxId
from core.base.inbox import read
from core.base.settings import Brand
from core.messaging import reports
from core.messaging.carrier import Carrier
from core.messaging.marketing import stop_marketing
from core.messaging.send import Later, claim, note_refusal, note_sent
from core.messaging.settings import SmsSettings


class MessagingDeps(OpensWork, Protocol):
    """What messaging needs of the assembled program."""

    @property
    def carrier(self) -> Carrier: ...
    @property
    def brand(self) -> Brand: ...
    @property
    def sms(self) -> SmsSettings: ...


def send_notice(deps: MessagingDeps, *, notice_id: int) -> None:
    """Hand one notice to the carrier. Raises Unreachable while there is reason to try again."""
    with deps.work() as work:
        letter = claim(work, notice_id=notice_id, brand=deps.brand, sms=deps.sms)
    if letter is None:
        return
    if isinstance(letter, Later):
        raise Unreachable(letter.why, retry_after_seconds=letter.seconds)
    try:
        sent = deps.carrier.send(letter.address, letter.text, notice_id=notice_id)
    except OutsideError as error:
        with deps.work() as work:
            seconds = note_refusal(work, letter=letter, error=error)
        if seconds is not None:
            raise Unreachable(str(error), retry_after_seconds=seconds) from error
        return
    with deps.work() as work:
        note_sent(work, letter=letter, sent=sent)


def note_report(deps: MessagingDeps, *, inbox_id: int) -> None:
    """Read a delivery report. Raises NotReady where it came before our own call returned."""
    with deps.work() as work:
        _, body = read(work, InboxId(inbox_id))
        reports.note_report(work, inbox_id=inbox_id, report=deps.carrier.read_report(body))


def note_opt_out(deps: MessagingDeps, *, inbox_id: int) -> None:
    """Stop marketing to a number, and nothing else (M4)."""
    with deps.work() as work:
        _, body = read(work, InboxId(inbox_id))
        stop_marketing(work, address=deps.carrier.read_opt_out(body))
