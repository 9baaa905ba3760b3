"""A worker process that is timed: it says "ready", does its jobs, says "done", then whatever it has found."""

import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from bando.compose import Program
from bench.stage import process
from core.worker.relay import Relay

End = Callable[[], None]


def time_work(argv: Sequence[str], environ: Mapping[str, str], begin: Callable[[], End]) -> tuple[float, str]:
    """(seconds from `begin`, which gives it its work, until "done"; what it says after that).

    What `begin` returns is called when the process has ended. RuntimeError where it was not done.
    """
    with process(list(argv), environ, stdout=subprocess.PIPE) as working:
        assert working.stdout is not None
        working.stdout.readline()
        began = time.perf_counter()
        end = begin()
        try:
            said = working.stdout.readline()
            seconds = time.perf_counter() - began
            rest = working.stdout.read().decode()
            working.wait()
        finally:
            end()
    if said.strip() != b"done":
        raise RuntimeError(f"the worker ended with {said!r}")
    return seconds, rest


def relaying(program: Program) -> End:
    """Relay this program's deliveries until the end."""
    stop = threading.Event()
    moving = threading.Thread(target=Relay(program.database, program.redis).run, args=(stop,))
    moving.start()

    def end() -> None:
        stop.set()
        moving.join()

    return end
