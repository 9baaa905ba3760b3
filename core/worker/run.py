"""Run one delivery: lease it, call its listener, finish it; or put it back, with a reason, for later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from core.base.database import OpensWork, Work
from core.base.errors import NotReady, Unreachable
from core.base.inbox import raise_incident
from core.base.log import following, logger
from core.worker.queues import JOB_TIMEOUT_SECONDS

LEASE = timedelta(seconds=JOB_TIMEOUT_SECONDS + 10)
MAX_ERROR_CHARACTERS = 500

Listener = Callable[..., None]

# Neither of the two waits for the disk: a lease or an end that a crash of the database undoes makes the job run
# again, which every job bears.
# The relay pushes before it commits: a worker that is faster waits for its row here, as for another worker's, and
# then judges the row that it has waited for.
_LEASE = """
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    ours AS MATERIALIZED (SELECT deliveries.* FROM deliveries, unhurried WHERE id = %(id)s FOR UPDATE OF deliveries),
    leased AS (
        UPDATE deliveries d SET leased_until = %(until)s, attempts = d.attempts + 1
        FROM ours
        WHERE d.id = ours.id AND ours.dispatched_at IS NOT NULL
          AND ours.finished_at IS NULL AND ours.given_up_at IS NULL
          AND (ours.leased_until IS NULL OR ours.leased_until <= %(now)s)
        RETURNING d.id, d.outbox_id, d.listener, d.attempts
    )
    SELECT leased.id, listener, attempts, event, payload, request_id
    FROM leased JOIN outbox o ON o.id = leased.outbox_id
"""
_FINISH = """
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE deliveries SET finished_at = %(now)s, leased_until = NULL, last_error = NULL
    FROM unhurried WHERE id = %(id)s RETURNING id
"""
_AGAIN = text(
    """
    UPDATE deliveries SET leased_until = NULL, dispatched_at = NULL, available_at = :available_at,
        last_error = :error WHERE id = :id
    """
)
_GIVE_UP = text(
    "UPDATE deliveries SET leased_until = NULL, given_up_at = :now, last_error = :error WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that is ours to run."""

    id: int
    listener: str
    attempts: int
    event: str
    payload: dict[str, Any]
    request_id: str


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a kind of trouble is tried again, and how long apart."""

    attempts: int
    first_seconds: int
    longest_seconds: int

    def wait(self, attempts: int) -> timedelta:
        return timedelta(seconds=min(self.longest_seconds, self.first_seconds * 2 ** min(attempts - 1, 20)))


OUTSIDE = Patience(attempts=150, first_seconds=3, longest_seconds=600)
"""Something outside does not answer: about a day of trying."""
EARLY = Patience(attempts=60, first_seconds=1, longest_seconds=60)
"""An earlier fact is not there yet: seconds as a rule, an hour at most."""
BUG = Patience(attempts=8, first_seconds=5, longest_seconds=600)
"""Our own fault, or the database's: a few tries in case it passes, then a person must look."""


class Runner:
    """Runs deliveries for a worker process."""

    def __init__(self, deps: OpensWork, listeners: Mapping[str, Listener]) -> None:
        self._deps = deps
        self._listeners = listeners

    def run(self, delivery_id: int) -> None:
        """Run the delivery, if nobody else has or does. Never raises for what a listener did."""
        with self._deps.work() as work:
            row = work.at_once(_LEASE, {"id": delivery_id, "now": work.now, "until": work.now + LEASE})
        if row is None:
            return
        leased = Leased(*row)
        with following(leased.request_id):
            self._call(leased)

    def _call(self, leased: Leased) -> None:
        log = logger("worker").bind(delivery=leased.id, listener=leased.listener, attempt=leased.attempts)
        listener = self._listeners.get(leased.listener)
        if listener is None:
            self._give_up(leased, "no listener of this name")
            return
        facts = {} if leased.event == "ClockStruck" else leased.payload
        try:
            listener(self._deps, **facts)
        except Unreachable as error:
            log.warning("not_reached", why=str(error))
            wait = timedelta(seconds=error.retry_after_seconds) if error.retry_after_seconds else None
            self._again(leased, OUTSIDE, str(error), wait)
        except NotReady as error:
            log.info("not_ready", why=str(error))
            self._again(leased, EARLY, str(error))
        except (OperationalError, psycopg.OperationalError) as error:
            # The database was away, or broke a deadlock: not the job's fault, and as passing as any router's.
            log.warning("database_trouble", why=type(getattr(error, "orig", error)).__name__)
            self._again(leased, OUTSIDE, "the database did not answer")
        except Exception as error:
            log.exception("job_failed")
            self._again(leased, BUG, f"{type(error).__name__}: {error}")
        else:
            with self._deps.work() as work:
                work.at_once(_FINISH, {"id": leased.id, "now": work.now})
            log.info("done", event_name=leased.event)

    def _again(self, leased: Leased, patience: Patience, error: str, wait: timedelta | None = None) -> None:
        if leased.attempts >= patience.attempts:
            self._give_up(leased, error)
            return
        with self._deps.work() as work:
            available_at = work.now + (wait or patience.wait(leased.attempts))
            work.session.execute(
                _AGAIN, {"id": leased.id, "available_at": available_at, "error": error[:MAX_ERROR_CHARACTERS]}
            )

    def _give_up(self, leased: Leased, error: str) -> None:
        with self._deps.work() as work:
            give_up(work, leased, error)


def give_up(work: Work, leased: Leased, error: str) -> None:
    """Stop trying. The delivery stays, with its error, and a person is called."""
    work.session.execute(_GIVE_UP, {"id": leased.id, "now": work.now, "error": error[:MAX_ERROR_CHARACTERS]})
    raise_incident(
        work,
        kind="delivery_given_up",
        key=f"delivery:{leased.id}",
        detail=f"{leased.listener} after {leased.attempts} attempts",
    )
