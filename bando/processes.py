"""The processes of one machine: what `bando up` and `bando demo` keep running, and each one's own loop."""

import gc
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import httpx
import uvicorn
from rq.logutils import setup_loghandlers

from bando.compose import Program, assemble, check_database, read_settings
from bando.supervise import Child
from core.base.log import set_up_logging
from core.base.settings import Settings
from core.switchboard import CLOCK, LISTENERS, queue_of
from core.worker.queues import QUEUES, worker
from core.worker.relay import Relay
from core.worker.run import Runner
from core.worker.ticker import Ticker

if TYPE_CHECKING:
    from bando.web import Web

HEADER_BYTES = 16_384
KEEP_ALIVE_SECONDS = 5
CONCURRENT_REQUESTS = 500
"""Beyond it the web answers 503 at once instead of letting callers wait for nothing."""


def children(environ: Mapping[str, str], *, sandbox: bool, home: Path) -> list[Child]:
    """Every process of this machine, in the order in which they start."""
    bando = [sys.executable, "-P", "-m", "bando"]
    env = dict(environ)
    found = [Child(name, [*bando, name], env) for name in ("web", "relay", "ticker")]
    found += [Child(f"worker-{name}", [*bando, "worker", name], env) for name in QUEUES]
    if sandbox:
        played = [sys.executable, "-P", "-m", "sandbox", "--world", str(home / "world.json")]
        played += ["--port", str(Settings().sandbox_port), "--state", str(home / "sandbox")]
        found.insert(0, Child("sandbox", played, env))
    return found


def is_answering(url: str) -> bool:
    """Whether a web address answers 200, as the supervisor's ready checks ask it."""
    try:
        return httpx.get(url, timeout=2.0).status_code == 200
    except httpx.HTTPError:
        return False


def start(process: str) -> Program:
    """Read the settings and assemble the program for one process."""
    settings = read_settings()
    set_up_logging(process, settings.shared.log_level, settings.shared.log_folder)
    program = assemble(settings)
    check_database(program)
    return program


def create_web() -> "Web":
    """Uvicorn's factory.

    What stands by now stays. A collection that walks all of it takes some 90 ms in which nobody is answered, so
    it is taken out of the collector's sight.
    """
    from bando.web import create

    web = create()
    gc.collect()
    gc.freeze()
    return web


def run_web(environ: Mapping[str, str]) -> None:
    """The web, without an access log: paths hold secrets."""
    settings = read_settings()
    uvicorn.run(
        "bando.processes:create_web",
        factory=True,
        host=settings.shared.host,
        port=settings.shared.port,
        access_log=False,
        log_config=None,  # its errors take the way of ours, masked, instead of raw to standard error
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=int(environ.get("BANDO_WEB_CONCURRENCY", CONCURRENT_REQUESTS)),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_graceful_shutdown=5,
    )


def run_relay() -> None:
    program = start("relay")
    Relay(program.database, program.redis).run(_until_told())


def run_ticker() -> None:
    program = start("ticker")
    queues = {task.name: queue_of(task.name) for task in CLOCK}
    Ticker(program.database, CLOCK, queues).run(_until_told())


def run_worker(names: Sequence[str]) -> None:
    """Work on one queue. More than one would let RQ lose a job between two lists."""
    (name,) = names
    program = start(f"worker-{name}")
    setup_loghandlers("WARNING")
    runner = Runner(program, LISTENERS)
    worker(name, program.redis, runner.run).work(logging_level="WARNING")


def _until_told() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop
