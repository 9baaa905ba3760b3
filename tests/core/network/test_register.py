"""Where routers may be, how they are registered, and what staff read of them."""

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import Refusal, Rejected
from core.network.addresses import check_address
from core.network.queries import router_of_line, routers
from core.network.register import Checkup, check_router, register_router
from core.network.routers import address_of
from tests.core.network.conftest import Network

TUNNEL = [ip_network("10.99.0.0/16"), ip_network("fd00:99::/32")]
EVERYWHERE = [ip_network("0.0.0.0/0"), ip_network("::/0")]
OWN = (8000, 8100, 5432, 6379)


def live(host: str, port: int = 8728, networks: Any = TUNNEL) -> str:
    return check_address(host, port, networks=networks, live=True, own_ports=OWN)


def trial(host: str, port: int = 18_728) -> str:
    return check_address(host, port, networks=TUNNEL, live=False, own_ports=OWN)


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("10.99.0.2", "10.99.0.2"),
        (" 10.99.0.2 ", "10.99.0.2"),
        ("fd00:99::2", "fd00:99::2"),
        ("::ffff:10.99.0.2", "10.99.0.2"),
    ],
)
def test_inside_the_tunnel(host: str, plain: str) -> None:
    assert live(host) == plain


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "0.0.0.0", "::",
        "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",
    ],
)  # fmt: skip
def test_never_a_router_even_where_every_network_is_allowed(host: str) -> None:
    with pytest.raises(Refusal):
        live(host, networks=EVERYWHERE)


@pytest.mark.parametrize(
    "host",
    ["10.98.0.2", "8.8.8.8", "mast.example", "localhost", "0x7f.1", "2130706433", "10.99.0.2:8728", ""],
)
def test_not_in_our_networks_or_no_address(host: str) -> None:
    with pytest.raises(Refusal):
        live(host)


@pytest.mark.parametrize("port", [0, -1, 65_536, 22, 5432, 8729, 8000])
def test_live_ports_are_of_a_list(port: int) -> None:
    with pytest.raises(Refusal):
        live("10.99.0.2", port)


@given(st.ip_addresses())
def test_live_takes_an_address_only_from_the_networks(address: Any) -> None:
    inside = any(address in network for network in TUNNEL)
    try:
        assert ip_address(live(str(address))) in (address, getattr(address, "ipv4_mapped", None))
    except Refusal:
        assert not inside


def test_a_trial_stays_on_this_machine_and_off_our_own_ports() -> None:
    assert trial("127.0.0.1") == "127.0.0.1"
    for host, port in (("10.99.0.2", 8728), ("8.8.8.8", 8728), ("127.0.0.1", 8000), ("127.0.0.1", 5432)):
        with pytest.raises(Refusal):
            trial(host, port)


def register(network: Network, site_id: int, **changes: Any) -> int:
    values: dict[str, Any] = {
        "name": "kilifi-9", "site_id": site_id, "host": "127.0.0.1", "port": 18_728, "username": "bando",
        "password": "a router's own", "serves_pppoe": True, "serves_hotspot": False, "networks": TUNNEL,
        "live": False, "own_ports": OWN,
    }  # fmt: skip
    with network.work() as work:
        return register_router(work, **(values | changes)).id


def test_the_password_is_sealed_to_its_row(network: Network, kilifi: int) -> None:
    router_id = register(network, kilifi)
    router = network.router(router_id)
    assert b"a router's own" not in router.password_sealed
    with network.work() as work:
        address = address_of(work, router)
    assert address.password == "a router's own"
    assert "a router's own" not in repr(address)


@pytest.mark.parametrize("changes", [{"host": "10.0.0.1"}, {"name": "kilifi-1"}, {"serves_pppoe": False}])
def test_what_cannot_be_registered(network: Network, kilifi: int, mast: int, changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        register(network, kilifi, **changes)
    with network.work() as work:
        assert [line.id for line in routers(work)] == [mast]


def check(network: Network, router_id: int, *, live: bool = False) -> Checkup:
    return check_router(network, router_id=router_id, networks=TUNNEL, live=live, own_ports=OWN)


def test_a_check_says_what_is_wrong(network: Network, mast: int) -> None:
    fine = check(network, mast)
    assert (fine.facts and fine.facts.identity, fine.problems) == ("kilifi-1", ())
    network.box(mast).refuses = Rejected("the router does not let us log in", code="login")
    assert check(network, mast) == Checkup(None, ("the router does not let us log in",))
    network.box(mast).on = False
    assert check(network, mast) == Checkup(None, ("no answer",))


def test_a_check_does_not_knock_where_no_router_may_be_any_more(network: Network, mast: int) -> None:
    found = check(network, mast, live=True)
    assert found.facts is None
    assert found.problems == ("Port 18728 is not a router's API port.",)


def test_what_staff_see(network: Network, home: int, day: int, kilifi: int, mast: int) -> None:
    line, voucher = network.sell(home, kilifi), network.sell(day)
    network.converge(line)
    network.box(mast).on = False
    network.converge(voucher)
    with network.work() as work:
        (seen,) = routers(work)
        assert (seen.name, seen.site_name, seen.accounts, seen.behind) == ("kilifi-1", "Kilifi", 2, 1)
        assert (seen.away_since, seen.last_error) == (network.clock.now(), "no answer")
        assert router_of_line(work, line) == seen
        assert router_of_line(work, voucher) is None
