"""Queue a notice: in the transaction of what it tells about, once for each reason."""

import json
from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.email import Reached, name_of
from core.messaging.carrier import EMAIL, SMS
from core.messaging.consent import may_tell
from core.messaging.events import NoticeQueued
from core.messaging.model import Notice
from core.messaging.quiet import wait_for_day
from core.messaging.template import Template, Value, settle
from core.messaging.templates import TEMPLATES


def notify(
    work: Work,
    *,
    template: str,
    address: Reached,
    subscriber_id: int | None,
    language: str,
    values: Mapping[str, Value],
    dedupe_key: str,
    prefer: str | None = None,
    document: str | None = None,
) -> int | None:
    """Queue one notice; returns its id. None where this reason was told before, or is not wanted.

    address: the person's number; of a template for mail alone the mailbox.
    prefer: the channel on which the person began what this answers, which is tried first: "ussd", "whatsapp" and
    so on. document: what goes with it where its channel carries files (see send.Means.paper).
    Raises KeyError for an unknown template and ValueError where `values` are not the template's: bugs.
    """
    form = TEMPLATES[template]
    settled = settle(form, values, language)
    if not may_tell(work, form.purpose, subscriber_id):
        return None
    notice_id = work.next_id("notices")
    sealed = work.keyring.seal(json.dumps(settled), table="notices", column="values_sealed", row=notice_id)
    queued: int | None = work.session.scalar(
        insert(Notice)
        .values(
            id=notice_id,
            subscriber_id=subscriber_id,
            channel=EMAIL if form.mail_only else SMS,
            address=name_of(address),
            prefer=prefer,
            document=document,
            template=template,
            language=language,
            values_sealed=sealed,
            dedupe_key=dedupe_key,
            created_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(Notice.id)
    )
    if queued is None:
        return None
    work.record(NoticeQueued(queued), after=wait_for_day(work, form), order=lane(form, name_of(address)))
    return queued


def lane(form: Template, address: str) -> str:
    """In which order a person's notices go out: as they were queued. What we begin, which may have to wait for the
    morning, keeps nobody from an answer, and no earlier text that is tried again keeps back a code."""
    if form.sms_only:
        return f"notice:{address}:code"
    return f"notice:{address}:ours" if form.begun_by_us else f"notice:{address}"
