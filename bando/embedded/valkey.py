"""Valkey from the wheel: its configuration and start.

The password stands in a 0600 file, never on the command line, which every user of the machine can read.
Whoever writes in Valkey hands work to our workers, so nobody reaches it without the password, in the demo
too.
"""

import json
from pathlib import Path

import redis

from bando.embedded import record as records
from bando.embedded.process import Kept
from bando.embedded.quarters import Quarters

CONNECT_SECONDS = 5


def url(record: records.Record) -> str:
    return f"redis://:{record.valkey_password}@127.0.0.1:{record.valkey_port}/0"


def configuration(record: records.Record, folder: Path, *, fsync: bool) -> str:
    """Queues must outlive a crash and must never be evicted; everything else keeps its default."""
    return "\n".join(
        (
            "bind 127.0.0.1",
            "protected-mode yes",
            f"port {record.valkey_port}",
            f"requirepass {record.valkey_password}",
            f"dir {json.dumps(str(folder), ensure_ascii=False)}",  # quoted as Valkey reads it
            "daemonize no",
            'save ""',
            "appendonly yes",
            f"appendfsync {'everysec' if fsync else 'no'}",
            "maxmemory-policy noeviction",
            "",
        )
    )


def start(quarters: Quarters, record: records.Record, log: Path, *, fsync: bool, lock: int) -> Kept | None:
    """Starts the server on the record's port; None if it ended before it answered."""
    folder = quarters.folder("valkey")
    file = folder / "valkey.conf"
    records.write_private(file, configuration(record, folder, fsync=fsync))
    kept = Kept([str(quarters.programs.valkey), str(file)], quarters.identity, log, lock=lock)
    try:
        if kept.wait_until(lambda: answers(record)):
            return kept
    except BaseException:
        kept.stop()
        raise
    kept.stop()
    return None


def answers(record: records.Record) -> bool:
    """Whether our server answers on its port; while it reads its log from disk it does not."""
    try:
        with redis.Redis.from_url(url(record), socket_timeout=CONNECT_SECONDS) as session:
            return bool(session.ping())
    except redis.RedisError:
        return False
