"""Where everything is measured: one PostgreSQL (fsync on) and one Valkey (AOF each second), databases, processes."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
import redis
from sqlalchemy import create_engine, make_url

from bando.compose import AllSettings, Program, assemble
from bando.embedded import Servers, erase, start
from bando.migrate import migrate
from bando.trial import trial_environment, write_world
from bench.crowd import fill
from core.base.log import set_up_logging

WEB_PORT, CEILING_PORT = 8700, 8701
START_SECONDS = 30.0
LIMITS = {
    "BANDO_USSD_DOOR_TURNS_A_MINUTE": "1000000000",
    "BANDO_USSD_TURNS_A_MINUTE": "1000000000",
    "BANDO_USSD_SESSIONS_AN_HOUR": "1000000000",
    "BANDO_WEB_CONCURRENCY": "1000",
}
"""The limits are counted as ever, and never met: the load comes from few phones. The ceilings' web has the same
bound of connections."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured. crowds: subscribers in the small and in the large database. rates: (payments/s, seconds).
    messages: webhooks of a chat. dialogues: talks that are open at once."""

    crowds: tuple[int, int]
    sessions: int
    collections: int
    callbacks: int
    settlements: int
    jobs: int
    rates: tuple[tuple[int, int], ...]
    messages: int
    dialogues: int


FULL = Scale((1_000, 100_000), 300, 1_000, 800, 100, 300, ((1, 20), (10, 15), (20, 15)), 800, 10_000)
TRY = Scale((300, 5_000), 100, 100, 200, 50, 100, ((1, 5), (10, 5)), 300, 1_000)

TUNED = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
"""What docs/operating.md tells an operator to give PostgreSQL, and docker-compose.yml gives it."""


class Stage:
    """Servers, and the databases and processes that the figures ask for. Use as a context manager."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self._close = ExitStack()
        self._used = 0

    def __enter__(self) -> "Stage":
        # Not the checkout's own trial: a home for the bench alone, erased at its end.
        self.home = Path(tempfile.mkdtemp(prefix="bando-bench-"))
        self._close.callback(erase, self.home)
        with start(self.home) as new:
            _tune(new)
        self.servers: Servers = self._close.enter_context(start(self.home))
        os.environ.update({"BANDO_HOME": str(self.home), "BANDO_PORT": str(WEB_PORT)})
        os.environ.update(trial_environment(os.environ, self.home) | LIMITS)
        os.environ["BANDO_REDIS_URL"] = self.servers.redis_url
        set_up_logging("bench", folder=self.home / "log")
        migrate(self.servers.owner_url)
        return self

    def __exit__(self, *_: object) -> None:
        self._close.close()

    @cached_property
    def small(self) -> Program:
        return self._database("small", self.scale.crowds[0])

    @cached_property
    def large(self) -> Program:
        return self._database("large", self.scale.crowds[1])

    def _database(self, name: str, subscribers: int) -> Program:
        """A program on a database with so many subscribers and their past."""
        url = make_url(self.servers.superuser_url or "")
        owner = make_url(self.servers.owner_url)
        server = create_engine(url, isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.exec_driver_sql(
                f"CREATE DATABASE {name} TEMPLATE {owner.database} OWNER {owner.username}"
            )
        server.dispose()
        os.environ["BANDO_DATABASE_URL"] = (
            make_url(self.servers.app_url).set(database=name).render_as_string(hide_password=False)
        )
        program = assemble(AllSettings())
        self._close.callback(program.database.engine.dispose)
        fill(program, url.set(database=name), write_world(os.environ, self.home), subscribers)
        return program

    @cached_property
    def web(self) -> int:
        """The port of the product's own web, on the large database."""
        return self._serve([sys.executable, "-P", "-m", "bando", "web"], WEB_PORT, "/health/live")

    @cached_property
    def ceiling(self) -> int:
        """The port of the ceilings' web, on the same database."""
        return self._serve([sys.executable, "-m", "bench.ceilings", str(CEILING_PORT)], CEILING_PORT, "/")

    def _serve(self, argv: list[str], port: int, path: str) -> int:
        self._close.enter_context(process(argv, self.environ(self.large)))
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}{path}")
                return port
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def environ(self, program: Program) -> dict[str, str]:
        """The environment of a process that works on this program's database."""
        url = program.settings.shared.database_url
        return {**os.environ, "BANDO_DATABASE_URL": url or ""}

    def take(self, count: int) -> range:
        """So many subscribers of the large database (their ids) that no figure has used before."""
        first = self._used + 1
        self._used += count
        if self._used > self.scale.crowds[1]:
            raise RuntimeError("the crowd is too small for so many rounds")
        return range(first, first + count)

    def settled_session_bytes(self) -> int:
        """How long a kept session of the door is in Valkey, in the middle of the walk: the median of a sample."""
        with redis.Redis.from_url(self.servers.redis_url) as valkey:
            keys = [key for _, key in zip(range(200), valkey.scan_iter("ussd:session:*"), strict=False)]
            sizes = sorted(valkey.strlen(key) for key in keys)
        return int(sizes[len(sizes) // 2])


def _tune(servers: Servers) -> None:
    """Give PostgreSQL what it takes up with its next start."""
    engine = create_engine(make_url(servers.superuser_url or ""), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name, value in TUNED.items():
            connection.exec_driver_sql(f"ALTER SYSTEM SET {name} = '{value}'")
    engine.dispose()


@contextmanager
def process(
    argv: list[str], environ: Mapping[str, str], stdout: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process for the length of the block."""
    running = subprocess.Popen(argv, env=dict(environ), stdout=stdout)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30)
