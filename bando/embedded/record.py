"""What is remembered of a home between starts: ports, passwords, and where the data lies (`servers.json`,
0600)."""

import dataclasses
import json
import os
import secrets
import socket
from pathlib import Path

from bando.embedded.process import belong

FILE = "servers.json"
FIRST_PORT, LAST_PORT = (
    20_000,
    32_000,
)  # below the range from which systems draw ports for outgoing connections
ROLES = ("postgres", "bando_owner", "bando_app", "bando_reader", "bando_radius")


@dataclasses.dataclass
class Record:
    """Ports are of 127.0.0.1; a port of 0 was not drawn yet. `data` is set where data lies outside the
    home."""

    postgres_port: int = 0
    postgres_passwords: dict[str, str] = dataclasses.field(default_factory=dict)
    valkey_port: int = 0
    valkey_password: str = ""
    data: str | None = None


def read(home: Path) -> Record:
    """The home's record; new passwords are drawn for whatever has none."""
    path = home / FILE
    record = Record(**json.loads(path.read_text())) if path.exists() else Record()
    for role in ROLES:
        record.postgres_passwords.setdefault(role, secrets.token_urlsafe(24))
    record.valkey_password = record.valkey_password or secrets.token_urlsafe(24)
    return record


def write(home: Path, record: Record) -> None:
    """Replaces the record in one step: a crash leaves the old one or the new one."""
    write_private(home / FILE, json.dumps(dataclasses.asdict(record), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Writes a 0600 file owned by the owner of its folder, also when root writes in another user's folder."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    belong(fresh)
    fresh.replace(path)


def usable_port(remembered: int) -> int:
    """The remembered port if it is free, otherwise one newly drawn."""
    port = remembered
    while not port or not is_free(port):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
