"""The routers' doors; what stands behind them is tested on its own."""

import socket
from collections.abc import Iterator
from typing import Any

import librouteros
import pytest
from librouteros.exceptions import LibRouterosError


@pytest.fixture
def router(fresh_trial: Any) -> Any:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    place = {
        "name": "mtwapa", "site": "Mtwapa", "port": port, "version": "7.18.2", "username": "bando",
        "password": "pw", "pppoe": True, "hotspot": True,
    }  # fmt: skip
    return fresh_trial(web="http://127.0.0.1:1", routers=[place])


@pytest.fixture
def api(router: Any) -> Iterator[Any]:
    connection = connect(router)
    yield connection
    connection.close()


def connect(trial: Any) -> Any:
    return librouteros.connect(
        "127.0.0.1", username="bando", password="pw", port=trial.world.routers[0].port, timeout=2
    )


def test_listing_and_power(router: Any) -> None:
    listed = {"name": "mtwapa", "site": "Mtwapa", "on": True, "version": "7.18.2"}
    assert router.get("/routers") == [listed]
    assert router.post("/routers/mtwapa/power", {"on": False}) == listed | {"on": False}
    with pytest.raises(OSError, match="refused"):
        connect(router)
    assert router.post("/routers/mtwapa/power", {"on": True})["on"] is True
    connect(router).close()
    assert router.http.get("/routers/nobody/print?menu=/ppp/secret").status_code == 404
    assert router.http.get("/routers/mtwapa/print?menu=/none").status_code == 404


def test_a_home_dials_with_what_the_api_wrote(router: Any, api: Any) -> None:
    dial = {"service": "pppoe", "username": "home1", "password": "s3cret"}
    refused = router.post("/routers/mtwapa/sessions", dial)
    assert (refused["ok"], bool(refused["error"])) == (False, True)
    api.path("ppp", "secret").add(name="home1", password="s3cret", service="pppoe")
    assert "home1" in [row["name"] for row in router.get("/routers/mtwapa/print?menu=/ppp/secret")]
    up = router.post("/routers/mtwapa/sessions", dial)
    assert (up["ok"], up["error"]) == (True, "")
    assert [s["username"] for s in router.get("/routers/mtwapa/sessions")] == ["home1"]
    assert router.post("/routers/mtwapa/sessions/carry", {"username": "home1", "download_bytes": 10})["ok"]
    assert router.post("/routers/mtwapa/sessions/hangup", {"username": "home1"}) == {"ok": True}
    assert router.get("/routers/mtwapa/sessions") == []


def test_a_phone_logs_in_at_the_hotspot(router: Any, api: Any) -> None:
    api.path("ip", "hotspot", "user").add(name="v123", password="v123")
    login = {"service": "hotspot", "username": "v123", "password": "v123", "mac": "aa:bb:cc:dd:ee:01"}
    up = router.post("/routers/mtwapa/sessions", login)
    assert (up["ok"], up["mac"]) == (True, "AA:BB:CC:DD:EE:01")
    assert not router.post("/routers/mtwapa/sessions", login | {"password": "no"})["ok"]
    left = {"service": "hotspot", "username": "v123"}
    assert router.post("/routers/mtwapa/sessions/hangup", left) == {"ok": True}
    assert router.post("/routers/mtwapa/sessions/hangup", left) == {"ok": False}


def test_faults_reach_the_router(router: Any, api: Any) -> None:
    router.faults(router_fatal=["mtwapa"])
    with pytest.raises((LibRouterosError, OSError)):
        tuple(api.path("ppp", "secret"))
    router.faults(router_fatal=[], router_refusing=["mtwapa"])
    with pytest.raises((LibRouterosError, OSError)):
        connect(router)
    router.post("/faults/reset")
    connect(router).close()
