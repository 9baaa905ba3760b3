"""Relay and RQ against RQ alone: the same verb, the same count, one process that enqueues and one that works.

`python -m bench.relay ours|alone COUNT` is the process that works: it says "ready", does so many jobs, says "done".
"""

import os
import sys
from collections.abc import Callable

from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import create_engine, make_url, text

from bando.compose import AllSettings, Program, assemble
from bench.figure import Figure, alternate
from bench.stage import Stage
from bench.work import relaying, time_work
from core.base.database import OpensWork, Route
from core.base.log import logger, set_up_logging
from core.messaging.events import NoticeQueued
from core.worker.queues import worker
from core.worker.run import Runner

AREA = "main-job"
ALONE, OURS = "bench-alone", "bench-ours"
_program: Program | None = None


def small_verb(deps: OpensWork, *, notice_id: int) -> None:
    """One small Work, as a job's verb does."""
    with deps.work() as work:
        work.session.execute(text("INSERT INTO bench_done (n) VALUES (:n)"), {"n": notice_id})


def small_job(number: int) -> None:
    """What RQ alone is told to call: the same verb and a line of log."""
    assert _program is not None
    small_verb(_program, notice_id=number)
    logger("worker").info("done", number=number)


def relay_and_rq(stage: Stage) -> list[Figure]:
    """Deliveries a second through outbox, relay, RQ, lease, verb, finish; against enqueue, RQ, verb."""
    program, count = stage.small, stage.scale.jobs
    _make_table(stage)

    def enqueued() -> Callable[[], None]:
        queue = Queue(ALONE, connection=program.redis, serializer=JSONSerializer)
        for number in range(count):
            queue.enqueue("bench.relay.small_job", number)
        return lambda: None

    def ours() -> float:
        with program.work() as work:
            events = [NoticeQueued(number) for number in range(count)]
            work.record_all(events, only_to=Route("bench.small_verb", OURS))
        return _rate(stage, "ours", lambda: relaying(program))

    value, bare, ratio = alternate(ours, lambda: _rate(stage, "alone", enqueued))
    return [Figure(AREA, "relay and RQ, one worker", value, "jobs/s", bare, ratio, "ratio >= 0.8")]


def _rate(stage: Stage, kind: str, begin: Callable[[], Callable[[], None]]) -> float:
    count, program = stage.scale.jobs, stage.small
    argv = [sys.executable, "-m", "bench.relay", kind, str(count)]
    seconds, _ = time_work(argv, stage.environ(program), begin)
    with program.work() as work:
        done = work.scalar("WITH gone AS (DELETE FROM bench_done RETURNING n) SELECT count(*) FROM gone")
    if done != count:
        raise RuntimeError(f"{done} jobs were done, {count} were asked for")
    return count / seconds


def _make_table(stage: Stage) -> None:
    url = stage.small.settings.shared.database_url
    owner = create_engine(make_url(stage.servers.owner_url).set(database=make_url(url or "").database))
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE bench_done (n bigint NOT NULL)"))
        connection.execute(text("GRANT SELECT, INSERT, DELETE ON bench_done TO bando_app"))
    owner.dispose()


def main(kind: str, count: int) -> None:
    """The process that works."""
    global _program
    set_up_logging("bench-worker", folder=AllSettings().shared.home / "log")
    program = assemble(AllSettings())
    with program.work() as work:
        work.scalar("SELECT 1")
    if kind == "ours":
        at_work = worker(OURS, program.redis, Runner(program, {"bench.small_verb": small_verb}).run)
    else:
        sys.modules["bench.relay"] = sys.modules["__main__"]
        _program = program
        queue = Queue(ALONE, connection=program.redis, serializer=JSONSerializer)
        at_work = SimpleWorker([queue], connection=program.redis, serializer=JSONSerializer)
        at_work.log_job_description = False
    print("ready", flush=True)
    at_work.work(logging_level="WARNING", max_jobs=count)
    print("done", flush=True)


if __name__ == "__main__":
    os.environ.pop("BANDO_DATABASE_OWNER_URL", None)
    main(sys.argv[1], int(sys.argv[2]))
