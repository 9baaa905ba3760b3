"""Events of many lines, left in the outbox by the statement that moves them: nothing passes through the program."""

from typing import Any

from core.base.database import Work
from core.base.events import Event

SAID = """
    said AS (
        INSERT INTO outbox (event, payload, request_id, recorded_at)
        SELECT name, jsonb_build_object('subscription_id', id), :request_id, CAST(:now AS timestamptz) FROM event
        RETURNING id, event
    ), delivered AS (
        INSERT INTO deliveries (outbox_id, listener, queue, available_at)
        SELECT said.id, route.listener, route.queue, CAST(:now AS timestamptz)
        FROM said JOIN unnest(CAST(:events AS text[]), CAST(:listeners AS text[]), CAST(:queues AS text[]))
            AS route (event, listener, queue) ON route.event = said.event
    )
"""
"""Parts of a WITH that leave what the part `event` (name, id of a line) before them says, with a delivery for each
listener. Its values are those of `said_by`, and :now."""


def each(event: type[Event], lines: str) -> str:
    """A SELECT for the part `event`: one of this kind for each row of the part `lines`."""
    return f"SELECT '{event.__name__}' AS name, id FROM {lines}"  # noqa: S608


def said_by(work: Work, *events: type[Event]) -> dict[str, Any]:
    """Who listens to these events, as SAID names it."""
    routes = [(event.__name__, route) for event in events for route in work.routes(event)]
    return {
        "request_id": work.request_id,
        "events": [name for name, _ in routes],
        "listeners": [route.listener for _, route in routes],
        "queues": [route.queue for _, route in routes],
    }
