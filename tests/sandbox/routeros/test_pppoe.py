"""Lives of PPPoE sessions under a moved clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.routeros.meter import Meter
from sandbox.routeros.traps import Trap

MAC = "AA:BB:CC:00:11:22"


@pytest.fixture
def jane(console: Any) -> Any:
    """A console with the account jane on a plan of 5 up, 10 down, at a tenth of its rate."""
    console.device.load_permille = 100
    console.answer("/ppp/profile/add", "=name=home10", "=rate-limit=5M/10M", "=remote-address=pppoe-pool")
    console.answer("/ppp/secret/add", "=name=jane", "=password=p", "=profile=home10", "=comment=ACC-1")
    return console


def dial(console: Any, password: str = "p", name: str = "jane", mac: str = MAC) -> Any:
    console.device.advance()
    return console.device.pppoe.dial(name, password, mac)


def active(console: Any) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = console.rows("/ppp/active/print")
    return rows


def test_a_session_has_its_rows(jane: Any) -> None:
    assert dial(jane).ok
    jane.clock.move(hours=1, minutes=2, seconds=5)
    [session] = active(jane)
    assert session["session-id"].startswith("0x81")
    del session[".id"], session["session-id"]
    assert session == {
        "name": "jane", "service": "pppoe", "caller-id": MAC, "address": "10.20.0.10", "uptime": "1h2m5s",
        "encoding": "", "limit-bytes-in": "0", "limit-bytes-out": "0", "radius": "false", "comment": "ACC-1",
    }  # fmt: skip
    [interface] = jane.rows("/interface/print", "?type=pppoe-in")
    assert (interface["name"], interface["dynamic"]) == ("<pppoe-jane>", "true")
    [queue] = jane.rows("/queue/simple/print", "?dynamic=true")
    assert (queue["name"], queue["target"]) == ("<pppoe-jane>", "<pppoe-jane>")
    assert queue["max-limit"] == "5000000/10000000"
    [used] = jane.rows("/ip/pool/used/print")
    assert (used["pool"], used["address"]) == ("pppoe-pool", "10.20.0.10")


def test_counters_grow_with_the_clock_and_the_plan(jane: Any) -> None:
    dial(jane)
    jane.clock.move(days=30)
    [interface] = jane.rows("/interface/print", "?type=pppoe-in")
    seconds = 30 * 86_400
    assert int(interface["rx-byte"]) == 5_000_000 // 8 // 10 * seconds
    assert int(interface["tx-byte"]) == 10_000_000 // 8 // 10 * seconds
    [queue] = jane.rows("/queue/simple/print", "?dynamic=true")
    assert queue["bytes"] == f"{interface['rx-byte']}/{interface['tx-byte']}"
    assert queue["rate"] == "500000/1000000"
    assert not {"rx-byte", "bytes-in", "bytes"} & set(active(jane)[0])


@given(st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=8))
def test_counting_often_loses_nothing(steps: list[int]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    meter = Meter(1_234_567, 7_654_321, 33, start)
    moment, readings = start, [0]
    for microseconds in steps:
        moment += timedelta(microseconds=microseconds)
        readings.append(meter.upload(moment))
    assert readings == sorted(readings)
    assert readings[-1] == Meter(1_234_567, 7_654_321, 33, start).upload(moment)


@given(st.integers(1, 10**12), st.integers(1, 10**9), st.integers(1, 1000))
def test_a_byte_limit_is_met_and_hardly_passed(limit: int, bps: int, load: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assume(limit * 8000 // (bps * load) < 10**9)
    meter = Meter(bps, 0, load, start)
    moment = meter.reaches(start, upload=limit)
    assert moment is not None
    assert meter.upload(moment) >= limit
    assert meter.upload(moment - timedelta(microseconds=2)) <= limit


@pytest.mark.parametrize(
    "change",
    [
        ["/ppp/secret/set", "=.id=jane", "=profile=default"],
        ["/ppp/secret/set", "=.id=jane", "=password=new"],
        ["/ppp/secret/disable", "=.id=jane"],
        ["/ppp/secret/remove", "=.id=jane"],
        ["/ppp/profile/set", "=.id=home10", "=rate-limit=1M/1M"],
    ],
)
def test_a_session_survives_what_happens_to_its_account(jane: Any, change: list[str]) -> None:
    dial(jane)
    [before] = active(jane)
    jane.answer(*change)
    jane.clock.move(days=3)
    [after] = active(jane)
    assert (after[".id"], after["uptime"]) == (before[".id"], "3d")
    assert jane.rows("/queue/simple/print", "?dynamic=true")[0]["max-limit"] == "5000000/10000000"


def test_a_kicked_home_redials_into_the_changed_plan(jane: Any) -> None:
    dial(jane)
    [old] = active(jane)
    jane.clock.move(hours=1)
    jane.answer("/ppp/profile/add", "=name=home20", "=rate-limit=10M/20M", "=remote-address=pppoe-pool")
    jane.answer("/ppp/secret/set", "=.id=jane", "=profile=home20")
    jane.answer("/ppp/active/remove", f"=.id={old['.id']}")
    assert active(jane) == []
    assert jane.rows("/interface/print", "?type=pppoe-in") == []
    jane.clock.move(seconds=11)
    [new] = active(jane)
    assert (new["uptime"], new["name"]) == ("10s", "jane")
    assert new[".id"] != old[".id"]
    assert new["session-id"] != old["session-id"]
    assert jane.rows("/queue/simple/print", "?dynamic=true")[0]["max-limit"] == "10000000/20000000"
    # A new interface: the counters begin again.
    assert int(jane.rows("/interface/print", "?type=pppoe-in")[0]["rx-byte"]) == 10_000_000 // 80 * 10
    [secret] = jane.rows("/ppp/secret/print", "?name=jane")
    assert secret["last-logged-out"] == "2026-01-05 09:00:00"
    assert (secret["last-caller-id"], secret["last-disconnect-reason"]) == (MAC, "admin-reset")


def test_a_disabled_home_stays_out_until_it_is_enabled(jane: Any) -> None:
    dial(jane)
    jane.answer("/ppp/secret/disable", "=.id=jane")
    jane.answer("/ppp/active/remove", f"=.id={active(jane)[0]['.id']}")
    jane.clock.move(days=35)
    assert active(jane) == []
    failures = jane.rows("/log/print", "?topics=pppoe,ppp,error")
    assert failures[-1]["message"] == f"<{MAC}>: user jane authentication failed"
    jane.answer("/ppp/secret/enable", "=.id=jane")
    jane.clock.move(seconds=11)
    assert [row["name"] for row in active(jane)] == ["jane"]


def test_a_home_that_dials_by_hand_while_refused_has_one_plan(jane: Any) -> None:
    jane.answer("/ppp/secret/disable", "=.id=jane")
    for _ in range(3):
        assert not dial(jane).ok
    jane.clock.move(seconds=15)
    assert len(jane.rows("/log/print", "?topics=pppoe,ppp,error")) == 4


def test_removing_a_session_that_is_gone(jane: Any) -> None:
    with pytest.raises(Trap, match="no such item"):
        jane.answer("/ppp/active/remove", "=.id=*1")


@pytest.mark.parametrize(
    "change",
    [
        ["/ppp/secret/set", "=.id=jane", "=password=other"],
        ["/ppp/secret/set", "=.id=jane", "=service=l2tp"],
        ["/ppp/secret/set", "=.id=jane", "=caller-id=00:00:00:00:00:01"],
        ["/ppp/secret/disable", "=.id=jane"],
        ["/ppp/secret/remove", "=.id=jane"],
        ["/ppp/profile/remove", "=.id=home10"],
        ["/ip/pool/set", "=.id=pppoe-pool", "=ranges=10.20.0.10-10.20.0.10"],
    ],
)
def test_dials_are_refused(jane: Any, change: list[str]) -> None:
    jane.answer("/ppp/secret/add", "=name=first", "=password=p", "=profile=default")
    assert dial(jane, name="first", mac="02:00:00:00:00:01").ok
    jane.answer(*change)
    attempt = dial(jane)
    assert not attempt.ok
    assert attempt.text
    assert [row["name"] for row in active(jane)] == ["first"]


def test_fixed_address_and_two_homes_on_one_account(jane: Any) -> None:
    jane.answer("/ppp/secret/set", "=.id=jane", "=remote-address=10.77.0.5")
    assert dial(jane).address == "10.77.0.5"
    assert dial(jane, mac="02:00:00:00:00:02").ok
    names = [row["name"] for row in jane.rows("/interface/print", "?type=pppoe-in")]
    assert names == ["<pppoe-jane>", "<pppoe-jane-1>"]
    jane.answer("/ppp/profile/set", "=.id=home10", "=only-one=yes")
    assert dial(jane, mac="02:00:00:00:00:03").text == "user jane is already active"


def test_hanging_up_is_for_good(jane: Any) -> None:
    dial(jane)
    assert jane.device.pppoe.hang_up("jane")
    assert not jane.device.pppoe.hang_up("jane")
    jane.clock.move(days=1)
    assert active(jane) == []
    assert jane.rows("/ppp/secret/print", "?name=jane")[0]["last-disconnect-reason"] == "hung-up"


def test_session_timeout_makes_a_home_reconnect(jane: Any) -> None:
    jane.answer("/ppp/profile/set", "=.id=home10", "=session-timeout=1d")
    dial(jane)
    jane.clock.move(days=2, hours=1)
    [session] = active(jane)
    # Twice a day of line and a second of redialling.
    assert session["uptime"] == "59m58s"


def test_bytes_of_one_session_are_limited(jane: Any) -> None:
    jane.answer("/ppp/secret/set", "=.id=jane", f"=limit-bytes-out={1_250_000 * 360}")
    dial(jane)
    jane.clock.move(hours=1, seconds=2)
    assert active(jane)[0]["uptime"] == "0s"
    assert (
        jane.rows("/ppp/secret/print", "?name=jane")[0]["last-disconnect-reason"] == "traffic limit reached"
    )


def test_address_list_of_the_profile(jane: Any) -> None:
    jane.answer("/ppp/profile/set", "=.id=home10", "=address-list=customers")
    dial(jane)
    [entry] = jane.rows("/ip/firewall/address-list/print", "?list=customers")
    assert (entry["address"], entry["dynamic"]) == ("10.20.0.10", "true")
    jane.device.pppoe.hang_up("jane")
    assert jane.rows("/ip/firewall/address-list/print", "?list=customers") == []


def test_a_power_cut_ends_sessions_and_homes_come_back(jane: Any) -> None:
    dial(jane)
    jane.device.lose_power()
    assert jane.device.pppoe.live() == []
    jane.clock.move(hours=2)
    jane.device.boot()
    assert active(jane) == []
    jane.clock.move(seconds=2)
    assert [row["uptime"] for row in active(jane)] == ["1s"]
    assert jane.rows("/system/resource/print")[0]["uptime"] == "2s"


def test_dynamic_rows_cannot_be_edited(jane: Any) -> None:
    dial(jane)
    with pytest.raises(Trap, match="dynamic"):
        jane.answer("/queue/simple/set", "=.id=<pppoe-jane>", "=max-limit=1M/1M")
    with pytest.raises(Trap, match="dynamic"):
        jane.answer("/queue/simple/remove", "=.id=<pppoe-jane>")


def test_redial_in_real_time(make_console: Callable[..., Any]) -> None:
    console = make_console(redial_in_real_time=True, redial_seconds=0.0)
    assert dial(console, "cam-7731", "mast-camera").ok
    [old] = active(console)
    console.answer("/ppp/active/remove", f"=.id={old['.id']}")
    assert active(console)[0][".id"] != old[".id"]


def test_three_thousand_homes(console: Any) -> None:
    secrets = console.device.table("/ppp/secret")
    for number in range(3000):
        secrets.add({"name": f"u{number}", "password": "p"})
        assert dial(console, name=f"u{number}", mac=f"m{number}").ok
    console.clock.move(days=1)
    rows = console.rows("/interface/print", "=.proplist=name,rx-byte,tx-byte", "?type=pppoe-in")
    assert len({row["name"] for row in rows}) == 3000
    assert len({row["address"] for row in active(console)}) == 3000
