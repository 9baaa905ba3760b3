"""What others wrote into Valkey: nothing foreign runs, nothing runs twice, and the worker goes on (T17)."""

import pickle
import socket
from collections.abc import Callable, MutableMapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rq import Callback, Queue, Retry
from rq.job import Job
from rq.registry import StartedJobRegistry
from rq.serializers import JSONSerializer

from core.worker import queues
from core.worker.queues import QUEUES, job_id
from tests.core.worker.house import House

KEY = f"rq:queue:{queues.NOTIFY}"
WRONG_IDS = [
    "d-0-1",
    "d--1-1",
    "d-1",
    "d-1-1x",
    "d-01-1",
    "D-1-1",
    "d-1-1-1",
    "d-9999999999999999999999-1",
    "d-1-9999999999",
    "x",
    "7" * 5_000,
]
"""Ids that RQ takes and that are none of ours."""


class Touch:
    """Unpickled, it makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "ran"


def _ours(house: House) -> int:
    """A delivery of our own, behind what stands in the queue already: the worker must still come to it."""
    (number,) = house.record(7)
    house.relay.pass_on()
    return number


def _only_ours_ran(house: House, number: int, marker: Path) -> None:
    assert not marker.exists()
    assert house.heard == {"test.note": [{"subscription_id": 7}]}
    assert house.delivery(number).finished_at is not None
    assert house.waiting() == []


def test_the_poison_is_poison(redis_url: str, marker: Path) -> None:
    """RQ as it comes runs all of this: without it the tests below would prove nothing."""
    from rq import SimpleWorker

    connection = Redis.from_url(redis_url)
    plain = Queue("plain", connection=connection, serializer=JSONSerializer)
    plain.enqueue("subprocess.getoutput", f"touch {marker}")
    SimpleWorker([plain], connection=connection, serializer=JSONSerializer).work(
        burst=True, logging_level="CRITICAL"
    )
    assert marker.exists()


@pytest.mark.parametrize("name", ["foreign", "d-1-1"], ids=["a foreign id", "an id like ours"])
@pytest.mark.parametrize("serializer", [JSONSerializer, None], ids=["json", "pickle"])
def test_a_foreign_function_does_not_run(
    house: House, redis_url: str, marker: Path, serializer: type | None, name: str
) -> None:
    connection = Redis.from_url(redis_url)
    touch = f"touch {marker}"
    poisoned = Queue(queues.NOTIFY, connection=connection, serializer=serializer)
    poisoned.enqueue("subprocess.getoutput", touch, job_id=name, retry=Retry(max=3))
    poisoned.enqueue("os.system", touch, job_id="again")
    number = _ours(house)
    house.work_off()
    _only_ours_ran(house, number, marker)


def test_no_callback_and_no_webhook_is_called(house: House, redis_url: str, marker: Path) -> None:
    number = _ours(house)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        hook = f'[{{"url": "http://127.0.0.1:{listening.getsockname()[1]}/", "statuses": ["finished", "failed"]}}]'
        touch = "pathlib.Path.touch"
        poison = {
            "success_callback_name": touch,
            "failure_callback_name": touch,
            "stopped_callback_name": touch,
            "webhooks": hook,
            "retries_left": "3",
            "repeats_left": "3",
            "repeat_intervals": "[0]",
        }
        for name in (job_id(number, 1), "foreign"):
            house.redis.hset(
                f"rq:job:{name}", mapping={"data": b"x", "created_at": "2026-11-22T07:00:00Z", **poison}
            )
        house.redis.rpush(KEY, "foreign")
        house.work_off()
        with pytest.raises(BlockingIOError):
            listening.accept()
    _only_ours_ran(house, number, marker)


def test_callbacks_given_the_usual_way_are_not_called(house: House, redis_url: str, marker: Path) -> None:
    touch = Callback("subprocess.getoutput")
    poisoned = Queue(queues.NOTIFY, connection=Redis.from_url(redis_url), serializer=JSONSerializer)
    for name in ("d-1-1", "foreign"):
        poisoned.enqueue("os.getcwd", job_id=name, on_success=touch, on_failure=touch, on_stopped=touch)
    before = {key: house.redis.hgetall(key) for key in house.redis.keys("rq:job:*")}
    assert len(before) == 2
    number = _ours(house)
    house.work_off()
    _only_ours_ran(house, number, marker)
    assert {key: house.redis.hgetall(key) for key in house.redis.keys("rq:job:*")} == before


def test_nothing_is_unpickled(house: House, marker: Path) -> None:
    number = _ours(house)
    poison = pickle.dumps(Touch(marker))
    for name in (job_id(number, 1), "foreign"):
        fields = ("data", "result", "meta", "exc_info", "retry_intervals", "dependency_ids")
        house.redis.hset(f"rq:job:{name}", mapping=dict.fromkeys(fields, poison))
    house.redis.rpush(KEY, "foreign")
    house.redis.sadd("rq:groups", "g")
    house.redis.sadd("rq:group:g", "foreign")
    house.work_off()
    _only_ours_ran(house, number, marker)


def test_wrong_and_huge_ids_run_nothing(
    house: House, marker: Path, lines: list[MutableMapping[str, Any]]
) -> None:
    for name in WRONG_IDS:
        house.redis.hset(f"rq:job:{name}", "data", "x")
        house.redis.rpush(KEY, name)
    house.redis.rpush(KEY, *(job_id(number, 1) for number in (2, 77, 10**17)))
    number = _ours(house)
    house.work_off()
    _only_ours_ran(house, number, marker)
    foreign = [line for line in lines if line["event"] == "foreign_job"]
    assert [line["job"] for line in foreign] == [name[:40] for name in WRONG_IDS]


@pytest.mark.parametrize(
    "name",
    ["a b", "a.b", "../x", "a:b", "", "\N{SNOWMAN}", "\n"],
    ids=["space", "dot", "path", "colon", "", "sign", "line"],
)
def test_an_id_that_rq_itself_refuses_does_not_end_the_worker(house: House, marker: Path, name: str) -> None:
    house.redis.hset(f"rq:job:{name}", "data", "x")
    house.redis.rpush(KEY, name)
    number = _ours(house)
    house.work_off()
    _only_ours_ran(house, number, marker)


def test_keys_of_the_wrong_shape_do_not_end_the_worker(house: House, marker: Path) -> None:
    house.redis.set("rq:job:text", "no hash")
    rubbish = ("status", "created_at", "enqueued_at", "started_at", "last_heartbeat", "origin", "worker_name")
    for field in rubbish:
        house.redis.hset(f"rq:job:odd-{field}", mapping={"data": "x", field: b"\xff rubbish"})
    house.redis.rpush(KEY, "text", "gone", *(f"odd-{field}" for field in rubbish))
    number = _ours(house)
    house.work_off()
    _only_ours_ran(house, number, marker)


def test_another_s_delivery_ten_times_runs_once(house: House, marker: Path) -> None:
    number = _ours(house)
    (later,) = house.record(8, after=timedelta(hours=1))
    for _ in range(2):
        for dispatch in range(1, 6):
            for target in (number, later):
                house.redis.hset(f"rq:job:{job_id(target, dispatch)}", "data", "x")
                house.redis.rpush(KEY, job_id(target, dispatch))
    house.work_off()
    _only_ours_ran(house, number, marker)
    assert house.delivery(number).attempts == 1
    assert house.delivery(later).attempts == 0


def test_dependents_are_only_ever_deliveries(house: House, redis_url: str, marker: Path) -> None:
    number = _ours(house)
    connection = Redis.from_url(redis_url)
    waiting = Job.create(
        "subprocess.getoutput",
        [f"touch {marker}"],
        id="dependent",
        connection=connection,
        serializer=JSONSerializer,
        depends_on=job_id(number, 1),
        origin=queues.NOTIFY,
    )
    waiting.save()
    waiting.register_dependency()
    house.work_off()
    _only_ours_ran(house, number, marker)


def test_abandoned_jobs_call_nobody(house: House, marker: Path) -> None:
    """A worker's upkeep of its registries is a door too: RQ calls failure callbacks from there."""
    house.redis.hset("rq:job:dead", mapping={"data": "x", "failure_callback_name": "pathlib.Path.touch"})
    house.redis.zadd(StartedJobRegistry(queues.NOTIFY, connection=house.redis).key, {"dead:1": 1})
    number = _ours(house)
    house.work_off()
    _only_ours_ran(house, number, marker)


def test_a_database_that_is_away_leaves_the_delivery_to_the_relay(house: House) -> None:
    number = _ours(house)
    calls: list[int] = []

    def away(delivery: int) -> None:
        calls.append(delivery)
        raise OSError("the database is away")

    queues.worker(queues.NOTIFY, house.redis, away).work(burst=True, logging_level="CRITICAL")
    assert calls == [number]
    house.redis.flushall()
    house.relay.sweep()
    house.relay.pass_on()
    house.work_off()
    assert house.heard["test.note"] == [{"subscription_id": 7}]


def test_what_we_push_holds_an_id_and_nothing_else(house: House) -> None:
    number = _ours(house)
    assert house.waiting() == [job_id(number, 1)]
    assert house.redis.keys("rq:*") == [KEY.encode()]


def test_every_queue_carries(house: House) -> None:
    ran: list[int] = []
    for serial, name in enumerate(QUEUES, 1):
        queues.push(house.redis, [(name, serial, 1)])
    for name in QUEUES:
        queues.worker(name, house.redis, ran.append).work(burst=True, logging_level="CRITICAL")
    assert ran == list(range(1, len(QUEUES) + 1))


def test_a_valkey_that_hangs_does_not_hang_us_for_long() -> None:
    settings = queues.connect("redis://127.0.0.1:1/0").connection_pool.connection_kwargs
    assert 0 < settings["socket_timeout"] <= 15
    assert 0 < settings["socket_connect_timeout"] <= 5
