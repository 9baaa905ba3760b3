"""What the carrier tells afterwards: became of a text, wants no marketing.

A report is a claim (M4): it moves only a notice whose message id and number both match, and whether a voucher
has arrived is known by its use or by a look at it, never by a report alone.
"""

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import NotReady
from core.base.ids import InboxId
from core.base.inbox import keep_evidence, read
from core.messaging.carrier import Fate, Report
from core.messaging.marketing import stop_marketing
from core.messaging.model import DELIVERED, FAILED, SENDING, SENT, Notice

DOOR = "sms.delivery"


def note_report(work: Work, *, inbox_id: int, report: Report) -> None:
    """Move the notice that the report is about. Raises NotReady where our own send may not be recorded."""
    notice = work.session.scalars(
        select(Notice).where(Notice.carrier_message_id == report.message_id).with_for_update()
    ).first()
    if notice is None and _is_being_sent_to(work, report.address):
        raise NotReady("a text to this number is being handed over: its message id is not known yet")
    if notice is None or notice.address != report.address:
        entry, body = read(work, InboxId(inbox_id))
        why = "a report about no message of ours" if notice is None else "a report with another's number"
        keep_evidence(work, door=DOOR, reason=why, source=entry.source, body=body)
        return
    _move(work, notice, report)


def _move(work: Work, notice: Notice, report: Report) -> None:
    """The telephone's own word (delivered) stands for ever; a failure gives way to it alone."""
    if report.fate is Fate.DELIVERED and notice.state in (SENT, FAILED):
        notice.state, notice.delivered_at, notice.last_error = DELIVERED, work.now, None
    elif report.fate in (Fate.FAILED, Fate.BLOCKED) and notice.state == SENT:
        notice.state, notice.last_error = FAILED, report.said
        if report.fate is Fate.BLOCKED:
            stop_marketing(work, address=notice.address)


def _is_being_sent_to(work: Work, address: str) -> bool:
    """Bounded by the claim's lease, so that a forged report is not tried again for ever."""
    found = work.session.scalar(
        select(Notice.id)
        .where(Notice.address == address, Notice.state == SENDING, Notice.claimed_until > work.now)
        .limit(1)
    )
    return found is not None
