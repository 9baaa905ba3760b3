"""The two servers of a home as one thing: started, reused if they run, or given by the environment."""

import dataclasses
import os
import shutil
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from bando.embedded import postgres, quarters, valkey
from bando.embedded import record as records
from bando.embedded.process import POLL_SECONDS, EmbeddedError, Kept, belong, last_words, try_lock

Say = Callable[[str], None]
WAIT_SECONDS = 60.0  # for another start of the same home, or for the last processes of a killed server
PRIVATE = 0o700
PORT_TRIES = 3  # somebody may take a port between our look at it and the server's bind


@dataclasses.dataclass
class Servers:
    """Where the database and the queue answer, and a way to stop what this process started.

    Of a given database only the URLs given are known: `owner_url` falls back to the application's own, the
    others are None. Leaving the `with` block stops the servers which this process started and no others."""

    app_url: str
    owner_url: str
    redis_url: str
    superuser_url: str | None = None
    reader_url: str | None = None
    radius_url: str | None = None
    started: dict[str, Kept] = dataclasses.field(default_factory=dict)

    def stop(self) -> None:
        """Stops cleanly; stopping twice is harmless. Should Bando be killed instead, the servers stop too."""
        for kept in self.started.values():
            kept.stop()
        self.started = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()


def start(
    home: Path,
    *,
    fsync: bool = True,
    for_tests: bool = False,
    say: Say = lambda _line: None,
    way: quarters.Way | None = None,
) -> Servers:
    """Both servers of this home, with their data in it; running ones are used as they are.

    `for_tests` lets the owner role create databases. `fsync=False` is for data that may be lost. `way` fixes
    how root starts a new home (see quarters.py). Raises EmbeddedError with the reason in words."""
    with Start(home, fsync=fsync, say=say, way=way) as beginning:
        beginning.valkey()
        beginning.postgres(for_tests=for_tests)
        return beginning.done("", "", "")


def resolve(
    environ: Mapping[str, str], home: Path, say: Say = lambda _line: None, *, fsync: bool = True
) -> Servers:
    """The servers named by BANDO_DATABASE_URL (and _OWNER_URL) and BANDO_REDIS_URL, untouched and unasked;
    ours for each that is not named. Nothing is made in `home` if nothing is started."""
    database, queue = environ.get("BANDO_DATABASE_URL", ""), environ.get("BANDO_REDIS_URL", "")
    owner = environ.get("BANDO_DATABASE_OWNER_URL", "")
    if owner and not database:
        raise EmbeddedError("BANDO_DATABASE_OWNER_URL is set without BANDO_DATABASE_URL: set both or neither")
    if database and queue:
        return Servers(app_url=database, owner_url=owner or database, redis_url=queue)
    with Start(home, fsync=fsync, say=say, way=None) as beginning:
        if not queue:
            beginning.valkey()
        if not database:
            beginning.postgres(for_tests=False)
        return beginning.done(database, owner, queue)


def erase(home: Path) -> None:
    """Deletes a home and its data, wherever it lies. Raises EmbeddedError while its servers run."""
    if not home.exists():
        return
    locks = [try_lock(home / f"{name}.lock") for name in ("postgres", "valkey")]
    try:
        if None in locks:
            raise EmbeddedError(f"the servers of {home} are running: stop them first")
        if data := records.read(home).data:
            shutil.rmtree(data)
        shutil.rmtree(home)
    finally:
        for lock in filter(None, locks):
            os.close(lock)


class Start:
    """One start of a home's servers. Only one is under way at a time; what it began is stopped if it
    fails."""

    def __init__(self, home: Path, *, fsync: bool, say: Say, way: quarters.Way | None) -> None:
        self._home = private(home)
        self._fsync, self._say = fsync, say
        self._started: dict[str, Kept] = {}
        self._lock = wait_for_lock(self._home / "start.lock", lambda: False)
        try:
            self._record = records.read(self._home)
            recorded = Path(self._record.data) if self._record.data else None
            self._quarters = quarters.find(self._home, recorded, way)
            self._record.data = None if self._quarters.data == self._home else str(self._quarters.data)
            records.write(self._home, self._record)
        except BaseException:
            self._unlock()
            raise

    def valkey(self) -> None:
        log = self._home / "log" / "valkey.log"

        def begin(lock: int) -> Kept | None:
            self._record.valkey_port = records.usable_port(self._record.valkey_port)
            records.write(self._home, self._record)
            return valkey.start(self._quarters, self._record, log, fsync=self._fsync, lock=lock)

        self._open("valkey", lambda: valkey.answers(self._record), begin, log)

    def postgres(self, *, for_tests: bool) -> None:
        log = self._home / "log" / "postgres.log"

        def begin(lock: int) -> Kept | None:
            if not (self._quarters.data / "postgres").exists():
                self._say("PostgreSQL: making a new data folder")
            postgres.make_cluster(self._quarters, self._record, log, fsync=self._fsync)
            self._record.postgres_port = records.usable_port(self._record.postgres_port)
            records.write(self._home, self._record)
            return postgres.start(self._quarters, self._record, log, fsync=self._fsync, lock=lock)

        self._open("postgres", lambda: postgres.answers(self._record), begin, log)
        postgres.furnish(self._record, for_tests=for_tests)

    def _open(
        self, name: str, answers: Callable[[], bool], begin: Callable[[int], Kept | None], log: Path
    ) -> None:
        """Uses the running server or begins one; its lock says which."""
        lock = wait_for_lock(self._home / f"{name}.lock", answers)
        if lock is None:
            self._say(f"{name}: already running")
            return
        try:
            for _ in range(PORT_TRIES):
                if kept := begin(lock):
                    self._started[name] = kept
                    self._say(f"{name}: ready")
                    return
        finally:
            os.close(lock)
        raise EmbeddedError(f"{name} did not start:\n{last_words(log)}")

    def done(self, database: str, owner: str, queue: str) -> Servers:
        """The URLs given, or those of our servers where they are empty; the servers begun go with the
        result."""
        urls = {role: postgres.url(self._record, role) for role in records.ROLES} if not database else {}
        servers = Servers(
            app_url=database or urls["bando_app"],
            owner_url=owner or database or urls["bando_owner"],
            redis_url=queue or valkey.url(self._record),
            superuser_url=urls.get("postgres"),
            reader_url=urls.get("bando_reader"),
            radius_url=urls.get("bando_radius"),
            started=self._started,
        )
        self._started = {}
        return servers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for kept in self._started.values():
            kept.stop()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)


def private(home: Path) -> Path:
    """The home as an absolute path, a 0700 folder made if missing; folders above it are left as they are."""
    home = home.absolute()
    home.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    if os.geteuid() not in (0, home.stat().st_uid):
        raise EmbeddedError(f"{home} belongs to another user; start as that user, or set another BANDO_HOME")
    if stat.S_IMODE(home.stat().st_mode) != PRIVATE:
        home.chmod(PRIVATE)
    (home / "log").mkdir(mode=PRIVATE, exist_ok=True)
    belong(home / "log")
    return home


def wait_for_lock(path: Path, or_until: Callable[[], bool]) -> int | None:
    """The lock, or None once `or_until` holds while somebody else has it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while (lock := try_lock(path)) is None:
        if or_until():
            return None
        if time.monotonic() > deadline:
            raise EmbeddedError(f"somebody holds {path} and does not answer; look for processes that use it")
        time.sleep(POLL_SECONDS)
    return lock
