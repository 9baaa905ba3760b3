"""What survives a restart: append-only lines for what happened, one small sheet for what stands."""

import json
import os
from pathlib import Path
from typing import Any


def write_atomically(path: Path, text: str) -> None:
    """Replaces the file in one step: a reader sees the old text or the new, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text)  # not forced to disk: a trial outlives a killed process, not a power cut
    os.replace(fresh, path)


class Lines:
    """A JSONL file that only grows; `rewrite` shortens it when only the last word about each thing counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and (text := path.read_bytes()) and not text.endswith(b"\n"):
            path.write_bytes(text[: text.rfind(b"\n") + 1])  # the torn line of a killed process

    def append(self, line: str) -> None:
        with self._path.open("a") as file:
            file.write(line + "\n")

    def read(self) -> list[str]:
        if not self._path.exists():
            return []
        return [line for line in self._path.read_text().split("\n") if line.strip()]

    def rewrite(self, lines: list[str]) -> None:
        write_atomically(self._path, "".join(f"{line}\n" for line in lines))


class Sheet:
    """A small JSON object in a file, replaced whole at each change."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        found: dict[str, Any] = json.loads(self._path.read_text())
        return found

    def write(self, page: dict[str, Any]) -> None:
        write_atomically(self._path, json.dumps(page, indent=1))
