"""RQ, made safe to read and quick: whatever stands in Valkey, a job is one entry point with one whole number.

Whoever can write to Valkey could otherwise run any function by its name, also under the JSON serializer, also
through callbacks (measured on RQ 2.12). Here a job is its id alone, `d-<delivery>-<dispatch>`, in RQ's list of the
queue: nothing else of a job is written or read. What became of it stands in deliveries, in PostgreSQL, so RQ's own
hashes, registries, results and states, 55 commands a job, would be a second, worse copy.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta

from redis import Redis
from redis.client import Pipeline
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.utils import now
from rq.worker import WorkerStatus

from core.base.log import logger

MONEY, PROVISION, TALK, NOTIFY, BULK = "money", "provision", "talk", "notify", "bulk"
QUEUES = (MONEY, PROVISION, TALK, NOTIFY, BULK)

JOB_TIMEOUT_SECONDS = 170
"""A job that runs longer hangs; its delivery's lease is a little longer still."""
HEARTBEAT_EVERY = timedelta(seconds=15)
"""RQ itself sends three a job; a worker's name lapses after minutes without any."""

_JOB_ID = re.compile(r"\Ad-([1-9]\d{0,17})-(\d{1,9})\Z")


class DeliveryJob(Job):
    """A job that is known by its id alone."""

    @property
    def delivery_id(self) -> int:
        return int(self.id.split("-")[1])


class DeliveryQueue(Queue):
    """A queue of ids. An id that cannot be ours is taken out and runs nothing."""

    @classmethod
    def dequeue_any(
        cls, queues: Iterable[Queue], timeout: int | None, connection: "Redis", *_: object, **__: object
    ) -> tuple[Job, Queue] | None:
        """The next job of the one queue; waits up to `timeout` seconds for it.

        It leaves the list when it is taken: if this worker dies before it has the delivery's lease, the relay
        finds the delivery and puts it in again.
        """
        (queue,) = queues
        while (taken := cls.lpop([queue.key], timeout, connection)) is not None:
            job_id = taken[1].decode(errors="replace")
            if _JOB_ID.match(job_id):
                return DeliveryJob(job_id, connection=connection, serializer=JSONSerializer), queue
            logger("worker").error("foreign_job", job=job_id[:40])
        return None


class DeliveryWorker(SimpleWorker):
    """RQ's loop, signals and waiting; a worker in this process, for our jobs wait for networks and a fork each
    would be the cost."""

    queue_class = DeliveryQueue
    job_class = DeliveryJob
    run: Callable[[int], None]

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run the delivery. Listeners' errors never come here: the database was away, or the job hung.

        Nothing is lost by leaving it: the relay finds deliveries that were not run and puts them in again.
        """
        assert isinstance(job, DeliveryJob)
        self.set_state(WorkerStatus.BUSY)
        try:
            with self.death_penalty_class(JOB_TIMEOUT_SECONDS, JobTimeoutException, job_id=job.id):
                self.run(job.delivery_id)
        except Exception as error:
            logger("worker").error("job_left_to_relay", job=job.id, why=type(error).__name__)
        finally:
            self.set_state(WorkerStatus.IDLE)

    def set_state(self, state: str, pipeline: "Pipeline | None" = None) -> None:
        """For the signals, which ask whether a job is running; nobody reads it in Valkey."""
        self._state = state

    def heartbeat(self, timeout: int | None = None, pipeline: "Pipeline | None" = None) -> None:
        if self.last_heartbeat is None or now() - self.last_heartbeat >= HEARTBEAT_EVERY:
            super().heartbeat(timeout, pipeline)

    def subscribe(self) -> None:
        """RQ's commands by publish (end, kill a job) are words of whoever can write to Valkey; ours are signals."""

    def check_for_suspension(self, burst: bool) -> None:
        """`rq suspend` is one more word of whoever can write to Valkey; `bando freeze` is ours."""

    def procline(self, message: str) -> None:
        """The process keeps its name."""

    @property
    def should_run_maintenance_tasks(self) -> bool:
        """There are no registries to clean."""
        return False


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
    return DeliveryQueue(name, connection=connection, serializer=JSONSerializer, job_class=DeliveryJob)


def push(connection: "Redis", deliveries: Iterable[tuple[str, int, int]]) -> None:
    """Put (queue's name, delivery id, dispatch) into their queues, in one round trip."""
    by_queue: dict[str, list[str]] = {}
    for name, delivery_id, dispatch in deliveries:
        by_queue.setdefault(name, []).append(job_id(delivery_id, dispatch))
    with connection.pipeline(transaction=False) as pipeline:
        for name, ids in by_queue.items():
            pipeline.rpush(f"{Queue.redis_queue_namespace_prefix}{name}", *ids)
        pipeline.execute()


def worker(name: str, connection: "Redis", run: Callable[[int], None]) -> SimpleWorker:
    """A worker of one queue, which hands each delivery's id to `run`."""
    made = DeliveryWorker([queue(name, connection)], connection=connection, serializer=JSONSerializer)
    made.run = run
    return made
