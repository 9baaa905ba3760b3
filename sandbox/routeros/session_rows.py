"""Rows that a router makes for a session and takes away with it: names, dynamic queue, dynamic interface."""

import itertools

from sandbox.routeros.table import Table


def free_name(table: Table, name: str) -> str:
    """Return `<name>`, or `<name-1>` and so on for further sessions of the same account."""
    suffixes = itertools.chain([""], (f"-{number}" for number in itertools.count(1)))
    return next(f"<{name}{suffix}>" for suffix in suffixes if table.named(f"<{name}{suffix}>") is None)


QUEUE = {
    "parent": "none", "packet-marks": "", "priority": "8/8", "queue": "default-small/default-small",
    "limit-at": "0/0", "burst-limit": "0/0", "burst-threshold": "0/0", "burst-time": "0s/0s",
    "bucket-size": "0.1/0.1", "dropped": "0/0", "dynamic": "true", "invalid": "false", "disabled": "false",
}  # fmt: skip


def interface_of(name: str, since: str) -> dict[str, str]:
    errors = dict.fromkeys(("rx-drop", "tx-drop", "tx-queue-drop", "rx-error", "tx-error", "link-downs"), "0")
    return {
        "name": name, "type": "pppoe-in", "mtu": "1480", "actual-mtu": "1480", "last-link-up-time": since,
        "running": "true", "dynamic": "true", "slave": "false", "disabled": "false", **errors,
    }  # fmt: skip
