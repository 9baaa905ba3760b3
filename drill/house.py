"""A whole Bando to be ill-treated: one real demo in a temporary home, its processes by name, its servers by pid."""

import ctypes
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from drill.killer import HANDS

REPOSITORY = Path(__file__).parents[1]
START_SECONDS = 120.0
STOP_SECONDS = 40.0
FIRST_PORT, LAST_PORT = 10_100, 19_900
PLAYED_PORTS = (11, 12, 13, 14)
"""Routers and the mail server, counted from the sandbox's port."""
LOOK_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
PROCESSES: tuple[tuple[str, ...], ...] = (
    ("web",),
    ("relay",),
    ("ticker",),
    ("worker", "money"),
    ("worker", "provision"),
    ("worker", "talk"),
    ("worker", "notify"),
    ("worker", "bulk"),
)


class NoHouse(Exception):
    """The demo did not start, or came to an end by itself."""


def wait_for(what: str, look: Callable[[], Any], seconds: float) -> Any:
    """What `look` finds, once it is true. Raises TimeoutError, naming it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        time.sleep(LOOK_SECONDS)
    return found


class House:
    """The running demo. hands: its processes name their commits, and kill themselves there on order."""

    def __init__(self, home: Path, *, people: int, hands: bool = False) -> None:
        self.home, self._people, self._hands = home, people, hands
        self._output = home.with_name(f"{home.name}.out")
        self._process: subprocess.Popen[bytes] | None = None
        self.port, self.sandbox_port = _free_ports()

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    @property
    def servers(self) -> dict[str, Any]:
        """Ports and passwords of the embedded servers, and where their data lies."""
        found: dict[str, Any] = json.loads((self.home / "servers.json").read_text())
        return found

    @property
    def data(self) -> Path:
        return Path(self.servers["data"] or self.home)

    @property
    def world(self) -> dict[str, Any]:
        """What the sandbox plays with: addresses, numbers, secrets of the doors."""
        found: dict[str, Any] = json.loads((self.home / "world.json").read_text())
        return found

    @property
    def secret_key(self) -> str:
        return str(json.loads((self.home / "trial.json").read_text())["settings"]["BANDO_SECRET_KEY"])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    # -- life

    def start(self, before: Sequence[str] = ()) -> None:
        """`before` is a command under which it is started (a mount namespace, say)."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BANDO_")}
        environment |= {
            "BANDO_HOME": str(self.home),
            "BANDO_PORT": str(self.port),
            "BANDO_SANDBOX_PORT": str(self.sandbox_port),
            "BANDO_SEED_PEOPLE": str(self._people),
            "BANDO_SEED_DAYS": "35",
            "BANDO_USSD_PUSH_AFTER_SECONDS": "0",
            "BANDO_USSD_SESSIONS_AN_HOUR": "1000",  # buyers here dial until they are served
            "BANDO_USSD_TURNS_A_MINUTE": "1000",
            "PYTHONPATH": str(REPOSITORY),
        }
        if self._hands:
            environment[HANDS] = "on"
        with self._output.open("ab") as output:
            began = output.tell()
            self._process = subprocess.Popen(
                [*before, sys.executable, "-P", "-m", "drill.stage"],
                cwd=self.home.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the drill, which stops its house
                preexec_fn=_end_with_us,
            )
        try:
            wait_for("the demo", lambda: self._is_ready(began), START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def _is_ready(self, began: int) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise NoHouse(f"the demo ended:\n{self.output[-3_000:]}")
        return "Bando is ready" in self.output[began:]

    def stop(self) -> None:
        """As a person stops it; should it not obey, it is killed, and its guard and keepers end the rest."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    # -- kills

    def pids(self, *argv: str) -> list[int]:
        """The processes of this home that run `bando ARGV`."""
        return [pid for pid, words in self._running() if words[-len(argv) - 1 :] == ["drill.killer", *argv]]

    def kill(self, *argv: str) -> int:
        """SIGKILL to the processes that run `bando ARGV`. How many there were."""
        return sum(_signal(pid, signal.SIGKILL) for pid in self.pids(*argv))

    def signal_postgres(self, number: signal.Signals) -> None:
        """SIGINT: a fast restart. SIGKILL: the postmaster dies, its keeper begins it anew."""
        _signal(int((self.data / "postgres" / "postmaster.pid").read_text().splitlines()[0]), number)

    def signal_valkey(self, number: signal.Signals) -> None:
        _signal(self.valkey_pid(), number)

    def valkey_pid(self) -> int:
        with self.valkey() as connection:
            return int(connection.info("server")["process_id"])

    def signal(self, pid: int, number: signal.Signals) -> None:
        _signal(pid, number)

    def valkey(self) -> Any:
        import redis

        servers = self.servers
        return redis.Redis(port=servers["valkey_port"], password=servers["valkey_password"], socket_timeout=3)

    def _running(self) -> Iterator[tuple[int, list[str]]]:
        mine = f"BANDO_HOME={self.home}\0".encode()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if mine in (entry / "environ").read_bytes():
                    words = (entry / "cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
                    yield int(entry.name), words
            except OSError:
                continue  # it ended while we looked


class Temporary:
    """A house in a temporary folder: started on entry, stopped and erased on exit."""

    def __init__(self, name: str, people: int = 6, *, hands: bool = False) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=f"bando-drill-{name}-"))
        self.house = House(self._folder / "home", people=people, hands=hands)

    def __enter__(self) -> Self:
        try:
            self.house.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.house.stop()
        with suppress(OSError):
            outside = self.house.data
            if outside != self.house.home:
                shutil.rmtree(outside, ignore_errors=True)
        if "DRILL_KEEP" not in os.environ:
            shutil.rmtree(self._folder, ignore_errors=True)


def _end_with_us() -> None:
    """Linux: should the drill be killed, its house is told to stop."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _signal(pid: int, number: signal.Signals) -> int:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return 0
    return 1


def _free_ports() -> tuple[int, int]:
    """(web, sandbox): what it plays listens just above it."""
    while True:
        base = FIRST_PORT + secrets.randbelow((LAST_PORT - FIRST_PORT) // 20) * 20
        if all(_is_free(base + offset) for offset in (0, 2, *(2 + port for port in PLAYED_PORTS))):
            return base, base + 2


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
