"""What our database says of talks: which message began which purchase, and what was stored."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from bots.telegram.messages import read_update
from bots.whatsapp.messages import read_message
from core.conversation.channel import Act
from drill.books import Books
from drill.facts import Heard

DOORS = ("telegram", "whatsapp", "sms")
MOST_AGE = timedelta(minutes=10)


def heard(books: Books, past: int) -> list[Heard]:
    """The purchases after id `past`, each with what began it."""
    return [_heard(row) for row in books.rows(_HEARD, past=past)]


def stored(books: Books) -> dict[str, int]:
    """Messages in the inbox, by channel."""
    rows = books.rows(
        "SELECT door, count(*) AS n FROM inbox WHERE door = ANY(%(doors)s) GROUP BY door", doors=[*DOORS]
    )
    return {row.door: row.n for row in rows}


def unheard(books: Books) -> int:
    return int(books.rows(_UNHEARD)[0].n)


def last_purchase(books: Books) -> int:
    return int(books.rows("SELECT coalesce(max(id), 0) AS id FROM purchases")[0].id)


def _heard(row: Any) -> Heard:
    if row.inbox_id is None:
        return Heard(row.id, row.channel, row.session, 0)
    told = json.loads(bytes(row.body))
    data, at = "", datetime.fromtimestamp(told.get("at", 0), UTC)
    if row.door == "telegram":
        update = read_update(told["update"], at)
        said = update.said if update else None
    else:
        said = read_message(told) if row.door == "whatsapp" else None
    if said is not None:
        data, at = said.text if said.act is Act.TAPPED else "", said.at
    return Heard(row.id, row.channel, row.session, row.inbox_id, data, row.received_at - at > MOST_AGE)


_HEARD = """
    SELECT p.id, p.channel, p.session, i.id AS inbox_id, i.door, i.received_at, b.body
    FROM purchases p
    LEFT JOIN outbox o ON o.request_id = p.request_id AND o.event = 'MessageReceived'
    LEFT JOIN inbox i ON i.id = (o.payload->>'inbox_id')::bigint
    LEFT JOIN inbox_bodies b ON b.inbox_id = i.id AND b.received_at = i.received_at
    WHERE p.id > %(past)s AND p.channel = ANY('{ussd,telegram,whatsapp,sms}') ORDER BY p.id
"""
_UNHEARD = """
    SELECT count(*) AS n FROM deliveries d JOIN outbox o ON o.id = d.outbox_id
    WHERE o.event = 'MessageReceived' AND d.finished_at IS NULL
"""
