"""What sessions have carried, as the simulator's listings say it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from core.network.driver import DesiredAccount, DesiredProfile, SessionTraffic
from core.network.drivers.routeros import RouterOsDriver
from tests.core.network.simulated import SimulatedRouter

PROFILE = DesiredProfile("bando-day1", download_kbps=4_000, upload_kbps=2_000, shared_devices=2)
LINE = DesiredAccount(7, "pppoe", "1000015", "x7kq2mwz9abc", PROFILE, "present")
SECOND = replace(LINE, account_id=9, username="1000015-2")
VOUCHER = DesiredAccount(8, "hotspot", "K7WM2XWD4F", "K7WM2XWD4F", PROFILE, "present")


@pytest.fixture(params=["7.18.2", "6.49.10"])
def simulated(request: pytest.FixtureRequest) -> Iterator[SimulatedRouter]:
    made = SimulatedRouter(request.param)
    yield made
    made.close()


@pytest.fixture
def driver() -> Iterator[RouterOsDriver]:
    made = RouterOsDriver()
    yield made
    made.close()


def carry(simulated: SimulatedRouter, username: str, up: int, down: int) -> None:
    assert simulated.ask(
        lambda router: router.carry(username, upload_bytes=up, download_bytes=down, load_permille=0)
    )


def bytes_by_name(found: list[SessionTraffic]) -> dict[str, list[int]]:
    return {
        name: sorted(one.carried_bytes for one in found if one.username == name)
        for name in {one.username for one in found}
    }


def test_both_directions_of_both_services(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    for account in (LINE, VOUCHER):
        driver.apply(simulated.address, account)
        assert simulated.dial(account.service, account.username, account.secret)
    carry(simulated, LINE.username, 2**32, 5_000)
    carry(simulated, VOUCHER.username, 300, 40)
    simulated.advance(90)
    found = {one.username: one for one in driver.traffic(simulated.address)}
    assert {name: one.carried_bytes for name, one in found.items()} == {
        LINE.username: 2**32 + 5_000, VOUCHER.username: 340,
    }  # fmt: skip
    assert [found[account.username].uptime_seconds for account in (LINE, VOUCHER)] == [90, 90]
    assert [found[account.username].service for account in (LINE, VOUCHER)] == ["pppoe", "hotspot"]


def test_a_new_login_begins_anew(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    driver.apply(simulated.address, LINE)
    assert simulated.dial("pppoe", LINE.username, LINE.secret)
    carry(simulated, LINE.username, 0, 700)
    (before,) = driver.traffic(simulated.address)
    simulated.power(False)
    simulated.power(True)
    simulated.advance(60)
    after = next(one for one in driver.traffic(simulated.address) if one.username == LINE.username)
    assert (before.session, before.carried_bytes) != (after.session, after.carried_bytes)
    assert after.uptime_seconds <= 60


def test_sessions_of_one_name_and_the_account_that_looks_like_one(
    simulated: SimulatedRouter, driver: RouterOsDriver
) -> None:
    for account in (LINE, SECOND):
        driver.apply(simulated.address, account)
    macs = ["AA:BB:CC:00:11:22", "AA:BB:CC:00:11:23"]
    for mac in macs:
        assert simulated.ask(lambda router, mac=mac: router.dial_pppoe(LINE.username, LINE.secret, mac).ok)
    carry(simulated, LINE.username, 0, 100)
    assert simulated.ask(
        lambda router: router.dial_pppoe(SECOND.username, SECOND.secret, "AA:BB:CC:00:11:24").ok
    )
    carry(simulated, SECOND.username, 0, 7)
    assert {row["name"] for row in simulated.rows("/interface") if row["type"] == "pppoe-in"} >= {
        "<pppoe-1000015>", "<pppoe-1000015-1>", "<pppoe-1000015-2>",
    }  # fmt: skip
    found = driver.traffic(simulated.address)
    assert bytes_by_name(found) == {LINE.username: [100, 100], SECOND.username: [7]}
    assert len({one.session for one in found}) == 3
