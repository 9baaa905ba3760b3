"""The supervisor as it is used: a process of its own, driven by signals and read by its output."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 15.0

SUPERVISOR = """
import sys
from bando.supervise import Child, supervise
ready = lambda: print("ALL READY", flush=True)
pairs = zip(sys.argv[1::2], sys.argv[2::2])
children = [Child(name, [sys.executable, "-c", code], {"WHO": name}) for name, code in pairs]
sys.exit(supervise(children, on_ready=ready, ready_checks=[lambda: True]))
"""
SLEEPER = "import os, time; print('pid', os.getpid(), os.environ['WHO']); time.sleep(600)"
PARENT = "import subprocess; c = subprocess.Popen(['sleep', '600']); print('pid', c.pid); c.wait()"
STUBBORN = (
    "import os, signal, time; signal.signal(15, signal.SIG_IGN); print('pid', os.getpid()); time.sleep(600)"
)


class Running:
    """A supervisor under test; every process it names in its output is remembered."""

    def __init__(self, **children: str) -> None:
        words = [word for pair in children.items() for word in pair]
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, *words],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.pids: list[int] = []
        self.output = ""

    def read_until(self, pattern: str, times: int = 1) -> None:
        """Reads output until the pattern has been seen so many times in all."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(re.findall(pattern, self.output)) < times:
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self.process.stdout], [], [], max(left, 0))
            assert readable, f"{pattern!r} did not come {times} times in:\n{self.output}"
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, f"the supervisor ended after:\n{self.output}"
            self.output += piece.decode()
        self.pids = [int(pid) for pid in re.findall(r"pid (\d+)", self.output)]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ends(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def begin() -> Iterator[type[Running]]:
    begun: list[Running] = []

    class Remembered(Running):
        def __init__(self, **children: str) -> None:
            super().__init__(**children)
            begun.append(self)

    yield Remembered
    for running in begun:
        running.process.kill()
        running.process.wait()
        for pid in running.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return not state.stdout.strip().startswith("Z") and state.stdout.strip() != ""


def gone(pids: list[int]) -> bool:
    """True as soon as none of them lives; False if one still does when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(is_alive(pid) for pid in pids):
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], 0.02)
    return True


def test_prefixes_each_line_and_says_when_all_are_ready(begin: type[Running]) -> None:
    running = begin(web=SLEEPER, ticker=SLEEPER)
    running.read_until(r"pid \d+", times=2)
    running.read_until("ALL READY")
    assert re.search(r"^web    \| pid \d+ web$", running.output, re.M)
    assert re.search(r"^ticker \| pid \d+ ticker$", running.output, re.M)
    assert "\x1b[" not in running.output  # no colour into a pipe


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_signal_ends_all(begin: type[Running], number: signal.Signals) -> None:
    running = begin(a=SLEEPER, b=SLEEPER, c=PARENT)
    running.read_until(r"pid \d+", times=3)
    running.signal(number)
    assert running.ends() == 0
    assert gone(running.pids)


def test_a_killed_child_comes_back_and_its_own_children_do_not_stay(begin: type[Running]) -> None:
    running = begin(worker=SLEEPER, parent=PARENT)
    running.read_until(r"pid \d+", times=2)
    first = {name: int(pid) for name, pid in re.findall(r"^(\w+) *\| pid (\d+)", running.output, re.M)}
    os.kill(first["worker"], signal.SIGKILL)
    leader = os.getpgid(first["parent"])
    os.kill(leader, signal.SIGKILL)
    running.read_until(r"pid \d+", times=4)
    assert running.output.count("ended by SIGKILL, again in 0.5 s") == 2
    assert gone([first["worker"], first["parent"], leader])
    assert len(set(running.pids)) == 4


def test_a_child_that_fails_again_and_again_waits_longer_each_time(begin: type[Running]) -> None:
    running = begin(broken="raise SystemExit(3)", steady=SLEEPER)
    running.read_until("ended with code 3", times=3)
    assert re.findall(r"again in ([\d.]+) s", running.output)[:3] == ["0.5", "1.0", "2.0"]
    assert is_alive(running.pids[0])


def test_a_killed_supervisor_leaves_nobody(begin: type[Running]) -> None:
    running = begin(a=SLEEPER, stubborn=STUBBORN, c=PARENT)
    running.read_until(r"pid \d+", times=3)
    groups = [os.getpgid(pid) for pid in running.pids]
    running.signal(signal.SIGKILL)
    running.ends()
    assert gone(running.pids + groups)


def test_a_second_signal_kills_at_once_who_does_not_listen(begin: type[Running]) -> None:
    running = begin(stubborn=STUBBORN, listens=SLEEPER)
    running.read_until(r"pid \d+", times=2)
    stubborn = int(re.findall(r"stubborn \| pid (\d+)", running.output)[0])
    listens = next(pid for pid in running.pids if pid != stubborn)
    begun = time.monotonic()
    running.signal(signal.SIGINT)
    assert gone([listens])
    assert is_alive(stubborn)
    while running.process.poll() is None and time.monotonic() - begun < PATIENCE_SECONDS:
        select.select([], [], [], 0.4)  # a person's second key press
        running.signal(signal.SIGINT)
    assert running.ends() == 1
    assert time.monotonic() - begun < 9  # the grace is ten seconds
    assert gone([stubborn])


def test_a_closed_pipe_ends_all(begin: type[Running]) -> None:
    running = begin(chatty="import os, time\nwhile True: print('pid', os.getpid()); time.sleep(0.05)")
    running.read_until(r"pid \d+")
    assert running.process.stdout is not None
    running.process.stdout.close()
    assert running.ends() == 0
    assert gone(running.pids)
