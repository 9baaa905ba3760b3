"""The environment of a running trial, kept (0600) in its home so that other commands find its servers."""

import json
import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

FILE = "environment.json"


def write_private(path: Path, content: object) -> None:
    """Write JSON that only its owner reads, in one move."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file, indent=1)
    fresh.replace(path)


def remember_environment(environ: Mapping[str, str], home: Path, **more: str) -> None:
    """Keep what the processes of this trial are started with."""
    ours = {name: value for name, value in environ.items() if name.startswith("BANDO_")}
    write_private(home / FILE, {**ours, **more})


def recall_environment(environ: MutableMapping[str, str]) -> None:
    """Fill in what a running trial was started with, where the environment says nothing. Live mode: nothing."""
    file = Path(environ.get("BANDO_HOME", ".bando")) / FILE
    if environ.get("BANDO_MODE") == "live" or "BANDO_DATABASE_URL" in environ or not file.exists():
        return
    for name, value in json.loads(file.read_text()).items():
        environ.setdefault(name, value)
