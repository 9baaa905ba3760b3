"""Deliveries made by hand, and listeners that note what they were told."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from redis import Redis
from sqlalchemy import Row, text

from core.base.database import Database, Route, Work
from core.billing.events import AccessChanged
from core.worker import queues
from core.worker.relay import Relay
from core.worker.run import Listener, Runner


class House:
    """What jobs are handed, and what the tests look at. `heard`: the facts that each listener was told."""

    def __init__(self, database: Database, redis: "Redis") -> None:
        self.database = database
        self.redis = redis
        self.relay = Relay(database, redis)
        self.heard: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.listeners: dict[str, Listener] = {}
        self.runner = Runner(self, self.listeners)
        self.listen("test.note")

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self.database.work(request_id)

    def listen(self, name: str, then: Callable[[], None] = lambda: None) -> None:
        """Put a listener on the board that notes what it was told and does `then`."""

        def listener(_deps: object, **facts: Any) -> None:
            self.heard[name].append(facts)
            then()

        self.listeners[name] = listener

    def record(
        self,
        *subscriptions: int,
        listener: str = "test.note",
        after: timedelta = timedelta(),
        order: str | None = None,
    ) -> list[int]:
        """One event a subscription, for one listener; the ids of their deliveries."""
        events = [AccessChanged(number) for number in subscriptions or (1,)]
        with self.work("req") as work:
            before = work.scalar("SELECT coalesce(max(id), 0) FROM deliveries")
            work.record_all(events, only_to=Route(listener, queues.NOTIFY), after=after, order=order)
            found = work.session.scalars(
                text("SELECT id FROM deliveries WHERE id > :before ORDER BY id"), {"before": before}
            )
            return list(found)

    def delivery(self, number: int) -> Row[Any]:
        with self.work() as work:
            return work.session.execute(text("SELECT * FROM deliveries WHERE id = :id"), {"id": number}).one()

    def count(self, what: str) -> int:
        with self.work() as work:
            return int(work.scalar(f"SELECT count(*) FROM {what}"))

    def waiting(self) -> list[str]:
        """The ids of the jobs in the queue, next one first."""
        return queues.queue(queues.NOTIFY, self.redis).get_job_ids()

    def work_off(self) -> None:
        """A real worker on the queue, until it is empty."""
        queues.worker(queues.NOTIFY, self.redis, self.runner.run).work(burst=True, logging_level="CRITICAL")
