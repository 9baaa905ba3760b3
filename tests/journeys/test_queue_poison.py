"""Whoever can write to Valkey can make no worker run anything (M44)."""

import json
from pathlib import Path
from typing import Any

import redis

from tests.journeys.demo import eventually
from tests.journeys.test_kills import valkey
from tests.journeys.world import World

QUEUES = ("money", "provision", "notify", "bulk")


def put(client: "redis.Redis", queue: str, job: str, **fields: str) -> None:
    """A job as RQ keeps it: its hash, and its id in the queue."""
    known = {
        "created_at": "2026-11-22T10:00:00.000000Z",
        "status": "queued",
        "origin": queue,
        "timeout": "10",
    }
    client.hset(f"rq:job:{job}", mapping=dict[Any, Any](known | fields))
    client.rpush(f"rq:queue:{queue}", job)


def test_poisoned_queues_run_nothing_foreign_and_nothing_twice(world: World, tmp_path: Path) -> None:
    asha = world.phone()
    asha.buy(50)
    asha.answer_prompt()
    asha.code()
    mark = tmp_path / "foreign code has run"
    run = f"touch '{mark}'"
    finished = [
        row.id for row in world.books.rows("SELECT id FROM deliveries WHERE finished_at IS NOT NULL LIMIT 40")
    ]
    client = valkey(world)
    with world.nothing_changes():
        for queue in QUEUES:
            data = json.dumps(["subprocess.getoutput", None, [run], {}])
            put(client, queue, f"foreign-{queue}", data=data)
            put(client, queue, "d-0-1", data=data)
            put(
                client, queue, f"d-{'9' * 18}-1", data=data, success_callback_name="os.system", result_ttl="1"
            )
            put(client, queue, f"d-1-{'9' * 40}", data=data)
            put(client, queue, f"\N{SNOWMAN} {queue}", data="\x80\x04\x95 not json")
            client.rpush(f"rq:queue:{queue}", "../../etc/passwd", "", "x" * 10_000)
            for delivery in finished[:10]:
                for nth in range(3):
                    put(
                        client,
                        queue,
                        f"d-{delivery}-{900 + nth}",
                        data=data,
                        failure_callback_name="os.abort",
                    )
        eventually(
            "empty queues", lambda: not any(client.llen(f"rq:queue:{queue}") for queue in QUEUES), within=30
        )
    assert not mark.exists()
    world.books.is_bought_once(asha.digits, 50)

    juma = world.phone()
    juma.buy(20)
    juma.answer_prompt()
    juma.code(within=30)
    world.books.is_bought_once(juma.digits, 20)
