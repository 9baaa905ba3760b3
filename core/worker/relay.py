"""The relay: takes due deliveries out of PostgreSQL and puts them into the queues, looking many times a second.

Nobody wakes it: a NOTIFY holds a lock of the whole database until its commit is on disk, so that all who record
events would wait for one another's disk. Several may run: they skip each other's rows. A delivery whose job got lost
(Valkey emptied, worker killed) is put in again. Pushing before the commit means a job may be pushed twice; its lease
lets it run once.
"""

import threading
import time
from collections import defaultdict
from datetime import timedelta

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.base.database import Database
from core.base.log import logger
from core.worker import queues

BATCH = 200
POLL_SECONDS = 0.05
"""How late a delivery may be. A look that finds nothing costs half a millisecond."""
LOST_AFTER = timedelta(seconds=60)
"""A dispatched delivery that no worker has leased for so long is put into its queue again."""
SWEEP_EVERY_SECONDS = 5.0
MARK = "bando:relay:mark"
"""Stands in Valkey as long as Valkey remembers: when it is gone, so are the queues."""
TROUBLE_SECONDS = 1.0

_DISPATCH = text(
    """
    WITH due AS (
        SELECT id FROM deliveries d
        WHERE dispatched_at IS NULL AND finished_at IS NULL AND given_up_at IS NULL AND available_at <= :now
          AND (ordering_key IS NULL OR NOT EXISTS (
                SELECT 1 FROM deliveries e
                WHERE e.ordering_key = d.ordering_key AND e.listener = d.listener AND e.id < d.id
                  AND e.finished_at IS NULL AND e.given_up_at IS NULL))
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), dispatched AS (
        UPDATE deliveries d SET dispatched_at = :now, dispatch_count = dispatch_count + 1
        FROM due WHERE d.id = due.id RETURNING d.id, d.queue, d.dispatch_count
    )
    SELECT id, queue, dispatch_count FROM dispatched ORDER BY id
    """
)
_LOST = text(
    """
    UPDATE deliveries SET dispatched_at = NULL
    WHERE dispatched_at IS NOT NULL AND finished_at IS NULL AND given_up_at IS NULL
      AND (leased_until IS NULL OR leased_until <= :now) AND dispatched_at <= :before
    """
)


class Relay:
    """Moves deliveries until it is told to stop."""

    def __init__(self, database: Database, redis: "Redis") -> None:
        self._database = database
        self._redis = redis
        self._log = logger("relay")

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set. Lost servers are waited for."""
        swept_at = 0.0
        while not stop.is_set():
            try:
                if time.monotonic() - swept_at > SWEEP_EVERY_SECONDS:
                    self.sweep()
                    swept_at = time.monotonic()
                if self.pass_on() < BATCH:
                    stop.wait(POLL_SECONDS)
            except (DBAPIError, RedisError, OSError) as error:
                self._log.warning("relay_waits", why=type(error).__name__)
                stop.wait(TROUBLE_SECONDS)

    def pass_on(self) -> int:
        """Put what is due into the queues. How many there were."""
        with self._database.work() as work:
            due = work.session.execute(_DISPATCH, {"now": work.now, "limit": BATCH}).all()
            if not due:
                return 0
            by_queue: dict[str, list[tuple[int, int]]] = defaultdict(list)
            for row in due:
                by_queue[row.queue].append((row.id, row.dispatch_count))
            for name, deliveries in by_queue.items():
                queues.push(self._redis, name, deliveries)
        return len(due)

    def sweep(self) -> None:
        """Take back what was dispatched and got lost: at once where Valkey has forgotten everything."""
        forgot = not self._redis.exists(MARK)
        with self._database.work() as work:
            before = work.now if forgot else work.now - LOST_AFTER
            lost = work.session.execute(_LOST, {"now": work.now, "before": before}).rowcount  # type: ignore[attr-defined]
        if forgot:
            self._redis.set(MARK, "1")
        if lost:
            self._log.warning("deliveries_found_lost", count=lost, valkey_forgot=forgot)
