"""Mails that we begin, many at a time: one statement queues a page of them, each once for its reason."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.email import Email
from core.messaging.carrier import EMAIL
from core.messaging.events import NoticeQueued
from core.messaging.model import Notice
from core.messaging.quiet import wait_for_day
from core.messaging.template import Value, settle
from core.messaging.templates import TEMPLATES

_IDS = text("SELECT nextval('notices_id_seq') FROM generate_series(1, :many)")


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of a template for mail alone. document, dedupe_key: see core.messaging.notify."""

    mailbox: Email
    subscriber_id: int
    template: str
    language: str
    values: dict[str, Value]
    dedupe_key: str
    document: str


def queue_mails(work: Work, mails: Sequence[Mail], *, after: timedelta) -> int:
    """Queue mails about what people have; returns how many are new. after: beyond the night.

    Whoever calls has left out those who do not want such mail; each is asked once more when it goes out.
    """
    if not mails:
        return 0
    ids = work.session.scalars(_IDS, {"many": len(mails)}).all()
    rows = [_row(work, notice_id, mail) for notice_id, mail in zip(ids, mails, strict=True)]
    statement = insert(Notice).on_conflict_do_nothing(index_elements=["dedupe_key"]).returning(Notice.id)
    queued = work.session.scalars(statement, rows).all()
    wait = wait_for_day(work, TEMPLATES[mails[0].template])  # the same for all that we begin
    work.record_all([NoticeQueued(notice_id) for notice_id in queued], after=wait + after)
    return len(queued)


def _row(work: Work, notice_id: int, mail: Mail) -> dict[str, object]:
    settled = settle(TEMPLATES[mail.template], mail.values, mail.language)
    sealed = work.keyring.seal(json.dumps(settled), table="notices", column="values_sealed", row=notice_id)
    return {
        "id": notice_id,
        "subscriber_id": mail.subscriber_id,
        "channel": EMAIL,
        "address": mail.mailbox.address,
        "document": mail.document,
        "template": mail.template,
        "language": mail.language,
        "values_sealed": sealed,
        "dedupe_key": mail.dedupe_key,
        "created_at": work.now,
    }
