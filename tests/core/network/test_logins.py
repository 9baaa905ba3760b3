"""First logins at the hotspot: said once, with the instant at which the customer came in."""

from datetime import timedelta

from core.base.errors import Rejected
from core.network import jobs
from core.network.driver import LiveSession
from core.network.logins import note_logins
from tests.core.network.conftest import JUMA, Network
from tests.fakes.router import FakeSession


def log_in(network: Network, router_id: int, subscription_id: int, uptime_seconds: int = 0) -> None:
    box, code = network.box(router_id), network.code(subscription_id)
    assert box.dial("hotspot", code, code)
    box.sessions["hotspot", code].uptime_seconds = uptime_seconds


def sold(network: Network, plan_id: int, hours_ago: int = 2) -> int:
    voucher = network.sell(plan_id)
    network.converge(voucher)
    network.clock.advance(timedelta(hours=hours_ago))
    return voucher


def test_the_first_login_is_said_once_with_its_instant_and_site(
    network: Network, kilifi: int, day: int, mast: int
) -> None:
    voucher = sold(network, day)
    jobs.watch_logins(network)
    assert network.said("FirstLogin") == []
    log_in(network, mast, voucher, uptime_seconds=45)
    jobs.watch_logins(network)
    at = int((network.clock.now() - timedelta(seconds=45)).timestamp())
    assert network.said("FirstLogin") == [{"subscription_id": voucher, "at": at, "site_id": kilifi}]
    network.minute()
    jobs.watch_logins(network)
    assert len(network.said("FirstLogin")) == 1


def test_a_login_never_lies_before_the_grant(network: Network, kilifi: int, day: int, mast: int) -> None:
    voucher = sold(network, day, hours_ago=1)
    granted_at = network.said("AccessGranted")[0]["at"]
    log_in(network, mast, voucher, uptime_seconds=2**63)
    jobs.watch_logins(network)
    assert network.said("FirstLogin") == [{"subscription_id": voucher, "at": granted_at, "site_id": kilifi}]


def test_plans_that_start_with_the_grant_are_not_watched(network: Network, kilifi: int, mast: int) -> None:
    voucher = sold(network, network.plan("free", "hotspot", kilifi, starts="grant"))
    log_in(network, mast, voucher)
    jobs.watch_logins(network)
    assert network.said("FirstLogin") == []


def test_what_does_not_wait_any_more_has_no_first_login(network: Network, day: int, mast: int) -> None:
    voucher = sold(network, day)
    log_in(network, mast, voucher)
    network.move(voucher, "ended")
    jobs.watch_logins(network)
    assert network.said("FirstLogin") == []


def test_strangers_and_home_lines_are_nobodys_first_login(
    network: Network, home: int, day: int, kilifi: int, mast: int
) -> None:
    sold(network, day)
    line = network.sell(home, kilifi, JUMA)
    network.converge(line)
    network.box(mast).sessions["hotspot", "reception"] = FakeSession(network.driver.applied[0][1].profile)
    network.box(mast).sessions["pppoe", network.username(line)] = FakeSession(
        network.driver.applied[0][1].profile
    )
    jobs.watch_logins(network)
    assert network.said("FirstLogin") == []


def test_a_router_speaks_for_what_it_holds_only(network: Network, day: int, mast: int) -> None:
    voucher = sold(network, day)
    elsewhere = network.router_at(network.site("Mtwapa"), "mtwapa-1")
    login = LiveSession("hotspot", network.code(voucher), "10.0.0.2", "AA:BB:CC:00:11:22", 5)
    with network.work() as work:
        note_logins(work, router_id=elsewhere, sessions=[login])
    assert network.said("FirstLogin") == []
    with network.work() as work:
        note_logins(work, router_id=mast, sessions=[login])
    assert len(network.said("FirstLogin")) == 1


def test_one_routers_trouble_is_not_the_others(network: Network, kilifi: int, mast: int) -> None:
    mtwapa, malindi = network.site("Mtwapa"), network.site("Malindi")
    second, third = network.router_at(mtwapa, "mtwapa-1"), network.router_at(malindi, "malindi-1")
    voucher = sold(network, network.plan("day1", "hotspot", kilifi, mtwapa, malindi))
    log_in(network, third, voucher)
    network.box(mast).on = False
    network.box(second).refuses = Rejected("not enough permissions", code="permission")
    jobs.watch_logins(network)
    assert [said["subscription_id"] for said in network.said("FirstLogin")] == [voucher]
    assert network.router(mast).away_since == network.clock.now()
    assert network.incidents() == [f"router_refused:{second}:permission"]


def test_nobody_is_asked_where_nobody_is_awaited(network: Network, home: int, kilifi: int, mast: int) -> None:
    network.converge(network.sell(home, kilifi))
    network.box(mast).on = False
    jobs.watch_logins(network)
    assert network.router(mast).away_since is None
