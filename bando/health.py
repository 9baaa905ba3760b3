"""What the house says of itself: alive, ready, counted. And, in trial mode, whether it is idle."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bando.compose import Program
from bando.migrate import is_current
from core.base.callers import is_listed
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.base.secrets import same_secret
from core.switchboard import CLOCK
from core.worker.queues import QUEUES, queue
from core.worker.ticker import all_claimed, next_daily

LOOPBACK = "127.0.0.0/8"

_COUNTS = text(
    """
    WITH due AS (  -- not what waits behind an earlier one of its order, which may be tried again in an hour
        SELECT available_at FROM deliveries d
        WHERE finished_at IS NULL AND given_up_at IS NULL AND available_at <= :now
          AND (ordering_key IS NULL OR NOT EXISTS (
                SELECT 1 FROM deliveries e
                WHERE e.ordering_key = d.ordering_key AND e.listener = d.listener AND e.id < d.id
                  AND e.finished_at IS NULL AND e.given_up_at IS NULL))
    )
    SELECT
        (SELECT count(*) FROM deliveries WHERE finished_at IS NULL AND given_up_at IS NULL) AS open,
        (SELECT count(*) FROM due) AS due,
        (SELECT count(*) FROM deliveries WHERE given_up_at IS NOT NULL) AS given_up,
        (SELECT coalesce(extract(epoch FROM :now - min(available_at)), 0)::bigint FROM due) AS oldest_seconds,
        (SELECT count(*) FROM incidents WHERE closed_at IS NULL) AS incidents,
        (SELECT count(*) FROM collections WHERE state = 'unknown') AS payments_unknown,
        (SELECT count(*) FROM suspense WHERE resolved_at IS NULL) AS suspense,
        (SELECT count(*) FROM notices WHERE state IN ('failed', 'waiting')) AS notices_failed,
        (SELECT count(*) FROM routers WHERE away_since IS NOT NULL) AS routers_away
    """
)
_JOURNEY = text(
    """
    SELECT o.event, o.recorded_at, p.id AS purchase_id
    FROM purchases p JOIN outbox o ON o.request_id = p.request_id
    WHERE p.buyer_id = (SELECT subscriber_id FROM addresses
                        WHERE channel = 'msisdn' AND external_id = :number AND is_primary)
      AND p.id = (SELECT max(id) FROM purchases WHERE buyer_id = p.buyer_id)
    ORDER BY o.id LIMIT 100
    """
)


def routes(program: Program) -> APIRouter:
    """/health, /metrics and, in trial mode, /trial."""
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    def live() -> dict[str, str]:
        return {"status": "alive"}

    @router.get("/health/ready")
    def ready(request: Request) -> Response:
        missing = what_is_missing(program)
        body: dict[str, Any] = {"status": "not ready" if missing else "ready"}
        if may_see_detail(program, request):
            body["missing"] = missing
        return JSONResponse(body, status_code=503 if missing else 200)

    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        if not may_see_detail(program, request):
            raise HTTPException(404)
        return Response(count(program), media_type=CONTENT_TYPE_LATEST)

    if not program.settings.shared.live:
        _add_trial(router, program)
    return router


def _add_trial(router: APIRouter, program: Program) -> None:
    @router.get("/trial/idle")
    def idle() -> dict[str, Any]:
        with program.work() as work:
            due = work.session.execute(_COUNTS, {"now": work.now}).one().due
            claimed = all_claimed(work, CLOCK)
            stop = next_daily(CLOCK, work.now)
            return {
                "idle": due == 0 and claimed,
                "now": work.now.isoformat(),
                "next_stop": stop.isoformat() if stop else None,
                "due": due,
                "clock_claimed": claimed,
            }

    @router.get("/trial/journey/{msisdn}")
    def journey(msisdn: str) -> dict[str, Any]:
        try:
            number = Msisdn.parse(msisdn)
        except NotAPhoneNumber:
            raise HTTPException(404) from None
        with program.work() as work:
            rows = work.session.execute(_JOURNEY, {"number": number.digits}).all()
        steps = [{"at": row.recorded_at.isoformat(), "what": row.event} for row in rows]
        return {"purchase": rows[0].purchase_id if rows else None, "steps": steps}


def what_is_missing(program: Program) -> list[str]:
    """What keeps us from serving, in plain words. Empty: ready."""
    checks: dict[str, Callable[[], bool]] = {
        "Valkey does not answer": lambda: bool(program.redis.ping()),
        "the database has another schema: run `bando migrate`": lambda: _schema_is_ours(program),
    }
    missing = []
    for problem, is_well in checks.items():
        try:
            if not is_well():
                missing.append(problem)
        except DBAPIError:
            missing.append("the database does not answer")
        except (RedisError, OSError):
            missing.append("Valkey does not answer")
    return missing


def _schema_is_ours(program: Program) -> bool:
    with program.database.engine.connect() as connection:
        return is_current(connection)


def may_see_detail(program: Program, request: Request) -> bool:
    """Loopback, or the token (M52)."""
    import ipaddress

    token = program.settings.shared.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and given and same_secret(given, [token]):
        return True
    peer = request.client.host if request.client else ""
    forwarded = "x-forwarded-for" in request.headers
    return not forwarded and is_listed(
        peer, [ipaddress.ip_network(LOOPBACK), ipaddress.ip_network("::1/128")]
    )


def count(program: Program) -> bytes:
    """The figures, counted now, in Prometheus' text form. No label names a person, a path or a secret."""
    registry = CollectorRegistry()
    with program.work() as work:
        row = work.session.execute(_COUNTS, {"now": work.now}).one()
    names = {
        "open": "deliveries that are not finished",
        "due": "deliveries that should be under way",
        "given_up": "deliveries that were given up and need a person",
        "oldest_seconds": "age of the oldest due delivery",
        "incidents": "incidents that nobody has closed",
        "payments_unknown": "payments whose outcome is not known",
        "suspense": "receipts whose owner is not known",
        "notices_failed": "messages that found no way to the person",
        "routers_away": "routers that do not answer",
    }
    for name, help_text in names.items():
        Gauge(f"bando_{name}", help_text, registry=registry).set(getattr(row, name))
    waiting = Gauge("bando_queue_length", "jobs waiting in a queue", ["queue"], registry=registry)
    for name in QUEUES:
        try:
            waiting.labels(name).set(queue(name, program.redis).count)
        except RedisError:
            waiting.labels(name).set(float("nan"))
    return generate_latest(registry)
