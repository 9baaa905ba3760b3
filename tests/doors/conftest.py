"""One demo for all talks through its doors, with the transcripts' provider in it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import START
from tests.doors.town import PATIENCE_SECONDS, Town
from tests.journeys.conftest import bugs
from tests.journeys.demo import START_HOUR, START_MINUTE, Demo
from tests.journeys.world import World

PATIENT = {
    f"BANDO_{provider}_TIMEOUT_SECONDS": "30"
    for provider in ("AFRICASTALKING", "DARAJA", "TELEGRAM", "WHATSAPP")
}
"""An answer that came too late is not shown again, as nobody knows whether it was. Here every provider is well, and
only the machine may be slow."""
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
    home = tmp_path_factory.mktemp("doors") / "home"
    demo = Demo(
        home,
        start=next_day_of_the_stories(),
        people=2,
        start_seconds=PATIENCE_SECONDS,
        settings=PATIENT,
    )
    try:
        world = World(demo)
        with Town(world) as town:
            yield town
        assert bugs(world) == []
        world.close()
    finally:
        demo.stop()
