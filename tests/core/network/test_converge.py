"""Routers are brought to what they should hold: away, refusing, replaced, asked twice, or asked at the same
time."""

from dataclasses import replace
from threading import Event, Thread

import pytest
from sqlalchemy import select, text

from core.base.errors import Rejected
from core.base.inbox import Incident
from core.base.outbox import OutboxEntry
from core.network.driver import FOREIGN, LOGIN
from core.network.model import AccessAccount, Router, RouterAccount
from core.network.orders import CLAIM
from tests.core.network.conftest import Meddling, Network


def test_a_paid_line_is_put_on_its_router_and_said_once(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    line = network.sell(home, kilifi)
    network.converge(line)
    name = network.username(line)
    assert network.held(mast) == {name: "present"}
    assert network.said("AccessGranted") == [
        {"subscription_id": line, "at": int(network.clock.now().timestamp())}
    ]
    network.converge(line)
    network.minute()
    assert network.granted() == [line]
    assert len(network.driver.applied) == 1


def test_off_and_on_again_is_a_second_grant(network: Network, home: int, kilifi: int, mast: int) -> None:
    line = network.sell(home, kilifi)
    network.converge(line)
    name = network.username(line)
    network.box(mast).dial("pppoe", name, network.driver.applied[-1][1].secret)
    network.move(line, "active", "suspended")
    network.converge(line)
    assert (network.held(mast), network.box(mast).sessions) == ({name: "disabled"}, {})
    network.move(line, "awaiting_network")
    network.converge(line)
    network.move(line, "active")
    network.converge(line)
    assert network.granted() == [line, line]
    network.move(line, "ended")
    network.converge(line)
    assert (network.held(mast), network.granted()) == ({}, [line, line])


def test_two_subscriptions_of_one_subscriber_are_two_accounts(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    first, second = network.sell(home, kilifi), network.sell(home, kilifi)
    for line in (first, second, first):
        network.converge(line)
    network.move(first, "active", "suspended")
    network.converge(first)
    assert network.held(mast) == {network.username(first): "disabled", network.username(second): "present"}


class Interrupted(Exception):
    """The worker was killed."""


def interrupt() -> None:
    raise Interrupted


def test_killed_between_the_router_and_the_record(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    meddling = Meddling(network)
    meddling.after = interrupt
    line = network.sell(home, kilifi)
    with pytest.raises(Interrupted):
        network.converge(line)
    assert (len(network.held(mast)), network.granted()) == (1, [])
    network.converge(line)
    assert (len(network.held(mast)), network.granted(), network.box(mast).writes) == (1, [line], 1)


def test_a_worker_that_vanished_with_its_claim_is_replaced_by_the_clock(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    line = network.sell(home, kilifi)
    network.converge(line)
    with network.work() as work:
        work.session.execute(
            text("UPDATE router_accounts SET applied_revision = 0, claimed_until = :until"),
            {"until": work.now + CLAIM},
        )
    network.converge(line)
    network.minute()
    assert len(network.driver.applied) == 1
    network.minute()
    assert len(network.driver.applied) == 2
    assert (network.row(line, mast).applied_revision, network.granted()) == (1, [line])


def test_what_changes_while_the_router_is_told_is_told_next(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    meddling = Meddling(network)
    line = network.sell(home, kilifi)
    network.converge(line)
    network.move(line, "active", "suspended")

    def paid_meanwhile() -> None:
        network.move(line, "awaiting_network")
        network.converge(line)  # the other job: finds the account claimed and leaves it to this one

    meddling.before = paid_meanwhile
    network.converge(line)
    assert list(network.held(mast).values()) == ["present"]
    assert network.granted() == [line, line]
    assert network.row(line, mast).applied_revision == network.account(line).revision


def test_two_jobs_at_the_same_time_make_one_account_and_one_grant(
    network: Network, home: int, day: int, kilifi: int, mast: int
) -> None:
    lines = [network.sell(home, kilifi), network.sell(day)]
    problems: list[BaseException] = []
    together = Event()

    def run(line: int) -> None:
        together.wait(5)
        try:
            network.converge(line)
        except BaseException as error:
            problems.append(error)

    threads = [Thread(target=run, args=(line,)) for line in lines for _ in range(4)]
    for thread in threads:
        thread.start()
    together.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert sorted(network.granted()) == sorted(lines)
    assert (len(network.held(mast)), network.box(mast).writes) == (2, 2)


def test_a_refusal_is_an_incident_and_is_asked_less_and_less(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    line = network.sell(home, kilifi)
    with network.work() as work:
        number = work.scalar("SELECT account_no FROM subscribers")
    network.box(mast).foreign.add(("pppoe", number))
    network.converge(line)
    for _ in range(60):
        network.minute()
    # 2, 4, 8, 16 and 32 minutes apart.
    assert len(network.driver.applied) == 5
    account = network.account(line)
    assert network.incidents() == [f"router_refused:{mast}:{account.id}:1"]
    assert "stands on the router" in (network.row(line, mast).last_error or "")
    assert network.router(mast).away_since is None
    network.box(mast).foreign.clear()
    for _ in range(10):
        network.minute()
    assert network.granted() == [line]
    row = network.row(line, mast)
    assert (row.last_error, row.failures, row.retry_at) == (None, 0, None)


def test_something_new_is_tried_at_once_after_a_refusal(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    line = network.sell(home, kilifi)
    network.box(mast).refuses = Rejected("the router refused: no", code=FOREIGN)
    network.converge(line)
    network.box(mast).refuses = None
    network.converge(line)
    assert network.granted() == []
    network.move(line, "active", "suspended", "awaiting_network")
    network.converge(line)
    assert network.granted() == [line]


def test_a_router_that_does_not_let_us_in_is_one_incident(
    network: Network, home: int, kilifi: int, mast: int
) -> None:
    network.box(mast).refuses = Rejected("the router does not let us log in", code=LOGIN)
    for _ in range(3):
        network.converge(network.sell(home, kilifi))
    network.minute()
    assert network.incidents() == [f"router_refused:{mast}:{LOGIN}"]


def test_nothing_secret_is_said_or_stored_in_clear(network: Network, day: int, mast: int) -> None:
    voucher = network.sell(day)
    network.converge(voucher)
    code = network.code(voucher)
    with network.work() as work:
        for table in (AccessAccount, RouterAccount, OutboxEntry, Incident, Router):
            stored = repr(work.session.execute(select(table.__table__)).all())
            assert code not in stored
            assert "password of" not in stored
    applied = network.driver.applied[-1]
    assert code not in repr(applied)
    assert replace(applied[1], state="absent").username == code
