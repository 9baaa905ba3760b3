"""The wiring: every event has its line, every listener takes what its events say, every queue exists."""

import dataclasses
import importlib
import inspect
from pathlib import Path

import pytest

from core.base.events import ClockStruck, Event
from core.switchboard import CLOCK, LISTENERS, ON, queue_of, routes
from core.worker.queues import QUEUES
from core.worker.run import Listener
from core.worker.ticker import ClockTask, listener_name

ROOT = Path(__file__).resolve().parents[2]


def declared() -> list[type[Event]]:
    """Every event class of every area's events.py, but ClockStruck, whose listener the clock itself names."""
    found: list[type[Event]] = []
    for path in sorted((ROOT / "core").glob("**/events.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        found += [
            thing
            for thing in vars(module).values()
            if inspect.isclass(thing) and issubclass(thing, Event) and thing.__module__ == module.__name__
        ]
    return [event for event in found if event not in (Event, ClockStruck)]


PAIRS = [(event, job) for event, jobs in ON.items() for job in jobs]


def test_every_event_has_its_line() -> None:
    events = declared()
    assert len(events) > 10
    assert {event.__name__ for event in events} == {event.__name__ for event in ON}


@pytest.mark.parametrize(("event", "job"), PAIRS, ids=lambda value: value.__name__)
def test_a_listener_takes_what_its_event_says(event: type[Event], job: Listener) -> None:
    facts = {field.name: None for field in dataclasses.fields(event)}
    inspect.signature(job).bind(object(), **facts)
    by_name = list(inspect.signature(job).parameters.values())[1:]
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in by_name)
    wanted = {field.name: field.type for field in dataclasses.fields(event)}
    hints = inspect.get_annotations(job, eval_str=True)
    assert {name: hints[name] for name in wanted} == wanted


@pytest.mark.parametrize("event", ON, ids=lambda value: value.__name__)
def test_an_event_holds_ids_and_short_strings(event: type[Event]) -> None:
    assert {field.type for field in dataclasses.fields(event)} <= {int, str}
    assert event.__doc__


@pytest.mark.parametrize("task", CLOCK, ids=lambda task: task.name)
def test_a_clock_job_takes_nothing_and_is_known_by_its_name(task: ClockTask) -> None:
    inspect.signature(task.job).bind(object())
    assert LISTENERS[task.name] is task.job
    assert (task.minutes is None) != (task.at is None)


def test_every_route_leads_to_a_listener_and_a_queue() -> None:
    found = [route for event in ON for route in routes(event)]
    assert {route.queue for route in found} <= set(QUEUES)
    assert {route.listener for route in found} <= set(LISTENERS)
    assert {queue_of(task.name) for task in CLOCK} <= set(QUEUES)


def test_no_two_jobs_have_one_name() -> None:
    jobs = {job for jobs in ON.values() for job in jobs} | {task.job for task in CLOCK}
    assert len({listener_name(job) for job in jobs}) == len(jobs)
    for jobs_of_one in ON.values():
        assert len(set(jobs_of_one)) == len(jobs_of_one)
