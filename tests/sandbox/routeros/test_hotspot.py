"""Hotspot logins, limits, cookies and kicks under a moved clock."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.routeros.traps import Trap

PHONE, OTHER = "3C:5A:B4:00:00:01", "3C:5A:B4:00:00:02"
CODE = "K7QM2XWD"


@pytest.fixture
def wifi(console: Any) -> Any:
    """A console with a day voucher (2 up, 5 down) for one device, at a tenth of its rate."""
    console.device.load_permille = 100
    console.answer("/ip/hotspot/user/profile/add", "=name=day1", "=rate-limit=2M/5M")
    console.answer("/ip/hotspot/user/add", f"=name={CODE}", f"=password={CODE}", "=profile=day1")
    return console


def change(console: Any, *words: str) -> None:
    console.answer("/ip/hotspot/user/set", f"=.id={CODE}", *words)


def login(
    console: Any, password: str = CODE, mac: str = PHONE, ip: str = "10.5.50.2", name: str = CODE
) -> Any:
    console.device.advance()
    return console.device.hotspot.login(name, password, mac, ip)


def active(console: Any) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = console.rows("/ip/hotspot/active/print")
    return rows


def come_back(console: Any, mac: str = PHONE) -> Any:
    console.device.advance()
    return console.device.hotspot.come_back(mac, "10.5.50.2")


def user(console: Any) -> dict[str, str]:
    [row] = console.rows("/ip/hotspot/user/print", f"?name={CODE}")
    return dict(row)


def test_a_login_makes_its_rows(wifi: Any) -> None:
    change(wifi, "=limit-uptime=1d")
    assert login(wifi).ok
    wifi.clock.move(minutes=10)
    [session] = active(wifi)
    del session[".id"]
    assert session == {
        "server": "hs1", "user": CODE, "address": "10.5.50.2", "mac-address": PHONE, "login-by": "http-pap",
        "uptime": "10m", "idle-time": "0s", "keepalive-timeout": "2m", "session-time-left": "23h50m",
        "bytes-in": str(25_000 * 600), "bytes-out": str(62_500 * 600), "packets-in": "16667",
        "packets-out": "41667", "radius": "false",
    }  # fmt: skip
    [host] = wifi.rows("/ip/hotspot/host/print")
    assert (host["mac-address"], host["authorized"], host["uptime"]) == (PHONE, "true", "10m")
    [queue] = wifi.rows("/queue/simple/print", "?dynamic=true")
    assert (queue["name"], queue["max-limit"]) == (f"<hotspot-{CODE}>", "2000000/5000000")
    cookies = wifi.rows("/ip/hotspot/cookie/print")
    assert [(row["mac-cookie"], row["expires-in"]) for row in cookies] == [
        ("true", "2d23h50m"),
        ("false", "2d23h50m"),
    ]
    assert "logged in" in wifi.rows("/log/print")[-1]["message"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["=password=other"], "invalid username or password"),
        (["=disabled=yes"], "invalid username or password"),
        (["=name=GONE"], "invalid username or password"),
        ([f"=mac-address={OTHER}"], f"user {CODE} is not allowed to log in from this MAC address"),
    ],
)
def test_refusals(wifi: Any, words: list[str], text: str) -> None:
    change(wifi, *words)
    attempt = login(wifi)
    assert (attempt.ok, attempt.text) == (False, text)
    assert active(wifi) == []
    assert wifi.rows("/ip/hotspot/host/print")[0]["authorized"] == "false"


def test_the_trial_template_is_no_login(wifi: Any) -> None:
    assert login(wifi, password="", name="default-trial").text == "invalid username or password"


def test_an_unknown_name_is_asked_for_over_radius_if_the_server_says_so(wifi: Any) -> None:
    wifi.answer("/ip/hotspot/profile/set", "=.id=hsprof1", "=use-radius=yes")
    assert login(wifi, name="elsewhere").text == "RADIUS server is not responding"
    assert login(wifi).ok


def test_a_limit_beyond_all_time(wifi: Any) -> None:
    change(wifi, f"=limit-bytes-total={10**30}", "=limit-uptime=4294967296")
    assert login(wifi).ok
    wifi.clock.move(days=3650)
    assert active(wifi)[0]["uptime"] == "521w3d"


def test_shared_users(wifi: Any) -> None:
    assert login(wifi).ok
    assert login(wifi, mac=OTHER, ip="10.5.50.3").text == f"no more sessions are allowed for user {CODE}"
    # The same phone again is not one more session.
    assert login(wifi).ok
    wifi.answer("/ip/hotspot/user/profile/set", "=.id=day1", "=shared-users=2")
    assert login(wifi, mac=OTHER, ip="10.5.50.3").ok
    assert len(active(wifi)) == 2
    names = [row["name"] for row in wifi.rows("/queue/simple/print", "?dynamic=true")]
    assert names == [f"<hotspot-{CODE}>", f"<hotspot-{CODE}-1>"]


def test_time_runs_only_while_online_and_over_all_sessions(wifi: Any) -> None:
    change(wifi, "=limit-uptime=1d")
    login(wifi)
    wifi.clock.move(hours=10)
    assert user(wifi)["uptime"] == "0s"
    wifi.device.advance()
    wifi.device.hotspot.logout(PHONE)
    assert user(wifi)["uptime"] == "10h"
    wifi.clock.move(days=5)
    assert login(wifi).ok
    assert active(wifi)[0]["session-time-left"] == "14h"
    wifi.clock.move(days=2)
    assert active(wifi) == []
    used = user(wifi)
    assert (used["uptime"], used["bytes-in"]) == ("1d", str(25_000 * 86_400))
    assert login(wifi).text == f"user {CODE} has reached uptime limit"
    wifi.answer("/ip/hotspot/user/reset-counters", f"=.id={CODE}")
    assert (user(wifi)["uptime"], user(wifi)["bytes-out"]) == ("0s", "0")
    assert login(wifi).ok


@pytest.mark.parametrize(
    ("limit", "bytes_a_second"), [("in", 25_000), ("out", 62_500), ("total", 87_500)]
)  # fmt: skip
def test_data_limits(wifi: Any, limit: str, bytes_a_second: int) -> None:
    change(wifi, f"=limit-bytes-{limit}={bytes_a_second * 3600}")
    login(wifi)
    wifi.clock.move(minutes=59)
    assert len(active(wifi)) == 1
    wifi.clock.move(days=1)
    assert active(wifi) == []
    assert user(wifi)["uptime"] == "1h"
    assert login(wifi).text == f"user {CODE} has reached traffic limit"
    assert come_back(wifi).ok is False


def test_a_running_session_keeps_its_bound_until_it_logs_in_again(wifi: Any) -> None:
    change(wifi, "=limit-uptime=1h")
    login(wifi)
    wifi.clock.move(minutes=30)
    change(wifi, "=limit-uptime=3h")
    assert active(wifi)[0]["session-time-left"] == "30m"
    words = [f"=user={CODE}", f"=password={CODE}", "=ip=10.5.50.2", f"=mac-address={PHONE}"]
    wifi.answer("/ip/hotspot/active/login", *words)
    assert active(wifi)[0]["session-time-left"] == "2h30m"


@pytest.mark.parametrize(
    "words",
    [
        ["/ip/hotspot/user/disable", f"=.id={CODE}"],
        ["/ip/hotspot/user/remove", f"=.id={CODE}"],
        ["/ip/hotspot/user/set", f"=.id={CODE}", "=profile=default"],
    ],
)
def test_a_session_survives_what_happens_to_its_user(wifi: Any, words: list[str]) -> None:
    login(wifi)
    wifi.answer(*words)
    wifi.clock.move(days=2)
    assert active(wifi)[0]["uptime"] == "2d"


def test_a_kick_takes_the_mac_cookie_but_not_the_browser_s(wifi: Any) -> None:
    login(wifi)
    wifi.answer("/ip/hotspot/active/remove", f"=.id={active(wifi)[0]['.id']}")
    assert active(wifi) == []
    assert [row["mac-cookie"] for row in wifi.rows("/ip/hotspot/cookie/print")] == ["false"]
    assert come_back(wifi).ok
    assert active(wifi)[0]["login-by"] == "cookie"


def test_a_suspended_customer_with_a_forgotten_cookie_is_refused_and_loses_it(wifi: Any) -> None:
    login(wifi)
    wifi.answer("/ip/hotspot/user/disable", f"=.id={CODE}")
    wifi.answer("/ip/hotspot/active/remove", f"=.id={active(wifi)[0]['.id']}")
    assert come_back(wifi).text == "invalid username or password"
    assert wifi.rows("/ip/hotspot/cookie/print") == []


def test_a_phone_comes_back_by_its_mac_cookie(wifi: Any) -> None:
    login(wifi)
    wifi.device.hotspot.leave(PHONE)
    assert active(wifi) == []
    assert wifi.rows("/ip/hotspot/host/print") == []
    wifi.clock.move(days=1)
    assert come_back(wifi).ok
    assert active(wifi)[0]["login-by"] == "mac-cookie"
    wifi.device.hotspot.leave(PHONE)
    wifi.clock.move(days=4)
    assert come_back(wifi).text == "you are not logged in (ip 10.5.50.2)"


def test_cookies_can_be_removed_by_command(wifi: Any) -> None:
    login(wifi)
    wifi.device.hotspot.leave(PHONE)
    for row in wifi.rows("/ip/hotspot/cookie/print", f"?user={CODE}"):
        wifi.answer("/ip/hotspot/cookie/remove", f"=.id={row['.id']}")
    assert not come_back(wifi).ok


def test_login_from_outside(wifi: Any) -> None:
    words = ["/ip/hotspot/active/login", f"=user={CODE}", f"=password={CODE}", "=ip=10.5.50.2"]
    with pytest.raises(Trap, match=r"unknown host IP 10\.5\.50\.2"):
        wifi.answer(*words)
    wifi.device.hotspot.join(PHONE, "10.5.50.2")
    with pytest.raises(Trap, match="invalid username or password"):
        wifi.answer(*[word.replace(f"password={CODE}", "password=x") for word in words])
    with pytest.raises(Trap, match="unknown parameter colour"):
        wifi.answer(*words, "=colour=red")
    wifi.answer(*words)
    assert active(wifi)[0]["mac-address"] == PHONE


def test_removing_the_host_logs_out(wifi: Any) -> None:
    login(wifi)
    [host] = wifi.rows("/ip/hotspot/host/print")
    wifi.answer("/ip/hotspot/host/remove", f"=.id={host['.id']}")
    assert active(wifi) == []


def test_session_timeout_of_the_profile(wifi: Any) -> None:
    wifi.answer("/ip/hotspot/user/profile/set", "=.id=day1", "=session-timeout=2h")
    login(wifi)
    wifi.clock.move(hours=3)
    assert active(wifi) == []
    assert user(wifi)["uptime"] == "2h"
    assert login(wifi).ok


def test_power_cut(wifi: Any) -> None:
    login(wifi)
    wifi.clock.move(hours=1)
    wifi.device.lose_power()
    wifi.device.boot()
    assert active(wifi) == []
    assert wifi.rows("/ip/hotspot/host/print") == []
    assert wifi.rows("/ip/hotspot/cookie/print") == []
    assert user(wifi)["uptime"] == "1h"


def test_no_hotspot_here(make_console: Callable[..., Any]) -> None:
    assert login(make_console(hotspot=False)).text == "no hotspot here"


def test_a_user_for_this_server_comes_before_one_for_all(wifi: Any) -> None:
    wifi.answer("/ip/hotspot/user/add", f"=name={CODE}", "=password=local", "=server=hs1")
    assert not login(wifi).ok
    assert login(wifi, password="local").ok
