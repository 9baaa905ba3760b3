"""How the tests are spread over the processes of a run: the folders of one demo each stay together and go first.

xdist's own groups are of no use here: they are handed on in the names of the tests, which pytest 9 no longer lets
it change, so that every process got a demo of its own.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/journeys", "tests/browser")
"""Longest first: what is begun last should be short."""


def place(nodeid: str) -> str:
    """What must run in one process: all tests of a demo, all tests of a file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in TOGETHER if file.startswith(f"{folder}/")), file)


def longest_first(items: list[pytest.Item]) -> None:
    """Those of a demo before all others, which keep their order."""
    last = len(TOGETHER)
    order = {folder: rank for rank, folder in enumerate(TOGETHER)}
    items.sort(key=lambda item: order.get(place(item.nodeid), last))


class Spread(LoadScopeScheduling):
    """Hands out places, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return place(nodeid)
