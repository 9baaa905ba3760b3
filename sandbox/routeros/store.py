"""Keeps a router's configuration in a JSON file, so that it survives a restart of the simulator."""

import json
import os
from pathlib import Path
from typing import Any

from sandbox.routeros.device import Device

# What the hardware is comes from the specification, not from yesterday's file; the log lives in memory.
NOT_KEPT = ("/system/resource", "/log")


def save(device: Device, path: Path) -> None:
    """Write all configuration rows; a crash meanwhile leaves the old file whole."""
    tables = {
        menu: {
            "next_id": table.next_id,
            "rows": [[r.id, r.by_hand, r.values] for r in table.rows.values() if not r.dynamic],
        }
        for menu, table in device.tables.items()
        if menu not in NOT_KEPT
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        json.dump({"version": device.spec.version, "tables": tables}, file)
    beside.replace(path)


def load(device: Device, path: Path) -> bool:
    """Put the kept rows in place of the built-in ones; False if there is no file yet."""
    if not path.exists():
        return False
    kept: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="ascii"))["tables"]
    for menu, content in kept.items():
        if (table := device.tables.get(menu)) is None:
            continue
        for row in list(table.rows.values()):
            table.drop(row)
        for id, by_hand, values in content["rows"]:
            table.insert(dict(values), id=id, by_hand=by_hand)
        table.next_id = content["next_id"]
    return True
