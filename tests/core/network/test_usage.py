"""Usage read from routers: who has used all is slow within one reading, and nothing is counted twice or lost."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import SetClock, nairobi_day, start_of_day
from core.base.database import Database
from core.billing.data import data_left
from core.billing.model import ACTIVE, Subscription
from core.billing.moves import move
from core.messaging.model import Notice
from core.network import jobs
from core.network.accounts import account_of, secret_of
from core.network.drivers.routeros import RouterOsDriver
from core.network.register import register_router
from tests.core.network.conftest import Network
from tests.core.network.simulated import SECRET, SimulatedRouter

GB = 10**9


@pytest.fixture
def capped(network: Network, kilifi: int, mast: int) -> int:
    """A home line of 10 GB, slow after, that is up at the mast."""
    plan = network.plan("home10", "pppoe", kilifi, data_cap_bytes=10 * GB, after_cap="slow")
    line = network.sell(plan, kilifi)
    run(network, line)
    dial(network, mast, line)
    return line


def run(network: Network, line: int) -> None:
    """Its time runs as from now."""
    network.converge(line)
    with network.work() as work:
        row = work.session.get_one(Subscription, line)
        row.starts_at, row.paid_through = work.now, start_of_day(nairobi_day(work.now)) + timedelta(days=31)
        move(work, row, ACTIVE, "a test")


def secret(network: Network, line: int) -> str:
    with network.work() as work:
        account = account_of(work, line)
        assert account is not None
        return secret_of(work, account)


def dial(network: Network, router_id: int, line: int, number: str = "*1") -> None:
    box, name = network.box(router_id), network.username(line)
    assert box.dial("pppoe", name, secret(network, line))
    box.sessions["pppoe", name].number = number


def carry(network: Network, router_id: int, line: int, to: int) -> None:
    """Five minutes later the session's counter stands at `to`."""
    network.clock.advance(timedelta(minutes=5))
    session = network.box(router_id).sessions["pppoe", network.username(line)]
    session.carried_bytes, session.uptime_seconds = to, session.uptime_seconds + 300


def left(network: Network, line: int) -> int:
    with network.work() as work:
        found = data_left(work, line)
        assert found is not None
        return found.left


def test_slow_within_one_reading_and_told(network: Network, capped: int, mast: int) -> None:
    carry(network, mast, capped, 7 * GB)
    jobs.read_usage(network)
    assert left(network, capped) == 3 * GB
    carry(network, mast, capped, 11 * GB)
    jobs.read_usage(network)
    jobs.read_usage(network)
    network.converge(capped)
    assert left(network, capped) == 0
    held = network.box(mast).accounts["pppoe", network.username(capped)]
    assert (held.profile.download_kbps, network.box(mast).sessions) == (512, {})
    with network.work() as work:
        assert list(work.session.scalars(select(Notice.template))) == ["data_used_slow"]


def test_a_restarted_router_numbers_its_sessions_anew(network: Network, capped: int, mast: int) -> None:
    carry(network, mast, capped, 2 * GB)
    jobs.read_usage(network)
    network.clock.advance(timedelta(minutes=1))
    dial(network, mast, capped)
    carry(network, mast, capped, GB)
    jobs.read_usage(network)
    assert left(network, capped) == 7 * GB, "a lower counter of another session is no wrap"


def test_what_a_router_out_of_reach_counts_is_in_its_next_reading(
    network: Network, capped: int, mast: int
) -> None:
    carry(network, mast, capped, GB)
    jobs.read_usage(network)
    network.box(mast).on = False
    carry(network, mast, capped, 3 * GB)
    jobs.read_usage(network)
    assert (left(network, capped), network.router(mast).away_since) == (9 * GB, network.clock.now())
    network.box(mast).on = True
    network.minute()
    carry(network, mast, capped, 4 * GB)
    jobs.read_usage(network)
    assert left(network, capped) == 6 * GB


def test_only_routers_that_hold_such_lines_are_asked(network: Network, kilifi: int, mast: int) -> None:
    line = network.sell(network.plan("free10", "pppoe", kilifi), kilifi)
    run(network, line)
    dial(network, mast, line)
    listings = network.box(mast).listings
    jobs.read_usage(network)
    assert network.box(mast).listings == listings


def test_an_impossible_age_is_the_routers_fault(network: Network, capped: int, mast: int) -> None:
    carry(network, mast, capped, GB)
    jobs.read_usage(network)
    network.box(mast).sessions["pppoe", network.username(capped)].uptime_seconds = 2**63
    carry(network, mast, capped, 2 * GB)
    jobs.read_usage(network)
    assert left(network, capped) == 8 * GB


@pytest.fixture(params=["7.18.2", "6.49.10"])
def simulated(request: pytest.FixtureRequest) -> Iterator[SimulatedRouter]:
    made = SimulatedRouter(request.param)
    yield made
    made.close()


def test_over_the_wire(database: Database, clock: SetClock, simulated: SimulatedRouter) -> None:
    network, driver = Network(database, clock), RouterOsDriver()
    network.drivers = {"routeros": driver}  # type: ignore[dict-item]
    clock.at = simulated.now
    site = network.site("Kilifi")
    with network.work() as work:
        register_router(
            work, name="mast", site_id=site, host="127.0.0.1", port=simulated.router.port, username="bando",
            password=SECRET, serves_pppoe=True, serves_hotspot=True, networks=(), live=False, own_ports=(),
        )  # fmt: skip
    home = network.sell(network.plan("home10", "pppoe", site, data_cap_bytes=10 * GB, after_cap="slow"), site)
    voucher = network.sell(network.plan("gb2", "hotspot", site, data_cap_bytes=2 * GB, after_cap="slow"))
    run(network, home)
    run(network, voucher)
    name, code = network.username(home), network.code(voucher)
    assert simulated.dial("pppoe", name, secret(network, home))
    assert simulated.dial("hotspot", code, code)

    def five_minutes(**carried: int) -> None:
        simulated.ask(lambda router: router.carry(name, download_bytes=carried["home"], load_permille=0))
        simulated.ask(lambda router: router.carry(code, download_bytes=carried["voucher"], load_permille=0))
        simulated.advance(300)
        clock.at = simulated.now
        jobs.read_usage(network)
        for line in (home, voucher):
            network.converge(line)
        simulated.advance(60)

    five_minutes(home=6 * GB, voucher=GB)
    assert (left(network, home), left(network, voucher)) == (4 * GB, GB)
    assert simulated.rates(name) == [(5_000, 10_000)]
    five_minutes(home=4 * GB, voucher=GB)
    assert (left(network, home), left(network, voucher)) == (0, 0)
    assert simulated.rates(name) == [(512, 512)], "the line's router has dialled again, and is slow"
    five_minutes(home=0, voucher=0)
    assert left(network, home) == 0
    driver.close()
