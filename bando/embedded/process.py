"""Starting and stopping a kept server (see keeper.py), and the identity it runs under."""

import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

KEEPER = Path(__file__).with_name("keeper.py")
POLL_SECONDS = 0.02
ANSWER_SECONDS = 60.0  # crash recovery of a demo takes seconds; a machine under load takes longer
STOP_SECONDS = 20.0  # more than the keeper's own patience
LOG_BYTES = 5_000_000  # a log longer than this is begun anew at the next start


class EmbeddedError(Exception):
    """An embedded server cannot run here; the message says why, in words for whoever types the command."""


@dataclasses.dataclass(frozen=True)
class Identity:
    """As whom a server runs: as we do, in a user namespace without rights (root only), or as another user."""

    namespace: bool = False
    uid: int | None = None
    gid: int | None = None

    def give(self, path: Path) -> None:
        """Makes this identity the owner of a file or folder that we created for it."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


@dataclasses.dataclass(frozen=True)
class Orders:
    """What the keeper is told. No secret may stand here: everybody on the machine can read a command line."""

    argv: list[str]
    env: dict[str, str]
    parent: int
    stop_signal: int
    pass_fds: list[int]
    namespace: bool
    uid: int | None
    gid: int | None


class Kept:
    """One server and its keeper, started by this process."""

    def __init__(
        self,
        argv: Sequence[str],
        identity: Identity,
        log: Path,
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        lock: int | None = None,
    ) -> None:
        inherited = [] if lock is None else [lock]
        orders = Orders(
            argv=list(argv),
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},  # nothing of ours: it may hold secrets
            parent=os.getpid(),
            stop_signal=int(stop_signal),
            pass_fds=inherited,
            **dataclasses.asdict(identity),
        )
        with open_log(log) as written:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(KEEPER), json.dumps(dataclasses.asdict(orders))],
                stdin=subprocess.PIPE,
                stdout=written,
                stderr=written,
                cwd="/",
                pass_fds=inherited,
                start_new_session=True,  # Ctrl-C reaches Bando alone, which stops its servers last
            )

    def wait_until(self, answers: Callable[[], bool], seconds: float = ANSWER_SECONDS) -> bool:
        """True once the server answers, from then on it is restarted if it dies; False if it ended first."""
        deadline = time.monotonic() + seconds
        while self._keeper.poll() is None and time.monotonic() < deadline:
            if answers():
                assert self._keeper.stdin is not None
                with suppress(BrokenPipeError):
                    self._keeper.stdin.write(b"!")
                    self._keeper.stdin.flush()
                return True
            time.sleep(POLL_SECONDS)
        return False

    def wait(self) -> int:
        """Exit code of a program that ends by itself."""
        return self._keeper.wait(ANSWER_SECONDS)

    def stop(self) -> None:
        """Stops the server cleanly; returns when it is gone. Stopping twice is harmless."""
        if self._keeper.poll() is None:
            self._keeper.terminate()
            try:
                self._keeper.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._keeper.kill()
                self._keeper.wait()
        if self._keeper.stdin is not None:
            with suppress(BrokenPipeError):
                self._keeper.stdin.close()


def run_to_end(argv: Sequence[str], identity: Identity, log: Path) -> bool:
    """Runs a program under an identity; its words go to the log. True if it succeeded."""
    running = Kept(argv, identity, log)
    try:
        return running.wait() == 0
    finally:
        running.stop()


def open_log(path: Path) -> IO[bytes]:
    """Opens a log for appending, readable by its owner only; a long one is begun anew."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    if path.exists() and path.stat().st_size > LOG_BYTES:
        flags |= os.O_TRUNC
    file = os.fdopen(os.open(path, flags, 0o600), "ab")
    belong(path)
    return file


def belong(path: Path) -> None:
    """Gives what root made in a user's folder to that user, who will want to start without root the next
    time."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid, follow_symlinks=False)


def last_words(log: Path, lines: int = 6) -> str:
    """The end of a server's log, for the message that says why it did not start."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def try_lock(path: Path) -> int | None:
    """An exclusive lock as an open file, or None if somebody holds it. A server inherits the file, so the
    lock is free only when the last of its processes is gone, whoever was killed in between."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    belong(path)
    return lock
