"""The router port: the fake and the RouterOS adapter over the simulator give the same answers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import pytest

from core.base.errors import Rejected, Unreachable
from core.network.driver import (
    FOREIGN,
    Applied,
    DesiredAccount,
    DesiredProfile,
    RouterAddress,
    RouterDriver,
    Service,
)
from core.network.drivers.routeros import RouterOsDriver
from tests.core.network.simulated import SimulatedRouter
from tests.fakes.router import FakeRouterDriver

HOME10 = DesiredProfile("bando-home10", download_kbps=10_000, upload_kbps=5_000, shared_devices=1)
HOME20 = DesiredProfile("bando-home20", download_kbps=20_000, upload_kbps=8_000, shared_devices=1)
SERVICES: tuple[Service, ...] = ("pppoe", "hotspot")


class World(Protocol):
    """One router seen from outside, whatever it is made of."""

    @property
    def driver(self) -> RouterDriver: ...

    @property
    def address(self) -> RouterAddress: ...

    def power(self, on: bool) -> None: ...

    def put_foreign(self, service: Service, username: str) -> None: ...

    def dial(self, service: Service, username: str, secret: str) -> bool: ...

    def rates(self, service: Service, username: str, /) -> list[tuple[int, int]]: ...

    def close(self) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.driver = FakeRouterDriver()
        self.address = RouterAddress(1, "mast", "127.0.0.1", 8728, "bando", "x")
        self.router = self.driver.router(1)

    def power(self, on: bool) -> None:
        self.router.on = on
        self.router.sessions.clear()

    def put_foreign(self, service: Service, username: str) -> None:
        self.router.foreign.add((service, username))

    def dial(self, service: Service, username: str, secret: str) -> bool:
        return self.router.dial(service, username, secret)

    def rates(self, service: Service, username: str) -> list[tuple[int, int]]:
        session = self.router.sessions.get((service, username))
        return [(session.profile.upload_kbps, session.profile.download_kbps)] if session else []

    def close(self) -> None:
        self.router.on = False


class RouterOsWorld:
    def __init__(self, version: str) -> None:
        self.simulated = SimulatedRouter(version)
        self.address = self.simulated.address
        self.driver = RouterOsDriver()

    def power(self, on: bool) -> None:
        self.simulated.power(on)

    def put_foreign(self, service: Service, username: str) -> None:
        menu = "/ppp/secret" if service == "pppoe" else "/ip/hotspot/user"
        self.simulated.ask(
            lambda router: router._device.table(menu).add({"name": username, "comment": "by hand"})
        )

    def dial(self, service: Service, username: str, secret: str) -> bool:
        return self.simulated.dial(service, username, secret)

    def rates(self, _: Service, username: str) -> list[tuple[int, int]]:
        return self.simulated.rates(username)

    def close(self) -> None:
        self.driver.close()
        self.simulated.close()


@pytest.fixture(params=["fake", "7.18.2", "6.49.10"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made: World = FakeWorld() if request.param == "fake" else RouterOsWorld(request.param)
    yield made
    made.close()


def wanted(service: Service, **changes: object) -> DesiredAccount:
    username, secret = ("1000015", "x7kq2mwz9abc") if service == "pppoe" else ("K7WM2XWD4F", "K7WM2XWD4F")
    account = DesiredAccount(7, service, username, secret, HOME10, "present")
    if service == "hotspot":
        account = replace(account, uptime_limit_seconds=90_000, data_limit_bytes=5_000_000_000)
    return replace(account, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_applied_lets_the_customer_in(world: World, service: Service) -> None:
    account = wanted(service)
    assert not world.dial(service, account.username, account.secret)
    assert world.driver.apply(world.address, account) == Applied(changed=True, sessions_ended=0)
    assert not world.dial(service, account.username, "not-the-secret")
    assert world.dial(service, account.username, account.secret)
    assert world.rates(service, account.username) == [(5_000, 10_000)]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("state", ["present", "disabled", "absent"])
def test_applying_twice_changes_nothing(world: World, service: Service, state: str) -> None:
    world.driver.apply(world.address, wanted(service))
    world.driver.apply(world.address, wanted(service, state=state))
    again = world.driver.apply(world.address, wanted(service, state=state))
    assert again == Applied(changed=False, sessions_ended=0)


@pytest.mark.parametrize("service", SERVICES)
def test_applying_again_leaves_the_session_up(world: World, service: Service) -> None:
    account = wanted(service)
    world.driver.apply(world.address, account)
    world.dial(service, account.username, account.secret)
    world.driver.apply(world.address, account)
    assert world.rates(service, account.username) == [(5_000, 10_000)]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("state", ["disabled", "absent"])
def test_taking_away_ends_the_session_and_refuses_the_redial(
    world: World, service: Service, state: str
) -> None:
    account = wanted(service)
    world.driver.apply(world.address, account)
    world.dial(service, account.username, account.secret)
    ended = world.driver.apply(world.address, wanted(service, state=state))
    assert ended == Applied(changed=True, sessions_ended=1)
    assert world.rates(service, account.username) == []
    assert not world.dial(service, account.username, account.secret)
    world.driver.apply(world.address, account)
    assert world.dial(service, account.username, account.secret)


@pytest.mark.parametrize("service", SERVICES)
def test_another_plan_ends_the_session_which_comes_back_with_the_new_rate(
    world: World, service: Service
) -> None:
    account = wanted(service)
    world.driver.apply(world.address, account)
    world.dial(service, account.username, account.secret)
    assert world.driver.apply(world.address, replace(account, profile=HOME20)).sessions_ended == 1
    assert world.dial(service, account.username, account.secret)
    assert world.rates(service, account.username) == [(8_000, 20_000)]


@pytest.mark.parametrize("service", SERVICES)
def test_another_speed_of_the_same_plan_ends_the_session_too(world: World, service: Service) -> None:
    account = wanted(service)
    world.driver.apply(world.address, account)
    world.dial(service, account.username, account.secret)
    faster = replace(HOME10, download_kbps=15_000)
    assert world.driver.apply(world.address, replace(account, profile=faster)).sessions_ended == 1
    assert world.dial(service, account.username, account.secret)
    assert world.rates(service, account.username) == [(5_000, 15_000)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_row_of_somebody_elses_is_never_touched(world: World, service: Service) -> None:
    world.put_foreign(service, wanted(service).username)
    for state in ("present", "disabled"):
        with pytest.raises(Rejected) as refused:
            world.driver.apply(world.address, wanted(service, state=state))
        assert refused.value.code == FOREIGN
        assert wanted(service).username not in str(refused.value)
    gone = world.driver.apply(world.address, wanted(service, state="absent"))
    assert gone == Applied(changed=False, sessions_ended=0)
    assert world.driver.holds(world.address, service) == frozenset()


@pytest.mark.parametrize("service", SERVICES)
def test_holds_names_ours_that_can_log_in(world: World, service: Service) -> None:
    world.put_foreign(service, "somebody")
    for account_id, state in ((1, "present"), (2, "disabled"), (3, "present")):
        account = wanted(service, account_id=account_id, username=f"10000{account_id}", state=state)
        world.driver.apply(world.address, account)
    assert world.driver.holds(world.address, service) == {1, 3}
    other: Service = "hotspot" if service == "pppoe" else "pppoe"
    assert world.driver.holds(world.address, other) == frozenset()


@pytest.mark.parametrize("service", SERVICES)
def test_sessions_show_who_is_connected(world: World, service: Service) -> None:
    account = wanted(service)
    assert world.driver.sessions(world.address) == []
    world.driver.apply(world.address, account)
    world.dial(service, account.username, account.secret)
    (session,) = world.driver.sessions(world.address)
    assert (session.service, session.username, session.uptime_seconds) == (service, account.username, 0)
    assert world.driver.sessions(world.address, service) == [session]
    other: Service = "hotspot" if service == "pppoe" else "pppoe"
    assert world.driver.sessions(world.address, other) == []


def test_a_dark_router_is_unreachable_and_answers_when_it_is_back(world: World) -> None:
    account = wanted("pppoe")
    world.driver.apply(world.address, account)
    world.power(False)
    for call in (
        lambda: world.driver.apply(world.address, account),
        lambda: world.driver.holds(world.address, "pppoe"),
        lambda: world.driver.sessions(world.address),
        lambda: world.driver.probe(world.address),
    ):
        with pytest.raises(Unreachable):
            call()
    world.power(True)
    assert world.driver.probe(world.address).identity == "mast"
    assert world.driver.apply(world.address, account) == Applied(changed=False, sessions_ended=0)
