"""Every fault, as a client sees it, and the router's disk."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from sandbox.routeros.words import encode_sentence


def test_slow(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.slow_seconds = 0.3
    wire.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        wire.ask("/system/identity/print")
    wire.socket.settimeout(5)
    assert wire.hear() == ["!re", "=name=kilifi-1"]


def test_silent(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.silent, router.faults.on_command = True, "/ppp/secret/add"
    wire.say("/ppp/secret/add", "=name=jane", ".tag=1")
    assert wire.ask("/ppp/secret/print", "=count-only=", ".tag=2") == [["!done", ".tag=2", "=ret=1"]]
    router.faults.on_command = ""
    wire.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        wire.ask("/ppp/secret/print")
    late = bench.wire(router)
    late.socket.settimeout(0.05)
    with pytest.raises(TimeoutError):
        late.ask("/login", "=name=bando", "=password=S3cret!")


def test_cut_does_the_work_and_tears_the_answer(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.cut = True
    wire.say("/ppp/secret/add", "=name=jane")
    heard = b""
    while data := wire.socket.recv(100):
        heard += data
    whole = encode_sentence(["!done", "=ret=*2"])
    assert 0 < len(heard) < len(whole)
    assert whole.startswith(heard)
    assert [row["name"] for row in bench.do(router.rows, "/ppp/secret")] == ["mast-camera", "jane"]


def test_cut_in_the_middle_of_rows(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.cut = True
    heard = wire.ask("/ppp/profile/print", "=.proplist=name")
    assert [sentence[:1] for sentence in heard] == [["!re"], ["!re"], []]


def test_fatal(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.fatal = "out of memory"
    wire.say("/ppp/secret/add", "=name=jane", ".tag=5")
    assert (wire.hear(), wire.hear()) == (["!fatal", "out of memory"], [])
    assert len(bench.do(router.rows, "/ppp/secret")) == 1


def test_refusing(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.refusing = True
    with pytest.raises(ConnectionError):
        wire.ask("/ppp/secret/print")
    with pytest.raises(ConnectionError):
        bench.wire(router).ask("/login")
    router.faults.refusing = False
    bench.wire(router).login()


def test_session_limit_closes_at_once(bench: Any) -> None:
    router = bench.router()
    first = bench.wire(router).login()
    router.faults.max_sessions = 1
    assert bench.wire(router).hear() == []
    router.faults.max_sessions = None
    first.ask("/ip/service/set", "=numbers=api", "=max-sessions=2")
    bench.wire(router).login()
    assert bench.wire(router).hear() == []


def test_service_switched_off_or_for_other_sources(bench: Any) -> None:
    wire = bench.wire(router := bench.router()).login()
    wire.ask("/ip/service/set", "=numbers=api", "=address=10.0.0.0/8")
    assert bench.wire(router).hear() == []
    wire.ask("/ip/service/set", "=numbers=api", "=address=10.0.0.0/8,127.0.0.0/8")
    bench.wire(router).login()
    wire.ask("/ip/service/disable", "=numbers=api")
    assert bench.wire(router).hear() == []


def test_read_only(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.read_only = True
    assert wire.ask("/ppp/secret/remove", "=.id=*1")[0] == ["!trap", "=message=not enough permissions (9)"]
    assert wire.ask("/ppp/secret/print", "=count-only=") == [["!done", "=ret=1"]]


def test_a_comment_that_is_not_utf8(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    router.faults.code_page_comment = True
    wire.say("/ppp/secret/print", "=.proplist=comment")
    assert b"=comment=Cam\xe9ra du m\xe2t\x00" in wire.socket.recv(1000)
    assert bench.do(router.rows, "/ppp/secret")[0]["comment"] == "Caméra du mât"
    router.faults.code_page_comment = False
    assert bench.do(router.rows, "/ppp/secret")[0]["comment"] == "mast camera, do not touch"


def test_power_off_closes_the_door_and_ends_everything(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    assert bench.do(router.dial_pppoe, "mast-camera", "cam-7731", "02:00:00:00:00:01").ok
    assert bench.do(router.hotspot_login, "reception", "karibu", "02:00:00:00:00:02", "10.5.50.2").ok
    assert {s.kind for s in bench.do(router.sessions)} == {"pppoe", "hotspot"}
    port = router.port
    bench.run(router.power(False))
    assert (router.on, bench.do(router.sessions)) == (False, [])
    with pytest.raises(ConnectionError):
        wire.ask("/ppp/secret/print")
    with pytest.raises(ConnectionRefusedError):
        bench.wire(router)
    assert bench.do(router.dial_pppoe, "mast-camera", "cam-7731", "02:00:00:00:00:03").text == "no answer"
    assert bench.do(router.hotspot_login, "reception", "karibu", "02:00:00:00:00:02", "10.5.50.2").ok is False
    bench.run(router.power(True))
    assert router.port == port
    bench.clock.move(seconds=1)
    assert {s.mac for s in bench.do(router.sessions)} == {"02:00:00:00:00:01", "02:00:00:00:00:03"}
    bench.wire(router).login()


def test_reboot(bench: Any) -> None:
    router = bench.router()
    bench.clock.move(days=3)
    wire = bench.wire(router).login()
    wire.ask("/ip/firewall/address-list/add", "=list=slow", "=address=10.0.0.5", "=timeout=1d")
    bench.run(router.reboot())
    wire = bench.wire(router).login()
    assert wire.ask("/system/resource/print", "=.proplist=uptime")[0] == ["!re", "=uptime=0s"]
    assert [row["list"] for row in bench.do(router.rows, "/ip/firewall/address-list")] == ["admins"]


def test_carried_bytes_use_up_a_voucher(bench: Any) -> None:
    router = bench.router()
    wire = bench.wire(router).login()
    wire.ask("/ip/hotspot/user/set", "=.id=reception", "=limit-bytes-total=1000000")
    bench.do(router.hotspot_login, "reception", "karibu", "02:00:00:00:00:02", "10.5.50.2")
    assert bench.do(router.carry, "reception", load_permille=0, download_bytes=999_999) == 1
    bench.clock.move(days=1)
    [session] = bench.do(router.sessions)
    assert (session.download_bytes, session.uptime_seconds) == (999_999, 86_400)
    bench.do(router.carry, "reception", upload_bytes=1)
    assert bench.do(router.sessions) == []
    refused = bench.do(router.hotspot_return, "02:00:00:00:00:02", "10.5.50.2")
    assert refused.text == "user reception has reached traffic limit"


def test_unknown_menu_in_rows(bench: Any) -> None:
    with pytest.raises(KeyError):
        bench.do(bench.router().rows, "/no/menu")


# -- disk --------------------------------------------------------------------


def test_configuration_survives_a_restart_and_sessions_do_not(bench: Any, tmp_path: Path) -> None:
    state = tmp_path / "routers" / "kilifi-1.json"
    router = bench.router(state)
    wire = bench.wire(router).login()
    for name in ("gone", "jane"):
        wire.ask("/ppp/secret/add", f"=name={name}", "=password=p", "=profile=staff")
    wire.ask("/ppp/secret/remove", "=.id=gone")
    wire.ask("/ppp/secret/remove", "=.id=mast-camera")
    bench.do(router.dial_pppoe, "jane", "p", "02:00:00:00:00:01")
    before = bench.do(router.rows, "/ppp/secret")
    bench.run(router.stop())
    again = bench.router(state)
    rows = bench.do(again.rows, "/ppp/secret")
    assert [(row[".id"], row["name"], row["profile"]) for row in rows] == [("*3", "jane", "staff")]
    assert rows[0].items() >= before[0].items()
    assert bench.do(again.sessions) == []
    assert bench.do(again.rows, "/queue/simple")[0]["name"] == "mast-link"
    wire = bench.wire(again).login()
    assert wire.ask("/ppp/secret/add", "=name=new") == [["!done", "=ret=*4"]]
    assert [row["port"] for row in bench.do(again.rows, "/ip/service") if row["name"] == "api"] == [
        str(again.port)
    ]


def test_a_change_is_written_soon_and_for_its_owner_only(bench: Any, tmp_path: Path) -> None:
    state = tmp_path / "kilifi-1.json"
    router = bench.router(state)
    assert router.save_is_due is False
    bench.wire(router).login().ask("/ppp/secret/add", "=name=jane")
    assert router.save_is_due is True
    bench.do(router.save)
    assert router.save_is_due is False
    rows = json.loads(state.read_text())["tables"]["/ppp/secret"]["rows"]
    assert [values["name"] for _, _, values in rows] == ["mast-camera", "jane"]
    assert os.listdir(tmp_path) == ["kilifi-1.json"]
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
