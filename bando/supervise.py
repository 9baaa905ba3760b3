"""Runs the processes of one machine in the foreground: starts them, forwards their lines, restarts those that
die, and leaves none behind, whether it is asked to stop or is killed itself (guard.py sees to that)."""

import dataclasses
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

from bando.guard import Guard

FIRST_BACK_OFF_SECONDS = 0.5
LONGEST_BACK_OFF_SECONDS = 10.0
STEADY_SECONDS = 30.0  # a child that ran this long starts its back-off anew
STOP_SECONDS = 10.0  # a job may take this long to end after SIGTERM; every job may run twice
LOOK_SECONDS = 0.1
READY_LOOK_SECONDS = 0.2
ONE_WISH_SECONDS = 0.3
READ_BYTES = 65_536  # also the longest line that is kept whole
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)  # ANSI, one child each
ESCAPE = "\x1b["


@dataclasses.dataclass(frozen=True)
class Child:
    """A process to keep running. `env` is laid over the supervisor's own environment."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)


def supervise(
    children: Sequence[Child],
    *,
    on_ready: Callable[[], None] | None = None,
    ready_checks: Sequence[Callable[[], bool]] = (),
) -> int:
    """Runs the children until SIGINT, SIGTERM or SIGHUP; a second signal kills them at once.

    `on_ready` is called once, when every ready check has answered True (they are asked from a thread of their
    own; one that raises OSError is asked again). Returns 0 if all children ended by themselves when told to,
    1 if one had to be killed. Must be called from the main thread, as it takes the signals over."""
    return _Supervisor(children).run(on_ready, ready_checks)


class _Supervisor:
    def __init__(self, children: Sequence[Child]) -> None:
        width = max((len(child.name) for child in children), default=0)
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._guard = Guard()
        self._selector = selectors.DefaultSelector()
        self._running = [
            _Running(child, prefix(child.name, width, COLOURS[i % len(COLOURS)] if coloured else None))
            for i, child in enumerate(children)
        ]
        self._signals = 0
        self._signalled_at = float("-inf")
        self._killed = False

    def run(self, on_ready: Callable[[], None] | None, ready_checks: Sequence[Callable[[], bool]]) -> int:
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        old_wakeup = signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
        old_handlers = {number: signal.signal(number, self._count_signal) for number in STOP_SIGNALS}
        old_handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(wake, selectors.EVENT_READ)
        try:
            ready = watch_readiness(ready_checks)
            for running in self._running:
                self._begin(running)
            while not self._signals:
                self._pump()
                self._revive()
                if on_ready is not None and ready.is_set():
                    self._speak(on_ready)
                    on_ready = None
            self._stop()
        finally:
            for running in self._running:
                running.kill_group()
                self._forget(running)
            self._guard.close()
            signal.set_wakeup_fd(old_wakeup)
            for number, handler in old_handlers.items():
                signal.signal(number, handler)
            self._selector.close()
            os.close(wake)
            os.close(woken)
        return 1 if self._killed else 0

    def _count_signal(self, _number: int, _frame: FrameType | None) -> None:
        """A signal may come twice for one wish: `timeout` signals the group and make passes it on."""
        now = time.monotonic()
        if now - self._signalled_at >= ONE_WISH_SECONDS:
            self._signals += 1
        self._signalled_at = now

    def _begin(self, running: "_Running") -> None:
        process = running.begin()
        self._guard.add(process.pid)
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        self._selector.register(process.stdout, selectors.EVENT_READ, running)

    def _forget(self, running: "_Running") -> None:
        """Reads what a dead child left to say and takes it off the lists."""
        if running.process is None:
            return
        assert running.process.stdout is not None
        while self._forward(running, running.process.stdout.fileno()):
            pass
        self._write(running.rest())
        with suppress(KeyError):
            self._selector.unregister(running.process.stdout)
        running.process.stdout.close()
        self._guard.remove(running.process.pid)
        running.process = None

    def _pump(self) -> None:
        """Forwards output for a moment, less if a signal or the end of a child interrupts."""
        for key, _ in self._selector.select(LOOK_SECONDS):
            if not isinstance(key.data, _Running):
                os.read(key.fd, 1024)
            elif not self._forward(key.data, key.fd):
                self._selector.unregister(key.fileobj)  # it closed its output; it may still run

    def _forward(self, running: "_Running", pipe: int) -> bool:
        """Passes on what there is to read; False at the end of it."""
        try:
            piece = os.read(pipe, READ_BYTES)
        except BlockingIOError:
            return False
        self._write(running.lines(piece))
        return piece != b""

    def _write(self, text: str) -> None:
        if text:
            self._speak(lambda: print(text, end="", flush=True))

    def _speak(self, words: Callable[[], None]) -> None:
        """Standard output gone (a closed pipe) is a reason to stop, not to crash."""
        try:
            words()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._signals = max(self._signals, 1)

    def _revive(self) -> None:
        """Begins again what has died, after its back-off."""
        self._guard.revive([r.process.pid for r in self._running if r.process is not None])
        for running in self._running:
            if running.process is not None and running.has_ended():
                code = running.kill_group()
                self._forget(running)
                self._write(f"{running.prefix}{ending(code)}, again in {running.plan_return():.1f} s\n")
            elif running.process is None and time.monotonic() >= running.begin_at:
                self._begin(running)

    def _stop(self) -> None:
        """SIGTERM to all; SIGKILL to the groups of those still there after the grace, or at a second
        signal."""
        deadline = time.monotonic() + STOP_SECONDS
        for running in self._running:
            running.ask_to_end()
        while any(r.process is not None for r in self._running):
            if self._signals > 1 or time.monotonic() > deadline:
                self._killed = True
                return
            self._pump()
            for running in self._running:
                if running.process is not None and running.has_ended():
                    running.kill_group()
                    self._forget(running)


class _Running:
    """One child over its restarts."""

    def __init__(self, child: Child, line_prefix: str) -> None:
        self.child, self.prefix = child, line_prefix
        self.process: subprocess.Popen[bytes] | None = None
        self.begin_at = 0.0
        self._begun_at = 0.0
        self._back_off = FIRST_BACK_OFF_SECONDS
        self._unfinished = b""

    def begin(self) -> "subprocess.Popen[bytes]":
        self._begun_at = time.monotonic()
        self.process = subprocess.Popen(
            list(self.child.argv),
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.child.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, which Ctrl-C does not reach
        )
        return self.process

    def has_ended(self) -> bool:
        """True without reaping: until the child is reaped nobody else can have its process group's number."""
        assert self.process is not None
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def kill_group(self) -> int:
        """Kills what is left of the group, reaps the child, returns its exit code (minus the signal's
        number)."""
        if self.process is None:
            return 0
        with suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()

    def plan_return(self) -> float:
        """Seconds until the next start: doubled with each early death."""
        now = time.monotonic()
        if now - self._begun_at >= STEADY_SECONDS:
            self._back_off = FIRST_BACK_OFF_SECONDS
        wait, self._back_off = self._back_off, min(self._back_off * 2, LONGEST_BACK_OFF_SECONDS)
        self.begin_at = now + wait
        return wait

    def lines(self, piece: bytes) -> str:
        """The whole lines in what was read so far, each with the prefix."""
        *whole, self._unfinished = (self._unfinished + piece).split(b"\n")
        if len(self._unfinished) >= READ_BYTES:
            whole, self._unfinished = [*whole, self._unfinished], b""
        return "".join(f"{self.prefix}{line.decode(errors='replace')}\n" for line in whole)

    def rest(self) -> str:
        return self.lines(b"\n") if self._unfinished else ""


def watch_readiness(checks: Sequence[Callable[[], bool]]) -> threading.Event:
    """An event that is set once every check has answered True, in order."""
    ready = threading.Event()

    def ask() -> None:
        for check in checks:
            while not answers(check):
                time.sleep(READY_LOOK_SECONDS)
        ready.set()

    threading.Thread(target=ask, name="readiness", daemon=True).start()
    return ready


def answers(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except OSError:
        return False


def prefix(name: str, width: int, colour: int | None) -> str:
    padded = name.ljust(width)
    return f"{padded} | " if colour is None else f"{ESCAPE}{colour}m{padded} |{ESCAPE}0m "


def ending(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
