"""The whole way once over the wire: jobs, the RouterOS driver and the simulated router."""

from collections.abc import Iterator

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.network import jobs
from core.network.accounts import account_of, secret_of
from core.network.drivers.routeros import RouterOsDriver
from core.network.register import register_router
from tests.core.network.conftest import JUMA, Network
from tests.core.network.simulated import SECRET, SimulatedRouter


@pytest.fixture(params=["7.18.2", "6.49.10"])
def simulated(request: pytest.FixtureRequest) -> Iterator[SimulatedRouter]:
    made = SimulatedRouter(request.param)
    yield made
    made.close()


@pytest.fixture
def wired(database: Database, clock: SetClock) -> Iterator[Network]:
    network = Network(database, clock)
    driver = RouterOsDriver()
    network.drivers = {"routeros": driver}  # type: ignore[dict-item]
    yield network
    driver.close()


def register(network: Network, site_id: int, simulated: SimulatedRouter) -> int:
    with network.work() as work:
        return register_router(
            work, name="mast", site_id=site_id, host="127.0.0.1", port=simulated.router.port,
            username="bando", password=SECRET, serves_pppoe=True, serves_hotspot=True, networks=(),
            live=False, own_ports=(), ).id  # fmt: skip


def secret(network: Network, subscription_id: int) -> str:
    with network.work() as work:
        account = account_of(work, subscription_id)
        assert account is not None
        return secret_of(work, account)


def test_paid_in_the_dark_online_with_the_light(wired: Network, simulated: SimulatedRouter) -> None:
    site = wired.site("Kilifi")
    router_id = register(wired, site, simulated)
    jobs.catch_up(wired, router_id=router_id)
    simulated.power(False)
    line = wired.sell(wired.plan("home10", "pppoe", site), site)
    voucher = wired.sell(wired.plan("day1", "hotspot", site), msisdn=JUMA)
    wired.converge(line)
    wired.converge(voucher)
    wired.minute()
    assert wired.said("AccessGranted") == []

    simulated.power(True)
    wired.minute()
    assert [said["subscription_id"] for said in wired.said("AccessGranted")] == [line, voucher]
    code = wired.code(voucher)
    assert simulated.dial("pppoe", wired.username(line), secret(wired, line))
    assert simulated.dial("hotspot", code, code)
    assert (simulated.rates(wired.username(line)), simulated.rates(code)) == ([(5_000, 10_000)],) * 2

    simulated.advance(60)
    wired.minute()
    # The session is as old as the router says: the customer came in with the grant, a minute ago.
    granted_at = wired.said("AccessGranted")[1]["at"]
    assert wired.said("FirstLogin") == [{"subscription_id": voucher, "at": granted_at, "site_id": site}]


def test_suspended_paid_and_ended(wired: Network, simulated: SimulatedRouter) -> None:
    site = wired.site("Kilifi")
    register(wired, site, simulated)
    line = wired.sell(wired.plan("home10", "pppoe", site), site)
    wired.converge(line)
    username, password = wired.username(line), secret(wired, line)
    assert simulated.dial("pppoe", username, password)
    wired.move(line, "active", "suspended")
    wired.converge(line)
    simulated.advance(60)
    assert simulated.rates(username) == []
    wired.move(line, "awaiting_network")
    wired.converge(line)
    simulated.advance(60)
    assert simulated.rates(username) == [(5_000, 10_000)]
    wired.move(line, "active", "ended")
    wired.converge(line)
    assert (simulated.rates(username), simulated.row("/ppp/secret", username)) == ([], None)
    assert simulated.row("/ppp/secret", "mast-camera") is not None


def test_slow_and_fast_again_reach_the_live_session(wired: Network, simulated: SimulatedRouter) -> None:
    site = wired.site("Kilifi")
    router_id = register(wired, site, simulated)
    plan = wired.plan("home10", "pppoe", site)
    line, neighbour = wired.sell(plan, site), wired.sell(plan, site, JUMA)
    for each in (line, neighbour):
        wired.converge(each)
        assert simulated.dial("pppoe", wired.username(each), secret(wired, each))
    username = wired.username(line)

    wired.slow(line, True)
    wired.converge(line)
    simulated.advance(60)  # the line's session was ended; its router dials again
    assert simulated.rates(username) == [(512, 512)]
    assert simulated.rates(wired.username(neighbour)) == [(5_000, 10_000)], "the plan itself is not slower"

    simulated.power(False)
    wired.slow(line, False)
    wired.converge(line)
    assert wired.router(router_id).away_since is not None
    simulated.power(True)
    assert simulated.dial("pppoe", username, secret(wired, line))
    assert simulated.rates(username) == [(512, 512)]
    wired.minute()
    simulated.advance(60)
    assert simulated.rates(username) == [(5_000, 10_000)], "what it missed it gets when it returns"


def test_a_reset_router_is_filled_again(wired: Network, simulated: SimulatedRouter) -> None:
    site = wired.site("Kilifi")
    router_id = register(wired, site, simulated)
    line = wired.sell(wired.plan("home10", "pppoe", site), site)
    wired.converge(line)
    username, password = wired.username(line), secret(wired, line)
    simulated.power(False)
    wired.converge(wired.sell(wired.plan("home20", "pppoe", site), site))
    secrets = simulated.router._device.table("/ppp/secret")

    def empty(_: object) -> None:
        for row in list(secrets.rows.values()):
            secrets.drop(row)

    simulated.ask(empty)
    simulated.power(True)
    wired.minute()
    assert simulated.dial("pppoe", username, password)
    assert wired.router(router_id).recheck is False
    assert len(wired.said("AccessGranted")) == 2
