"""The relay: everything due gets into its queue, in order where order is asked, whatever Valkey forgets."""

import socket
import threading
import time
from datetime import timedelta

import pytest
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from core.base.clock import SetClock
from core.base.database import Route, Work
from core.base.errors import Unreachable
from core.billing.events import AccessChanged
from core.worker import queues, relay
from core.worker.relay import LOST_AFTER, Relay
from tests.core.worker.house import House

QUEUE = f"rq:queue:{queues.NOTIFY}"


@pytest.fixture
def nowhere() -> str:
    """A Valkey that does not answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{probe.getsockname()[1]}/0"


def test_only_what_is_due_is_passed_on(house: House, clock: SetClock) -> None:
    (now,) = house.record()
    (later,) = house.record(after=timedelta(minutes=5))
    assert house.relay.pass_on() == 1
    assert house.waiting() == [queues.job_id(now, 1)]
    clock.advance(timedelta(minutes=5))
    assert house.relay.pass_on() == 1
    assert house.waiting()[1:] == [queues.job_id(later, 1)]
    assert house.relay.pass_on() == 0


def _record_and_fail(work: Work) -> None:
    work.record_all([AccessChanged(1)], only_to=Route("test.note", queues.NOTIFY))
    work.scalar("SELECT 1 / 0")


def test_nothing_that_was_rolled_back_is_passed_on(house: House) -> None:
    with pytest.raises(DBAPIError), house.work() as work:
        _record_and_fail(work)
    assert house.relay.pass_on() == 0
    assert house.count("outbox") == 0


def test_two_relays_pass_everything_on_once(house: House) -> None:
    numbers = house.record(*range(1, 1_001))
    passed: list[int] = []

    def pass_all() -> None:
        mine = Relay(house.database, house.redis)
        while count := mine.pass_on():
            passed.append(count)

    threads = [threading.Thread(target=pass_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 1_000
    assert sorted(house.waiting()) == sorted(queues.job_id(number, 1) for number in numbers)


def test_deliveries_with_one_key_run_one_by_one_in_order(house: House, clock: SetClock) -> None:
    tries = iter([Unreachable("not now")])

    def refuse_once() -> None:
        for error in tries:
            raise error

    house.listen("test.note", refuse_once)
    first, second, third = house.record(1, 2, 3, order="line:9")
    (other,) = house.record(4, order="line:10")
    assert house.relay.pass_on() == 2
    assert house.waiting() == [queues.job_id(first, 1), queues.job_id(other, 1)]
    house.work_off()
    assert house.relay.pass_on() == 0, "the first one waits for its next try, and the others for it"
    for _ in range(3):
        clock.advance(timedelta(seconds=3))
        assert house.relay.pass_on() == 1
        house.work_off()
    assert [heard["subscription_id"] for heard in house.heard["test.note"]] == [1, 4, 1, 2, 3]
    assert house.delivery(second).finished_at < house.delivery(third).finished_at


def test_a_given_up_delivery_does_not_hold_up_those_behind_it(house: House) -> None:
    house.record(1, listener="test.gone", order="line:9")
    house.relay.pass_on()
    house.work_off()
    (behind,) = house.record(2, listener="test.gone", order="line:9")
    assert house.relay.pass_on() == 1
    house.work_off()
    assert house.delivery(behind).given_up_at is not None


def test_an_emptied_valkey_is_filled_again_at_once(house: House) -> None:
    house.relay.sweep()
    (number,) = house.record()
    house.relay.pass_on()
    house.relay.sweep()
    assert house.relay.pass_on() == 0
    house.redis.flushall()
    house.relay.sweep()
    assert house.relay.pass_on() == 1
    assert house.waiting() == [queues.job_id(number, 2)]
    house.work_off()
    assert len(house.heard["test.note"]) == 1


def test_a_single_lost_job_is_put_in_again_after_a_while(house: House, clock: SetClock) -> None:
    house.relay.sweep()
    (number,) = house.record()
    house.relay.pass_on()
    house.redis.delete(QUEUE)
    clock.advance(LOST_AFTER)
    house.relay.sweep()
    assert house.relay.pass_on() == 1
    house.work_off()
    assert house.delivery(number).finished_at == clock.now()


def test_while_valkey_is_away_nothing_counts_as_passed_on(house: House, nowhere: str) -> None:
    (number,) = house.record()
    with pytest.raises(RedisError):
        Relay(house.database, queues.connect(nowhere)).pass_on()
    found = house.delivery(number)
    assert (found.dispatched_at, found.dispatch_count) == (None, 0)
    assert house.relay.pass_on() == 1


def test_a_running_relay_looks_again_and_outlives_its_servers(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "TROUBLE_SECONDS", 0.01)
    stop, deadline = threading.Event(), time.monotonic() + 30
    running = threading.Thread(target=house.relay.run, args=(stop,))
    running.start()
    try:
        for _ in range(2):  # the second one comes after a look that found nothing
            (number,) = house.record()
            popped = house.redis.blpop([QUEUE], timeout=5)
            assert popped is not None
            assert popped[1].decode() == queues.job_id(number, 1)
            while house.delivery(number).dispatched_at is None:  # pushed, and not committed yet
                assert not stop.wait(0.01)
                assert time.monotonic() < deadline
        with house.work() as work:
            work.scalar(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                "WHERE usename = current_user AND pid <> pg_backend_pid()"
            )
        (number,) = house.record()
        popped = house.redis.blpop([QUEUE], timeout=5)
        assert popped is not None
        assert popped[1].decode() == queues.job_id(number, 1)
    finally:
        stop.set()
        running.join(10)
    assert not running.is_alive()


def test_a_relay_without_valkey_waits_until_it_is_told_to_stop(
    house: House, nowhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0)
            if len(waits) == 3:
                self.set()
            return self.is_set()

    house.record()
    Relay(house.database, queues.connect(nowhere)).run(Stop())
    assert waits == [relay.TROUBLE_SECONDS] * 3
    assert house.relay.pass_on() == 1
