"""A whole Bando for the journeys: one real `bando demo` in a home of its own, and its processes by name."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 90
"""How long a demo may take to begin, where nothing else runs on the machine."""
WAIT_SECONDS = 15.0
LOOK_SECONDS = 0.04
GATEWAY_SECONDS = 4
"""How long an answer of M-PESA's is waited for: a journey in which none comes waits for it."""
FIRST_PORT, LAST_PORT = 10_100, 19_900
"""Below the ports that the embedded servers draw and the system hands out."""
PLAYED_PORTS = (11, 12, 13, 14)
"""Routers and the mail server, counted from the sandbox's port."""

START_HOUR, START_MINUTE = 7, 3
"""In UTC: the demo begins at 10:03 in Nairobi, so that no journey depends on when the tests are run."""

Found = TypeVar("Found")


def eventually(what: str, look: Callable[[], Found], *, within: float = WAIT_SECONDS) -> Found:
    """Look again and again until what is seen is true, and return it. Fails, naming it, after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"within {within:g} s there was no {what}; last seen: {found!r}"
        time.sleep(LOOK_SECONDS)


def tomorrow() -> datetime:
    """When a demo begins that has no reason for another day."""
    return (datetime.now(UTC) + timedelta(days=1)).replace(hour=START_HOUR, minute=START_MINUTE, second=0)


def _turn_the_clock(home: Path, start: datetime) -> None:
    """Set the trial's clock ahead, before anything runs."""
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "clock").write_text(str(int((start - datetime.now(UTC)).total_seconds())))


class Demo:
    """The running program. start: the day and the time at which it begins. people: how many the seed makes.
    secrets: what its AT and Daraja doors accept, newest first."""

    def __init__(
        self,
        home: Path,
        *,
        start: datetime | None = None,
        people: int = 6,
        start_seconds: float = START_SECONDS,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.port, self.sandbox_port = _free_ports()
        self.door_secrets = [secrets.token_hex(16), secrets.token_hex(16)]
        self._output = home.with_name(f"{home.name}.out")
        _turn_the_clock(home, start or tomorrow())
        ours = {name: value for name, value in os.environ.items() if not name.startswith("BANDO_")}
        ours |= {
            "BANDO_HOME": str(home),
            "BANDO_PORT": str(self.port),
            "BANDO_SANDBOX_PORT": str(self.sandbox_port),
            "BANDO_SEED_PEOPLE": str(people),
            "BANDO_SEED_DAYS": "35",
            "BANDO_USSD_PUSH_AFTER_SECONDS": "0",
            "BANDO_DARAJA_TIMEOUT_SECONDS": str(GATEWAY_SECONDS),
            "BANDO_DOOR_SECRETS": ",".join(self.door_secrets),
            "PYTHONPATH": str(REPOSITORY),
            **(settings or {}),
        }
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "bando", "demo"],
                cwd=home.parent,
                env=ours,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            eventually("demo that is ready", self._is_ready, within=start_seconds)
        except BaseException:
            self.stop()
            raise

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def output(self) -> str:
        """Everything the demo has printed."""
        return self._output.read_text(errors="replace")

    def stop(self) -> None:
        """End it, if it runs."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, f"the demo ended:\n{self.output[-4000:]}"
        return "Bando is ready" in self.output

    def pids(self, *argv: str) -> list[int]:
        """The processes of this home that run `bando ARGV`, such as pids("worker", "money")."""
        return [pid for pid, words in self._running() if words[-len(argv) - 1 :] == ["bando", *argv]]

    def kill(self, *argv: str) -> None:
        """SIGKILL to the processes of this home that run `bando ARGV`."""
        found = self.pids(*argv)
        assert found, f"bando {' '.join(argv)} does not run"
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    def kill_if_running(self, *argv: str) -> None:
        """The same, where it may just be starting again."""
        if self.pids(*argv):
            self.kill(*argv)

    def kill_postgres(self) -> None:
        """SIGKILL to the postmaster; its keeper begins it anew."""
        data = Path(self.servers["data"] or self.home)
        os.kill(int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)

    @property
    def servers(self) -> dict[str, Any]:
        """Ports and passwords of the embedded servers."""
        found: dict[str, Any] = json.loads((self.home / "servers.json").read_text())
        return found

    def trial_secrets(self) -> list[str]:
        """Every secret that this trial has drawn or been given."""
        drawn = json.loads((self.home / "trial.json").read_text())
        servers = self.servers
        return [
            *self.door_secrets,
            *drawn["settings"].values(),
            *drawn["routers"].values(),
            *servers["postgres_passwords"].values(),
            str(servers["valkey_password"]),
        ]

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
                continue  # it ended while we looked, or is not ours


def _free_ports() -> tuple[int, int]:
    """(web, sandbox): what it plays listens just above it."""
    while True:
        base = FIRST_PORT + secrets.randbelow((LAST_PORT - FIRST_PORT) // 20) * 20
        if all(_is_free(base + offset) for offset in (0, 2, *(2 + port for port in PLAYED_PORTS))):
            return base, base + 2


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def answers(url: str) -> bool:
    """Whether the address answers 200."""
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
