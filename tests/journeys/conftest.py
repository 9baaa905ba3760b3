"""One demo for all journeys; the world is mended and its books are looked through after each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.demo import Demo
from tests.journeys.world import World

HERE = Path(__file__).parent
running: list[Demo] = []


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Nobody looks at the demo any more: it leaves the machine to the other tests."""
    if nextitem is None or HERE not in nextitem.path.parents:
        for demo in running:
            demo.stop()
        running.clear()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running.append(Demo(tmp_path_factory.mktemp("journeys") / "home"))
    yield running[-1]
    for one in running:  # where the run was broken off
        one.stop()


@pytest.fixture(scope="session")
def whole_world(demo: Demo) -> Iterator[World]:
    found = World(demo)
    yield found
    found.close()


@pytest.fixture
def world(whole_world: World) -> Iterator[World]:
    """The world, nothing wrong with it at the start; at the end the books must be whole, whatever happened."""
    before = len(bugs(whole_world))
    whole_world.database_was_killed = False
    yield whole_world
    whole_world.make_good()
    whole_world.comes_to_rest()
    whole_world.books.are_whole(whole_world.statement())
    assert whole_world.database_was_killed or bugs(whole_world)[before:] == []


def bugs(world: World) -> list[str]:
    """Log lines that tell of a mistake of ours: no fault of the outside world may lead to one."""
    traces = [line for line in world.log().splitlines() if "Traceback" in line]
    return [line for line in traces if "ForeignJob" not in line]  # RQ's own word about a job it was refused
