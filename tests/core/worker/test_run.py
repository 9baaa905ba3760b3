"""The life of a delivery: leased once, finished, put back with a reason, given up, taken over from the dead."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.errors import NotReady, Unreachable
from core.worker.run import BUG, EARLY, LEASE, OUTSIDE, Patience, Runner
from tests.core.worker.house import House


def _raises(error: BaseException) -> Callable[[], None]:
    def then() -> None:
        raise error

    return then


def _in_seconds(house: House, clock: SetClock, number: int) -> float:
    return (house.delivery(number).available_at - clock.now()).total_seconds()


def test_a_delivery_is_run_once_and_finished(house: House, clock: SetClock) -> None:
    (number,) = house.record(7)
    house.relay.pass_on()
    for _ in range(10):
        house.runner.run(number)
    assert house.heard["test.note"] == [{"subscription_id": 7}]
    found = house.delivery(number)
    assert (found.finished_at, found.attempts, found.leased_until) == (clock.now(), 1, None)


def test_what_was_not_dispatched_is_not_run(house: House) -> None:
    (number,) = house.record(after=timedelta(hours=1))
    house.runner.run(number)
    house.runner.run(number + 1)
    assert house.heard == {}
    assert house.delivery(number).attempts == 0


def test_duplicate_jobs_at_the_same_time_run_it_once(house: House) -> None:
    (number,) = house.record()
    house.relay.pass_on()
    together = threading.Barrier(6)

    def run() -> None:
        together.wait()
        house.runner.run(number)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(house.heard["test.note"]) == 1
    assert house.delivery(number).attempts == 1


def test_a_worker_that_is_faster_than_the_relay_s_commit_waits_for_it(house: House) -> None:
    (number,) = house.record()
    with house.work() as relay:
        relay.session.execute(text("UPDATE deliveries SET dispatched_at = now()"))
        worker = threading.Thread(target=house.runner.run, args=(number,))
        worker.start()
        while not _somebody_waits(house):
            assert worker.is_alive()
    worker.join()
    assert len(house.heard["test.note"]) == 1


def _somebody_waits(house: House) -> bool:
    return bool(
        house.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    )


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Unreachable("no answer"), [3, 6, 12, 24]),
        (Unreachable("later", retry_after_seconds=75), [75, 75]),
        (NotReady("not yet"), [1, 2, 4, 8]),
        (ZeroDivisionError("a bug"), [5, 10, 20]),
    ],
    ids=["unreachable", "told when", "not ready", "bug"],
)
def test_trouble_puts_it_back_for_later(
    house: House, clock: SetClock, error: Exception, seconds: list[int]
) -> None:
    house.listen("test.note", _raises(error))
    (number,) = house.record()
    for attempt, wait in enumerate(seconds, 1):
        house.relay.pass_on()
        house.runner.run(number)
        found = house.delivery(number)
        assert (found.attempts, found.dispatched_at, found.leased_until) == (attempt, None, None)
        assert str(error) in found.last_error
        assert _in_seconds(house, clock, number) == wait
        clock.advance(timedelta(seconds=wait - 1))
        assert house.relay.pass_on() == 0
        clock.advance(timedelta(seconds=1))
    house.listen("test.note")
    house.relay.pass_on()
    house.runner.run(number)
    assert house.delivery(number).finished_at == clock.now()
    assert house.delivery(number).last_error is None


def test_a_bug_is_given_up_after_some_tries_and_a_person_is_called(house: House, clock: SetClock) -> None:
    house.listen("test.note", _raises(KeyError("gone")))
    (number,) = house.record()
    for _ in range(BUG.attempts + 3):
        house.relay.pass_on()
        house.runner.run(number)
        clock.advance(timedelta(hours=1))
    found = house.delivery(number)
    assert found.attempts == BUG.attempts == len(house.heard["test.note"])
    assert found.given_up_at is not None
    assert house.count(f"incidents WHERE kind = 'delivery_given_up' AND key = 'delivery:{number}'") == 1


def test_a_listener_that_is_no_more_is_given_up_at_once(house: House) -> None:
    (number,) = house.record(listener="test.gone")
    house.relay.pass_on()
    house.runner.run(number)
    assert house.delivery(number).given_up_at is not None
    assert house.count("incidents") == 1


def test_a_worker_that_dies_is_followed_by_another_after_its_lease(house: House, clock: SetClock) -> None:
    class Killed(BaseException):
        """As SIGKILL leaves it: nothing more is written."""

    house.listen("test.note", _raises(Killed()))
    (number,) = house.record()
    house.relay.pass_on()
    with pytest.raises(Killed):
        house.runner.run(number)
    house.listen("test.note")
    clock.advance(LEASE - timedelta(seconds=1))
    house.relay.sweep()
    house.relay.pass_on()
    house.runner.run(number)
    assert len(house.heard["test.note"]) == 1
    clock.advance(timedelta(seconds=1))
    house.relay.sweep()
    assert house.relay.pass_on() == 1
    house.runner.run(number)
    assert len(house.heard["test.note"]) == 2
    assert house.delivery(number).finished_at == clock.now()


def test_a_listener_is_followed_by_the_request_that_caused_it(house: House) -> None:
    seen: list[str] = []

    def look(deps: object, **_: object) -> None:
        with house.work() as work:
            seen.append(work.request_id)

    house.listeners["test.look"] = look
    (number,) = house.record(listener="test.look")
    house.relay.pass_on()
    Runner(house, house.listeners).run(number)
    assert seen == ["req"]


@given(st.sampled_from([OUTSIDE, EARLY, BUG]), st.integers(min_value=1, max_value=100_000))
def test_patience_grows_and_has_an_end(patience: Patience, attempts: int) -> None:
    wait, longer = patience.wait(attempts), patience.wait(attempts + 1)
    assert timedelta(seconds=patience.first_seconds) <= wait <= longer
    assert longer <= timedelta(seconds=patience.longest_seconds)
