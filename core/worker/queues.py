"""RQ, made safe to read: whatever stands in Valkey, a job is one entry point with one whole number.

Whoever can write to Valkey could otherwise run any function by its name, also under the JSON serializer, also
through callbacks (measured on RQ 2.12). Our job class takes the delivery's id from the job's own id and
leaves everything else that it finds there unread.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self

from redis import Redis
from redis.exceptions import ResponseError
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

from core.base.log import logger

MONEY, PROVISION, NOTIFY, BULK = "money", "provision", "notify", "bulk"
QUEUES = (MONEY, PROVISION, NOTIFY, BULK)

JOB_TIMEOUT_SECONDS = 170
"""A job that runs longer hangs; its delivery's lease is a little longer still."""
RESULT_SECONDS = 5
FAILURE_SECONDS = 86_400
MAINTENANCE_SECONDS = 60

_JOB_ID = re.compile(r"\Ad-([1-9]\d{0,17})-(\d{1,9})\Z")
_KEPT = (
    b"created_at",
    b"enqueued_at",
    b"started_at",
    b"status",
    b"origin",
    b"last_heartbeat",
    b"worker_name",
)
_ENTRY = "core.worker.run"
_NOTHING = json.dumps([_ENTRY, None, [], {}]).encode()


class ForeignJob(Exception):
    """A job that we did not put there. It runs nothing."""


class DeliveryJob(Job):
    """A job that knows one thing to do: run the delivery whose id is in its own id."""

    run: ClassVar[Callable[[int], None]]

    @classmethod
    def fetch(cls, id: str, connection: "Redis | None" = None, serializer: Any = None) -> Self:
        """The job of this id. What cannot be one (an id or a key that RQ never made) does not end us."""
        try:
            return super().fetch(id, connection=connection, serializer=serializer)  # type: ignore[return-value]
        except (ValueError, TypeError, ResponseError) as error:
            logger("worker").error("foreign_job", job=str(id)[:40])
            raise NoSuchJobError from error

    def restore(self, raw_data: dict[bytes, bytes]) -> None:
        """Read RQ's own bookkeeping and nothing else: no function, arguments, callbacks or webhooks."""
        kept = {key: value for key, value in raw_data.items() if key in _KEPT}
        kept[b"data"] = _NOTHING
        try:
            super().restore(kept)
        except ValueError:  # no date, no status, no text: not RQ's own bookkeeping
            super().restore({b"data": _NOTHING})
        self.timeout = JOB_TIMEOUT_SECONDS
        self.result_ttl = RESULT_SECONDS
        self.failure_ttl = FAILURE_SECONDS

    def _execute(self) -> Any:
        found = _JOB_ID.match(self.id)
        if found is None:
            raise ForeignJob
        type(self).run(int(found[1]))


def job_id(delivery_id: int, dispatch: int) -> str:
    """The id of the job for one dispatch of a delivery."""
    return f"d-{delivery_id}-{dispatch}"


def connect(redis_url: str) -> "Redis":
    """A connection for RQ. Time-outs are bounded: a Valkey that hangs must not hang us.

    A worker, which waits for jobs on its connection, lengthens the time-out itself.
    """
    return Redis.from_url(redis_url, socket_connect_timeout=3, socket_timeout=10, health_check_interval=30)


def queue(name: str, connection: "Redis") -> Queue:
    """One of our queues."""
    return Queue(name, connection=connection, serializer=JSONSerializer, job_class=DeliveryJob)


def push(connection: "Redis", name: str, deliveries: Iterable[tuple[int, int]]) -> None:
    """Put (delivery id, dispatch) pairs into a queue, in one round trip."""
    jobs = [
        Queue.prepare_data(
            _ENTRY,
            job_id=job_id(delivery_id, dispatch),
            description="delivery",
            timeout=JOB_TIMEOUT_SECONDS,
            result_ttl=RESULT_SECONDS,
            failure_ttl=FAILURE_SECONDS,
        )
        for delivery_id, dispatch in deliveries
    ]
    queue(name, connection).enqueue_many(jobs)


def worker(name: str, connection: "Redis", run: Callable[[int], None]) -> SimpleWorker:
    """A worker of one queue, in this process: our jobs wait for networks, a fork each would be the cost."""
    DeliveryJob.run = staticmethod(run)
    return SimpleWorker(
        [queue(name, connection)],
        connection=connection,
        job_class=DeliveryJob,
        serializer=JSONSerializer,
        log_job_description=False,
        maintenance_interval=MAINTENANCE_SECONDS,
        disable_default_exception_handler=True,
        exception_handlers=[_note],
    )


def _note(job: Job, kind: type[BaseException], *_: object) -> bool:
    """Listeners' errors never come here: this job is foreign, or the database was away, or its worker died.

    Nothing is lost by leaving it: the relay finds deliveries that were not run and puts them in again.
    """
    event = "foreign_job" if kind is ForeignJob else "job_left_to_relay"
    logger("worker").error(event, job=job.id[:40], why=kind.__name__)
    return False
