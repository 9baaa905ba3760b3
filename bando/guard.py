"""Stands by for the sudden death of the supervisor: a script of its own, told each child's process group;
when the supervisor's end of the pipe closes it kills those groups, with whatever the children had started
themselves. It uses the standard library only and sits in a session of its own, so that it starts in
milliseconds and Ctrl-C passes it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


class Guard:
    """The supervisor's side of the guard process."""

    def __init__(self) -> None:
        self._process = self._begin()

    @staticmethod
    def _begin() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def add(self, group: int) -> None:
        self._tell(f"+{group}\n")

    def remove(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def revive(self, groups: Sequence[int]) -> None:
        """A guard that was killed is replaced by one that knows the same groups."""
        if self._process.poll() is not None:
            self._process = self._begin()
            for group in groups:
                self.add(group)

    def _tell(self, words: str) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(words.encode())
            self._process.stdin.flush()

    def close(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


def stand_by() -> None:
    """The guard process: keeps the list of groups, and kills them when its input ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    stand_by()
