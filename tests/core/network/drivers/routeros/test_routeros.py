"""What the adapter does on the simulator beyond the port's contract: rows, properties, faults of RouterOS."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from core.base.errors import Rejected, Unreachable
from core.network.driver import NOT_HELD, Applied, DesiredAccount, DesiredProfile
from core.network.drivers.routeros import RouterOsDriver
from core.network.drivers.routeros.connection import RouterConnection
from core.network.drivers.routeros.connections import Connections
from tests.core.network.simulated import SimulatedRouter

PROFILE = DesiredProfile("bando-day1", download_kbps=4_000, upload_kbps=2_000, shared_devices=2)
LINE = DesiredAccount(7, "pppoe", "1000015", "x7kq2mwz9abc", PROFILE, "present")
VOUCHER = DesiredAccount(
    8, "hotspot", "K7WM2XWD4F", "K7WM2XWD4F", PROFILE, "present", uptime_limit_seconds=172_800
)


class Recorded(Connections):
    """Connections that note every command of ours."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        super().__init__(self._dial_recorded)

    def _dial_recorded(self, address: Any) -> RouterConnection:
        connection = RouterConnection(address, silence=0.3)
        plain = connection._call

        def call(menu: str, command: str, *rest: Any) -> Any:
            self.commands.append(f"{menu}/{command}")
            return plain(menu, command, *rest)

        connection._call = call  # type: ignore[method-assign,assignment]
        return connection

    def writes(self) -> list[str]:
        return [command for command in self.commands if not command.endswith("/print")]


@pytest.fixture(params=["7.18.2", "7.9", "6.49.10"])
def simulated(request: pytest.FixtureRequest) -> Iterator[SimulatedRouter]:
    made = SimulatedRouter(request.param)
    yield made
    made.close()


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    made = Recorded()
    yield made
    made.close()


@pytest.fixture
def driver(recorded: Recorded) -> RouterOsDriver:
    return RouterOsDriver(recorded)


def test_a_home_line_in_the_routers_own_words(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    driver.apply(simulated.address, LINE)
    secret = simulated.row("/ppp/secret", "1000015") or {}
    expected = {"service": "pppoe", "profile": "bando-day1", "disabled": "false", "password": "x7kq2mwz9abc"}
    assert expected.items() <= secret.items()
    assert secret["comment"] == "bando:7 bando-day1 2000k/4000k"
    profile = simulated.row("/ppp/profile", "bando-day1") or {}
    # Upload first; addresses as the provider set them up in the profile `default`.
    assert profile["rate-limit"] == "2000k/4000k"
    assert (profile["local-address"], profile["remote-address"]) == ("10.20.0.1", "pppoe-pool")


def test_a_voucher_in_the_routers_own_words(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    driver.apply(simulated.address, replace(VOUCHER, data_limit_bytes=1_000_000))
    user = simulated.row("/ip/hotspot/user", "K7WM2XWD4F") or {}
    expected = {
        "password": "K7WM2XWD4F",
        "limit-uptime": "2d",
        "limit-bytes-total": "1000000",
        "server": "all",
    }
    assert expected.items() <= user.items()
    profile = simulated.row("/ip/hotspot/user/profile", "bando-day1") or {}
    assert {
        "rate-limit": "2000k/4000k",
        "shared-users": "2",
        "add-mac-cookie": "true",
    }.items() <= profile.items()


@pytest.mark.parametrize("account", [LINE, VOUCHER], ids=["pppoe", "hotspot"])
def test_the_second_time_nothing_is_written(
    simulated: SimulatedRouter, driver: RouterOsDriver, recorded: Recorded, account: DesiredAccount
) -> None:
    for state in ("present", "disabled", "absent"):
        driver.apply(simulated.address, replace(account, state=state))
        recorded.commands.clear()
        driver.apply(simulated.address, replace(account, state=state))
        assert recorded.writes() == []
        assert recorded.commands


def test_a_profile_that_was_changed_by_hand_is_put_right(
    simulated: SimulatedRouter, driver: RouterOsDriver
) -> None:
    driver.apply(simulated.address, LINE)

    def meddle(router: Any) -> None:
        table = router._device.table("/ppp/profile")
        table.change(table.named("bando-day1"), {"rate-limit": "50M/50M", "dns-server": "10.20.0.1"})

    simulated.ask(meddle)
    assert driver.apply(simulated.address, LINE).changed
    profile = simulated.row("/ppp/profile", "bando-day1") or {}
    assert (profile["rate-limit"], profile["dns-server"]) == ("2000k/4000k", "10.20.0.1")


def test_rows_made_by_hand_are_as_they_were(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    menus = ("/ppp/secret", "/ppp/profile", "/ip/hotspot/user", "/ip/hotspot/user/profile", "/ip/pool")
    before = {menu: simulated.rows(menu) for menu in menus}
    for account in (LINE, VOUCHER):
        for state in ("present", "disabled", "absent"):
            driver.apply(simulated.address, replace(account, state=state))
    for menu in menus:
        assert [row for row in simulated.rows(menu) if not row["name"].startswith("bando-")] == before[menu]


def test_a_suspended_voucher_leaves_no_cookie_behind(
    simulated: SimulatedRouter, driver: RouterOsDriver
) -> None:
    driver.apply(simulated.address, VOUCHER)
    assert simulated.dial("hotspot", VOUCHER.username, VOUCHER.secret)
    assert simulated.rows("/ip/hotspot/cookie")
    driver.apply(simulated.address, replace(VOUCHER, state="disabled"))
    assert simulated.rows("/ip/hotspot/cookie") == []
    assert not simulated.ask(lambda router: router.hotspot_return("AA:BB:CC:00:11:33", "10.5.50.9").ok)


def test_a_home_dials_again_by_itself_and_finds_its_line_off(
    simulated: SimulatedRouter, driver: RouterOsDriver
) -> None:
    driver.apply(simulated.address, LINE)
    assert simulated.dial("pppoe", LINE.username, LINE.secret)
    driver.apply(simulated.address, replace(LINE, state="disabled"))
    simulated.advance(120)
    assert simulated.rates(LINE.username) == []
    driver.apply(simulated.address, LINE)
    simulated.advance(120)
    assert simulated.rates(LINE.username) == [(2_000, 4_000)]


def test_a_worker_that_died_before_the_kick_leaves_a_row_that_says_so(
    simulated: SimulatedRouter, recorded: Recorded, driver: RouterOsDriver
) -> None:
    driver.apply(simulated.address, LINE)
    simulated.dial("pppoe", LINE.username, LINE.secret)
    faster = replace(LINE, profile=replace(PROFILE, name="bando-day2", download_kbps=9_000))
    simulated.router.faults.silent, simulated.router.faults.on_command = True, "/ppp/active/remove"
    with pytest.raises(Unreachable):
        driver.apply(simulated.address, faster)
    assert simulated.rates(LINE.username) == [(2_000, 4_000)]
    simulated.router.faults.silent = False
    assert driver.apply(simulated.address, faster).sessions_ended == 1
    simulated.advance(5)
    assert simulated.rates(LINE.username) == [(2_000, 9_000)]
    assert (simulated.row("/ppp/secret", "1000015") or {})["comment"] == "bando:7 bando-day2 2000k/9000k"


@pytest.mark.parametrize("fault", ["cut", "silent"])
def test_a_reply_that_breaks_off_is_unreachable_and_the_next_call_is_fine(
    simulated: SimulatedRouter, driver: RouterOsDriver, fault: str
) -> None:
    simulated.router.faults.on_command = "/ppp/secret/add"
    setattr(simulated.router.faults, fault, True)
    with pytest.raises(Unreachable):
        driver.apply(simulated.address, LINE)
    setattr(simulated.router.faults, fault, False)
    driver.apply(simulated.address, LINE)
    assert driver.apply(simulated.address, LINE) == Applied(changed=False, sessions_ended=0)
    assert len([row for row in simulated.rows("/ppp/secret") if row["name"] == "1000015"]) == 1


def test_a_router_that_restarted_unnoticed_is_dialled_again(
    simulated: SimulatedRouter, driver: RouterOsDriver
) -> None:
    driver.apply(simulated.address, LINE)
    simulated.wait(simulated.router.reboot())
    assert driver.apply(simulated.address, LINE) == Applied(changed=False, sessions_ended=0)


def test_comments_in_an_old_code_page_are_read(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    simulated.router.faults.code_page_comment = True
    driver.apply(simulated.address, LINE)
    assert driver.holds(simulated.address, "pppoe") == {7}


def test_a_missing_right_is_said_in_clear_words(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    simulated.router.faults.read_only = True
    with pytest.raises(Rejected, match="not enough permissions") as refused:
        driver.apply(simulated.address, LINE)
    assert refused.value.code == "permission"


def test_a_full_router_is_unreachable(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    simulated.router.faults.max_sessions = 0
    with pytest.raises(Unreachable):
        driver.probe(simulated.address)


def test_a_wrong_password_is_a_matter_of_configuration(
    simulated: SimulatedRouter, driver: RouterOsDriver
) -> None:
    with pytest.raises(Rejected) as refused:
        driver.probe(replace(simulated.address, password="wrong"))
    assert refused.value.code == "login"


def test_a_router_that_forgets_what_it_was_told_is_found_out(
    simulated: SimulatedRouter, driver: RouterOsDriver
) -> None:
    table = simulated.router._device.table("/ppp/secret")

    def forget(row: Any, dead: bool) -> None:
        row.values["disabled"] = "true"

    simulated.ask(lambda _: table.watchers.append(forget))
    with pytest.raises(Rejected) as refused:
        driver.apply(simulated.address, LINE)
    assert refused.value.code == NOT_HELD


def test_two_workers_at_once_make_one_row(simulated: SimulatedRouter) -> None:
    drivers = [RouterOsDriver(), RouterOsDriver()]
    accounts = [replace(LINE, account_id=number, username=f"10000{number}") for number in range(10)]
    problems: list[BaseException] = []

    def work(driver: RouterOsDriver) -> None:
        try:
            for account in accounts:
                driver.apply(simulated.address, account)
        except BaseException as error:
            problems.append(error)

    threads = [Thread(target=work, args=(driver,)) for driver in drivers for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    names = [row["name"] for row in simulated.rows("/ppp/secret") if row["name"].startswith("10000")]
    assert sorted(names) == sorted(account.username for account in accounts)
    assert len(simulated.router._connections) == 2  # one a driver, however many threads
    for driver in drivers:
        driver.close()


def test_facts(simulated: SimulatedRouter, driver: RouterOsDriver) -> None:
    simulated.advance(3_700)
    facts = driver.probe(simulated.address)
    assert facts.version.startswith(simulated.router.spec.version)
    assert (facts.identity, facts.uptime_seconds) == ("mast", 3_700)
