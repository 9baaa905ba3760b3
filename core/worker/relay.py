"""The relay: takes due deliveries out of PostgreSQL and puts them into the queues.

While there is work it looks many times a second; without any it sleeps, and NOTIFY wakes it. It is rung for only
then: a NOTIFY holds a lock of the whole database until its commit is on disk, so that all who record events would
wait for one another's disk (docs/decisions/0015). Several may run: they skip each other's rows. A delivery whose job
got lost (Valkey emptied, worker killed) is put in again. Pushing before the commit means a job may be pushed twice;
its lease lets it run once.
"""

import threading
import time
from datetime import timedelta

import psycopg
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from core.base.database import Database
from core.base.log import logger
from core.worker import queues

BATCH = 200
POLL_SECONDS = 0.05
"""How late a delivery may be while there is work. A look that finds nothing costs half a millisecond."""
QUIET_LOOKS = 20
"""A second without work, and the relay goes to sleep."""
NAP_SECONDS = 0.5
"""How late a delayed delivery may be that comes due during sleep; new ones ring."""
ASLEEP = 20_261_124
"""The advisory lock of a sleeping relay, which the trigger on deliveries tries to share (migration 0004)."""
LOST_AFTER = timedelta(seconds=60)
"""A dispatched delivery that no worker has leased for so long is put into its queue again."""
SWEEP_EVERY_SECONDS = 5.0
MARK = "bando:relay:mark"
"""Stands in Valkey as long as Valkey remembers: when it is gone, so are the queues."""
TROUBLE_SECONDS = 1.0

# It does not wait for the disk: a dispatch that a crash of the database undoes is made again.
_DISPATCH = text(
    """
    WITH unhurried AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    due AS (
        SELECT id FROM deliveries d
        WHERE dispatched_at IS NULL AND finished_at IS NULL AND given_up_at IS NULL AND available_at <= :now
          AND (ordering_key IS NULL OR NOT EXISTS (
                SELECT 1 FROM deliveries e
                WHERE e.ordering_key = d.ordering_key AND e.listener = d.listener AND e.id < d.id
                  AND e.finished_at IS NULL AND e.given_up_at IS NULL))
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), dispatched AS (
        UPDATE deliveries d SET dispatched_at = :now, dispatch_count = dispatch_count + 1
        FROM due, unhurried WHERE d.id = due.id RETURNING d.id, d.queue, d.dispatch_count
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
        self._bell: psycopg.Connection | None = None

    def run(self, stop: threading.Event) -> None:
        """Relay until `stop` is set. Lost servers are waited for."""
        swept_at, quiet = 0.0, 0
        while not stop.is_set():
            try:
                if time.monotonic() - swept_at > SWEEP_EVERY_SECONDS:
                    self.sweep()
                    swept_at = time.monotonic()
                passed = self.pass_on()
                quiet = 0 if passed else quiet + 1
                if quiet > QUIET_LOOKS:
                    self.nap()
                elif passed < BATCH:
                    stop.wait(POLL_SECONDS)
            except (DBAPIError, psycopg.Error, RedisError, OSError) as error:
                self._log.warning("relay_waits", why=type(error).__name__)
                self._hang_up()
                stop.wait(TROUBLE_SECONDS)
        self._hang_up()

    def nap(self) -> None:
        """Sleep until somebody rings, a little while at most. Where others are at work just now, only blink."""
        self._bell = self._bell or self._listen()
        asleep = self._bell.execute("SELECT pg_try_advisory_lock(%s)", (ASLEEP,)).fetchone()
        if asleep is None or not asleep[0]:
            time.sleep(POLL_SECONDS)
            return
        try:
            if not self.pass_on():  # what was recorded before we could be rung for
                for _ in self._bell.notifies(timeout=NAP_SECONDS, stop_after=1):
                    pass
        finally:
            self._bell.execute("SELECT pg_advisory_unlock(%s)", (ASLEEP,))

    def _listen(self) -> psycopg.Connection:
        url = make_url(self._database.engine.url).set(drivername="postgresql")
        bell = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True, connect_timeout=5)
        bell.execute("LISTEN bando_deliveries")
        return bell

    def _hang_up(self) -> None:
        if self._bell is not None:
            self._bell.close()
            self._bell = None

    def pass_on(self) -> int:
        """Put what is due into the queues. How many there were."""
        with self._database.work() as work:
            due = work.session.execute(_DISPATCH, {"now": work.now, "limit": BATCH}).all()
            if not due:
                return 0
            queues.push(self._redis, ((row.queue, row.id, row.dispatch_count) for row in due))
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
