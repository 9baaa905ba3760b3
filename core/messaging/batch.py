"""One text to many people: queued by one statement, each with a notice of its own, a telephone never twice.

People with a chat are told there, one by one; only the others cost an SMS, and theirs go a hundred a call (bulk.py).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from core.base.database import Work
from core.base.dated import dated
from core.base.i18n import DEFAULT_LANGUAGE, LANGUAGES
from core.messaging.carrier import CHATS, SMS
from core.messaging.consent import willing_values
from core.messaging.events import BatchQueued, NoticeQueued
from core.messaging.model import NoticeBatch
from core.messaging.quiet import wait_for_day
from core.messaging.template import Template, Value, settle
from core.messaging.templates import TEMPLATES

# Whole sets, joined once each: a look-up a person would be slow where the planner does not know the tables yet.
_CHOSEN = """
    WITH person AS MATERIALIZED (SELECT DISTINCT id FROM unnest(CAST(:people AS bigint[])) AS one (id)),
    number AS MATERIALIZED (
        SELECT DISTINCT ON (a.subscriber_id) a.subscriber_id, a.external_id
        FROM person JOIN addresses a ON a.subscriber_id = person.id
        WHERE a.channel = 'msisdn' AND a.unlinked_at IS NULL
        ORDER BY a.subscriber_id, a.main_since DESC NULLS LAST, a.id
    ), chat AS MATERIALIZED (
        SELECT DISTINCT ON (a.subscriber_id) a.subscriber_id, a.channel
        FROM person JOIN addresses a ON a.subscriber_id = person.id
        WHERE a.channel = ANY(:chats) AND a.is_primary AND a.unlinked_at IS NULL AND a.off_at IS NULL
          AND coalesce(a.last_inbound_at, a.created_at) > :since
        ORDER BY a.subscriber_id, a.last_inbound_at DESC NULLS LAST
    ), said AS MATERIALIZED (
        SELECT DISTINCT ON (c.subscriber_id) c.subscriber_id, c.given_at IS NOT NULL AS given
        FROM person JOIN consents c ON c.subscriber_id = person.id AND c.purpose = :purpose
        ORDER BY c.subscriber_id, c.id DESC
    ), chosen AS (
        SELECT DISTINCT ON (number.external_id) s.id, number.external_id AS address,
            chat.channel IS NULL AS bulk, coalesce(chat.channel, :sms) AS channel,
            CASE WHEN s.language = ANY(:languages) THEN s.language ELSE :language END AS language
        FROM person JOIN subscribers s ON s.id = person.id JOIN number ON number.subscriber_id = s.id
        LEFT JOIN chat ON chat.subscriber_id = s.id LEFT JOIN said ON said.subscriber_id = s.id
        WHERE :answer OR coalesce(said.given, :by_default)
        ORDER BY number.external_id, s.id
    )
"""
_INSERT = """
    , queued AS (
        INSERT INTO notices (subscriber_id, batch_id, bulk, channel, address, template, language, dedupe_key,
                             created_at)
        SELECT id, :batch, bulk, channel, address, :template, language, :reason || ':' || id, :now
        FROM chosen ORDER BY address
        ON CONFLICT (dedupe_key) DO NOTHING
        RETURNING id, bulk
    )
    SELECT id, bulk FROM queued ORDER BY id
"""
_COUNT = "SELECT language, channel, count(*) AS people FROM chosen GROUP BY 1, 2 ORDER BY 1, 2"
_QUEUE, _REACH = text(_CHOSEN + _INSERT), text(_CHOSEN + _COUNT)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people a batch would tell in one language, and by which channel first."""

    language: str
    channel: str
    people: int


def queue_batch(
    work: Work, *, reason: str, template: str, values: Mapping[str, Value], people: Sequence[int]
) -> int:
    """Queue one text for these subscribers; how many of them will be told. One reason is told once.

    Left out: who has no number, and who does not want messages of the template's purpose. Raises KeyError for an
    unknown template and ValueError where `values` are not the template's: bugs.
    """
    form = TEMPLATES[template]
    settled = {language: settle(form, values, language) for language in LANGUAGES}
    batch_id = work.next_id("notice_batches")
    sealed = work.keyring.seal(
        json.dumps(settled), table="notice_batches", column="values_sealed", row=batch_id
    )
    batch = insert(NoticeBatch).values(
        id=batch_id, reason=reason, template=template, values_sealed=sealed, created_at=work.now
    )
    is_new = batch.on_conflict_do_nothing(index_elements=["reason"]).returning(NoticeBatch.id)
    if work.session.scalar(is_new) is None:
        return 0
    queued = work.session.execute(
        _QUEUE,
        {
            "batch": batch_id,
            "template": template,
            "reason": f"{reason}:{batch_id}",
            "now": work.now,
            **_chosen_values(work, form, people),
        },
    ).all()
    work.session.get_one(NoticeBatch, batch_id).people = len(queued)
    wait = wait_for_day(work, form)
    # One lane for the whole batch: an offer to thousands may take its time, and leaves the channels to answers.
    singly = [NoticeQueued(row.id) for row in queued if not row.bulk]
    work.record_all(singly, after=wait, order=f"batch:{batch_id}")
    if len(singly) < len(queued):
        work.record(BatchQueued(batch_id), after=wait, order=f"batch:{batch_id}")
    return len(queued)


def reach(work: Work, *, template: str, people: Sequence[int]) -> list[Reach]:
    """Whom `queue_batch` would tell as things stand, without telling anybody."""
    rows = work.session.execute(_REACH, _chosen_values(work, TEMPLATES[template], people))
    return [Reach(*row) for row in rows]


def _chosen_values(work: Work, form: Template, people: Sequence[int]) -> dict[str, Any]:
    (days,) = dated(work, "chat.lately_days")
    return {
        "people": list(people),
        "languages": list(LANGUAGES),
        "language": DEFAULT_LANGUAGE,
        "sms": SMS,
        "chats": list(CHATS),
        "since": work.now - timedelta(days=days),
        **willing_values(form.purpose),
    }
