"""Queue a notice: in the transaction of what it tells about, once for each reason."""

import json
from collections.abc import Mapping

from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.messaging.events import NoticeQueued
from core.messaging.marketing import has_stopped_marketing
from core.messaging.model import Notice
from core.messaging.template import Value, settle
from core.messaging.templates import TEMPLATES

SMS = "sms"


def notify(
    work: Work,
    *,
    template: str,
    address: Msisdn,
    subscriber_id: int | None,
    language: str,
    values: Mapping[str, Value],
    dedupe_key: str,
) -> int | None:
    """Queue one SMS; returns the notice's id. None where this reason was told before, or is not wanted.

    Raises KeyError for an unknown template and ValueError where `values` are not the template's: bugs.
    """
    form = TEMPLATES[template]
    settled = settle(form, values, language)
    if form.marketing and has_stopped_marketing(work, address=address.digits):
        return None
    notice_id = work.next_id("notices")
    sealed = work.keyring.seal(json.dumps(settled), table="notices", column="values_sealed", row=notice_id)
    queued: int | None = work.session.scalar(
        insert(Notice)
        .values(
            id=notice_id,
            subscriber_id=subscriber_id,
            channel=SMS,
            address=address.digits,
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
    work.record(NoticeQueued(queued))
    return queued
