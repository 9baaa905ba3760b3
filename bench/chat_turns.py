"""Turns of a chat, from the delivery until the face is shown, against RQ alone that reads and writes one dialogue.

`python -m bench.chat_turns ours|alone COUNT` is the process that works. Ours says at the end whom it showed what.
"""

import itertools
import json
import os
import sys
from collections.abc import Callable

from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from bando.compose import AllSettings, Program, assemble
from bench.crowd import name_of, phone_of
from bench.figure import Figure, alternate
from bench.stage import Stage
from bench.webhooks import stored_message
from bench.work import End, relaying, time_work
from core.base.inbox import Entrance
from core.base.log import logger, set_up_logging
from core.conversation.channel import Channel, Face, Said
from core.conversation.events import MessageReceived
from core.switchboard import LISTENERS
from core.worker.queues import TALK, worker
from core.worker.run import Runner

AREA = "conversation"
CHANNEL = "whatsapp"
ALONE = "bench-talk-alone"
KEPT_SECONDS = 86_400
WALK = (("2", "buy.bundles"), ("0", "home.menu"))
"""What is written in turn, and the screen that it leads to."""
_redis: "Redis | None" = None


class AtOnce:
    """A channel that reads as the real one does, and shows a face by noting it down."""

    def __init__(self, real: Channel) -> None:
        self.name, self.read = real.name, real.read
        self.faces: list[tuple[str, str, str]] = []

    def show(self, said: Said, face: Face, *, shown: str | None) -> str | None:
        self.faces.append((said.person.id, face.id, "\n".join(face.lines)))
        return f"m{len(self.faces)}"


def keep_dialogue(number: int, size: int) -> None:
    """What RQ alone is told to call: one dialogue read, one written, a line of log."""
    assert _redis is not None
    key, kept = f"bench:talk:{number}", b"%d" % number
    before = _redis.get(key)
    if before is not None and before.rstrip() != kept:
        raise RuntimeError("another's dialogue")
    _redis.set(key, kept.ljust(size), ex=KEPT_SECONDS)
    logger("worker").info("done", number=number)


def chat_turns(stage: Stage) -> list[Figure]:
    """One message each of everybody in the small crowd, all in the middle of a talk."""
    program, count = stage.small, stage.scale.crowds[0]
    _ours(stage, "menu", "home.menu")
    size = _talk_bytes(program)
    walk = itertools.cycle(WALK)

    def enqueued() -> End:
        queue = Queue(ALONE, connection=program.redis, serializer=JSONSerializer)
        for number in range(1, count + 1):
            queue.enqueue("bench.chat_turns.keep_dialogue", number, size)
        return lambda: None

    value, alone, ratio = alternate(
        lambda: _ours(stage, *next(walk)), lambda: count / _work(stage, "alone", enqueued)[0]
    )
    return [
        Figure(
            AREA,
            "chat turns through relay and RQ, one worker",
            value,
            "turns/s",
            alone,
            ratio,
            "ratio >= 0.6",
        )
    ]


def _ours(stage: Stage, text: str, screen: str) -> float:
    """Everybody writes `text`; RuntimeError where somebody is not shown `screen`, their own."""
    program, people = stage.small, range(1, stage.scale.crowds[0] + 1)
    for n in people:
        _leave(program, n, text)
    seconds, said = _work(stage, "ours", lambda: relaying(program))
    shown = {person: (name, lines) for person, name, lines in json.loads(said)}
    wrong = [
        n
        for n in people
        if shown.get(phone_of(n), ("", ""))[0] != screen
        or (screen == "home.menu" and f": {name_of(n)}\n" not in shown[phone_of(n)][1])
    ]
    if wrong or len(shown) != len(people):
        raise RuntimeError(
            f"{len(wrong)} people were not shown {screen}, such as {wrong[:1]}: {list(shown.items())[:1]}"
        )
    return len(people) / seconds


def _leave(program: Program, n: int, text: str) -> None:
    """The message as the door leaves it."""
    body = stored_message(n, text)
    with program.work() as work:
        Entrance(CHANNEL, MessageReceived).take(
            work, body=body, order=f"talk:{CHANNEL}:{phone_of(n)}", source="127.0.0.1", trusted=True
        )


def _work(stage: Stage, kind: str, begin: Callable[[], End]) -> tuple[float, str]:
    argv = [sys.executable, "-m", "bench.chat_turns", kind, str(stage.scale.crowds[0])]
    return time_work(argv, stage.environ(stage.small), begin)


def _talk_bytes(program: Program) -> int:
    """How long a kept talk is: the median."""
    keys = [key for _, key in zip(range(200), program.redis.scan_iter("chat:talk:*"), strict=False)]
    sizes = sorted(program.redis.strlen(key) for key in keys)
    return int(sizes[len(sizes) // 2])


def main(kind: str, count: int) -> None:
    """The process that works."""
    global _redis
    set_up_logging("bench-worker", folder=AllSettings().shared.home / "log")
    program = assemble(AllSettings())
    channel = AtOnce(program.channels[CHANNEL])
    program.chats.channels = {CHANNEL: channel}
    with program.work() as work:
        work.scalar("SELECT 1")
    if kind == "ours":
        at_work = worker(TALK, program.redis, Runner(program, LISTENERS).run)
    else:
        sys.modules["bench.chat_turns"] = sys.modules["__main__"]
        _redis = program.redis
        queue = Queue(ALONE, connection=program.redis, serializer=JSONSerializer)
        at_work = SimpleWorker([queue], connection=program.redis, serializer=JSONSerializer)
        at_work.log_job_description = False
    print("ready", flush=True)
    at_work.work(logging_level="WARNING", max_jobs=count)
    print("done", flush=True)
    print(json.dumps(channel.faces), flush=True)


if __name__ == "__main__":
    os.environ.pop("BANDO_DATABASE_OWNER_URL", None)
    main(sys.argv[1], int(sys.argv[2]))
