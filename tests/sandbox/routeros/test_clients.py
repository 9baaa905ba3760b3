"""Two independent client libraries read the simulator as they would read a router."""

from collections.abc import Iterator
from typing import Any

import librouteros
import pytest
import routeros_api
from librouteros.exceptions import FatalError, MultiTrapError, TrapError
from librouteros.query import Key
from routeros_api.exceptions import RouterOsApiCommunicationError, RouterOsApiConnectionError


class Connect:
    def __init__(self) -> None:
        self._open: list[Any] = []

    def routeros_api(self, router: Any, password: str = "S3cret!", plain: bool = True) -> Any:
        pool = routeros_api.RouterOsApiPool(
            "127.0.0.1", "bando", password, router.port, plaintext_login=plain
        )
        pool.set_timeout(5)
        self._open.append(pool.disconnect)
        return pool.get_api()

    def librouteros(self, router: Any, **options: Any) -> Any:
        options = {"password": "S3cret!", "timeout": 5, **options}
        api = librouteros.connect("127.0.0.1", "bando", port=router.port, **options)
        self._open.append(api.close)
        return api

    def close(self) -> None:
        for close in self._open:
            close()


@pytest.fixture
def connect() -> Iterator[Connect]:
    connect = Connect()
    yield connect
    connect.close()


@pytest.mark.parametrize("version", ["6.49.10", "7.18.2"])
def test_routeros_api_keeps_accounts(bench: Any, connect: Connect, version: str) -> None:
    secrets = connect.routeros_api(bench.router(version=version)).get_resource("/ppp/secret")
    assert secrets.get(name="jane") == []
    id = secrets.add(name="jane", password="p", service="pppoe", comment="").done_message["ret"]
    secrets.set(id=id, comment="ACC-1", disabled="yes")
    [jane] = secrets.get(name="jane")
    assert (jane["id"], jane["comment"], jane["disabled"]) == (id, "ACC-1", "true")
    secrets.remove(id=id)
    assert secrets.get(name="jane") == []
    assert [row["name"] for row in secrets.get()] == ["mast-camera"]


def test_routeros_api_by_challenge(bench: Any, connect: Connect) -> None:
    router = bench.router(version="6.40.9", old_login=True)
    api = connect.routeros_api(router, plain=False)
    assert api.get_resource("/system/identity").get() == [{"name": "kilifi-1"}]
    with pytest.raises(RouterOsApiCommunicationError, match="cannot log in"):
        connect.routeros_api(router, password="wrong", plain=False)


def test_routeros_api_reads_refusals(bench: Any, connect: Connect) -> None:
    router = bench.router()
    with pytest.raises(RouterOsApiCommunicationError, match="invalid user name or password"):
        connect.routeros_api(router, password="wrong")
    users = connect.routeros_api(router).get_resource("/ip/hotspot/user")
    with pytest.raises(RouterOsApiCommunicationError, match="unknown parameter rate-limit"):
        users.add(name="x", rate_limit="1M/1M")
    with pytest.raises(
        RouterOsApiCommunicationError, match="already have user with this name for this server"
    ):
        users.add(name="reception")
    # A trap is not a lost connection.
    assert users.call("print", {"proplist": "name"}, {"name": "reception"}) == [{"name": "reception"}]


@pytest.mark.parametrize("version", ["6.49.10", "7.18.2"])
def test_librouteros_keeps_vouchers(bench: Any, connect: Connect, version: str) -> None:
    users = connect.librouteros(bench.router(version=version)).path("ip", "hotspot", "user")
    ids = [users.add(name=f"V-{n}", password=f"V-{n}", **{"limit-uptime": "1d"}) for n in range(3)]
    name, comment = Key("name"), Key("comment")
    assert list(users.select(name).where(name == "V-1")) == [{"name": "V-1"}]
    assert list(users.select(name).where(name == "nobody")) == []
    users.update(**{".id": ids[0], "comment": "batch-7"})
    assert [row["name"] for row in users.select(name).where(comment == "batch-7")] == ["V-0"]
    users.remove(*ids)
    assert [row["name"] for row in users] == ["default-trial", "reception"]


def test_librouteros_reads_refusals(bench: Any, connect: Connect) -> None:
    router = bench.router()
    with pytest.raises(TrapError, match="invalid user name or password"):
        connect.librouteros(router, password="wrong")
    api = connect.librouteros(router)
    with pytest.raises(MultiTrapError):
        list(api("/foo/print"))
    with pytest.raises(TrapError) as caught:
        api.path("ppp", "secret").add(name="x", profile="gold")
    assert (caught.value.category, caught.value.message) == (1, "input does not match any value of profile")
    router.faults.fatal = "out of memory"
    with pytest.raises(FatalError, match="out of memory"):
        list(api("/ppp/secret/print"))


def test_librouteros_sees_sessions_end_and_begin(bench: Any, connect: Connect) -> None:
    router = bench.router()
    bench.do(router.dial_pppoe, "mast-camera", "cam-7731", "02:00:00:00:00:01")
    active = connect.librouteros(router).path("ppp", "active")
    [session] = list(active)
    active.remove(session[".id"])
    assert list(active) == []
    bench.clock.move(seconds=1)
    [redialled] = list(active)
    assert redialled[".id"] != session[".id"]


def test_routeros_api_meets_a_dead_router(bench: Any, connect: Connect) -> None:
    router = bench.router()
    secrets = connect.routeros_api(router).get_resource("/ppp/secret")
    bench.run(router.power(False))
    with pytest.raises((RouterOsApiConnectionError, OSError)):
        secrets.get()
    with pytest.raises((RouterOsApiConnectionError, OSError)):
        connect.routeros_api(router)
    bench.run(router.power(True))
    assert len(connect.routeros_api(router).get_resource("/ppp/secret").get()) == 1
