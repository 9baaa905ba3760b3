"""The software bill of materials: every package of the lock file with version, licence and hashes (CycloneDX 1.6).

Made from the lock and from what is installed, without asking anybody; `make sbom` writes it, a test holds it to
the lock. Tools that write such files name the registry they took a package from; ours names none.
"""

import json
import re
import sys
import uuid
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "sbom.cdx.json"
_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
LONGEST_LICENCE = 80
"""Some packages put the whole text of their licence where its name should be."""


def packages(lock: str) -> list[tuple[str, str, list[str]]]:
    """(name, version, sha256 of each file) of every package in a lock file."""
    found: list[tuple[str, str, list[str]]] = []
    for line in lock.splitlines():
        named = _PACKAGE.match(line)
        if named:
            found.append((named[1], named[2], []))
        if found:
            found[-1][2].extend(_HASH.findall(line))
    return found


def bill(lock: str) -> dict[str, Any]:
    """The bill of a lock file. The same lock gives the same bill."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, lock)}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "bando", "version": "0.1.0"}},
        "components": [_component(*package) for package in packages(lock)],
    }


def _component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "properties": [{"name": "bando:sha256", "value": digest} for digest in hashes],
    }
    licence = _licence(name)
    if licence:
        component["licenses"] = [{"license": {"name": licence}}]
    return component


def _licence(name: str) -> str:
    """The licence by its own word, or by its classifier; empty where the package is not installed here."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    for word in [*(told.get_all("License-Expression") or []), *(told.get_all("License") or [])]:
        if word and len(word) <= LONGEST_LICENCE and "\n" not in word:
            return str(word)
    kinds = [
        one.split(" :: ")[-1] for one in told.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    return kinds[0] if kinds else ""


def main() -> int:
    FILE.write_text(json.dumps(bill((ROOT / "requirements.lock").read_text()), indent=1) + "\n")
    print(f"{FILE.name}: {len(json.loads(FILE.read_text())['components'])} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
