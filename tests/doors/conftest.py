"""One demo for all talks through its doors, with the transcripts' provider in it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import START
from tests.doors.town import Town
from tests.journeys.demo import START_HOUR, START_MINUTE, Demo
from tests.journeys.world import World

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They share one demo, so one test process runs them all."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("doors"))


def next_day_of_the_stories() -> datetime:
    """The next 22nd of November: the transcripts name its days."""
    now = datetime.now(UTC)
    start = START.replace(year=now.year, hour=START_HOUR, minute=START_MINUTE)
    return start if start > now else start.replace(year=now.year + 1)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    demo = Demo(tmp_path_factory.mktemp("doors") / "home", start=next_day_of_the_stories(), people=2)
    try:
        world = World(demo)
        with Town(world) as town:
            yield town
        world.close()
    finally:
        demo.stop()
