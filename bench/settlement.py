"""The whole settlement of a callback, beside few and beside many subscribers: it must not slow down as they grow."""

import itertools
import time
from collections.abc import Iterator

from bando.compose import Program
from bench.figure import Figure, alternate
from bench.payments import prompted
from bench.stage import Stage
from core.payments.jobs import read_callback
from core.payments.mpesa.door import STK, Knock, read_stk, take

AREA = "main-job"


def settlement_is_flat(stage: Stage) -> list[Figure]:
    """Settled callbacks a second, one worker: the rate beside the large crowd against that beside the small."""
    few, many = stage.scale.crowds
    count = stage.scale.settlements
    in_small: Iterator[int] = itertools.cycle(range(1, few + 1))

    def ours(count: int = count) -> float:
        return _rate(stage.large, stage.take(count))

    def beside_few(count: int = count) -> float:
        return _rate(stage.small, itertools.islice(in_small, count))

    ours(count // 4)
    beside_few(count // 4)
    value, bare, ratio = alternate(ours, beside_few)
    name = f"settlement beside {many:,} subscribers, against {few:,}"
    return [Figure(AREA, name, value, "settlements/s", bare, ratio, "ratio >= 0.9")]


def _rate(program: Program, people: Iterator[int] | range) -> float:
    jobs = []
    for due in prompted(program, people):
        with program.work() as work:
            knock = Knock(due.body.encode(), "127.0.0.1", True, work.request_id)
            take(work, STK, [read_stk(program.keyring, knock, due.token)])
            jobs.append(int(work.scalar("SELECT id FROM inbox WHERE about = :id", id=due.collection_id)))
    began = time.perf_counter()
    for inbox_id in jobs:
        read_callback(program, inbox_id=inbox_id)
    seconds = time.perf_counter() - began
    with program.work() as work:
        settled = work.scalar(
            "SELECT count(*) FROM collections c JOIN inbox i ON i.about = c.id WHERE i.id = ANY(:ids) "
            "AND c.state = 'paid'",
            ids=jobs,
        )
    if settled != len(jobs):
        raise RuntimeError(f"only {settled} of {len(jobs)} callbacks were settled")
    return len(jobs) / seconds
