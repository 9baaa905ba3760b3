"""The embedded servers for real: own homes under a private folder, as this user and, for root, in both
ways."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from bando.embedded import EmbeddedError, Servers, erase, resolve, start

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 20.0


STARTER = """
import pathlib, sys
import bando.embedded
servers = bando.embedded.start(pathlib.Path(sys.argv[1]), fsync=False)
print(1, flush=True)
input()
"""


def plain(url: str) -> str:
    """The URL as psycopg reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def ask(url: str, question: str) -> object:
    with psycopg.connect(plain(url), autocommit=True) as session:
        found = session.execute(question)
        row = found.fetchone() if found.description else None
        return row[0] if row else None


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def processes_of(home: Path) -> list[int]:
    """The processes that name the home, its data folder or its Valkey in their command line, and all that
    these started; keepers before their servers."""
    record = json.loads((home / "servers.json").read_text()) if (home / "servers.json").exists() else {}
    named = [str(home), record.get("data") or str(home), f"127.0.0.1:{record.get('valkey_port')}"]
    listed = subprocess.run(["ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=2) for line in listed.stdout.splitlines()]
    found = [int(pid) for pid, _, args in lines if any(n in args for n in named) and int(pid) != os.getpid()]
    for pid, parent, _ in lines:  # ps lists parents first but for numbers begun anew
        if int(parent) in found and int(pid) not in found:
            found.append(int(pid))
    return found


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def wait_for(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.02)


@pytest.fixture(scope="module")
def private_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("private")
    folder.chmod(0o700)
    return folder


@pytest.fixture(scope="module")
def servers(private_folder: Path) -> Iterator[Servers]:
    """One pair of servers for the tests that only look."""
    home = private_folder / "shared"
    with start(home, fsync=False, for_tests=True) as servers:
        yield servers
    erase(home)


@pytest.fixture
def home(private_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    folder = private_folder / request.node.name.replace("[", "-").strip("]")
    yield folder
    kill_all(processes_of(folder))
    wait_for("the killed are gone", lambda: processes_of(folder) == [])
    erase(folder)


def test_every_role_logs_in_and_owns_what_it_should(servers: Servers) -> None:
    assert ask(servers.app_url, "SELECT current_user") == "bando_app"
    assert ask(servers.owner_url, "SELECT current_user") == "bando_owner"
    assert ask(servers.reader_url or "", "SELECT current_user") == "bando_reader"
    assert ask(servers.radius_url or "", "SELECT current_user") == "bando_radius"
    assert ask(servers.superuser_url or "", "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'bando'"
    assert ask(servers.app_url, owner) == "bando_owner"
    for refused in ("CREATE TABLE mine (x int)", "CREATE DATABASE other", "CREATE TEMP TABLE mine (x int)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(servers.app_url, refused)
    ask(servers.owner_url, "CREATE DATABASE for_a_test")
    ask(servers.owner_url, "DROP DATABASE for_a_test")


def test_sorts_and_stores_the_same_everywhere(servers: Servers) -> None:
    facts = (
        "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database WHERE datname = 'bando'"
    )
    assert ask(servers.app_url, facts) == "UTF8 C"
    assert ask(servers.app_url, "SHOW timezone") == "UTC"
    assert ask(servers.app_url, "SHOW data_checksums") == "on"


@pytest.mark.parametrize("password", ["", ":wrong", ":postgres"])
@pytest.mark.parametrize("role", ["postgres", "bando_owner", "bando_app"])
def test_postgres_refuses_without_the_password(servers: Servers, role: str, password: str) -> None:
    port = urlsplit(servers.app_url).port
    with pytest.raises(psycopg.OperationalError, match=r"password"):
        psycopg.connect(f"postgresql://{role}{password}@127.0.0.1:{port}/bando", passfile="/dev/null")


def test_no_line_of_the_access_file_trusts(servers: Servers) -> None:
    methods = "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules"
    assert ask(servers.superuser_url or "", methods) == ["scram-sha-256"]


@pytest.mark.parametrize("password", ["", ":wrong@"])
def test_valkey_refuses_without_the_password(servers: Servers, password: str) -> None:
    port = urlsplit(servers.redis_url).port
    url = f"redis://{password}127.0.0.1:{port}/0"
    with redis.Redis.from_url(url) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_valkey_keeps_its_queues(servers: Servers) -> None:
    with redis.Redis.from_url(servers.redis_url, decode_responses=True) as session:
        kept = session.config_get("appendonly", "maxmemory-policy", "bind", "appendfsync")
    assert kept == {
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "bind": "127.0.0.1",
        "appendfsync": "no",
    }


def test_nobody_listens_beyond_this_machine(servers: Servers) -> None:
    for url in (servers.app_url, servers.redis_url):
        with socket.socket() as elsewhere, pytest.raises(ConnectionRefusedError):
            elsewhere.connect(("127.0.0.2", urlsplit(url).port))


def test_passwords_stand_in_no_command_line(servers: Servers, private_folder: Path) -> None:
    shown = subprocess.run(["ps", "-ewwo", "args="], capture_output=True, text=True, check=True).stdout
    record = json.loads((private_folder / "shared" / "servers.json").read_text())
    secrets = [*record["postgres_passwords"].values(), record["valkey_password"]]
    assert len(set(secrets)) == 6
    assert str(record["valkey_port"]) in shown  # we do see the servers
    assert not any(secret in shown for secret in secrets)


def test_the_database_log_holds_nothing_of_a_failed_statement(servers: Servers, private_folder: Path) -> None:
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        ask(servers.app_url, "SELECT 'canary-254700000001'::int")
    assert "canary" not in (private_folder / "shared" / "log" / "postgres.log").read_text()


WAYS = ["namespace", "nobody"] if os.geteuid() == 0 else [None]


def namespaces_are_allowed() -> bool:
    return subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("way", WAYS)
def test_data_outlives_a_stop_and_a_kill_of_everything(home: Path, way: str | None) -> None:
    """Written and committed before the kill: there after it. Nothing above the home is opened to others."""
    if way == "namespace" and not namespaces_are_allowed():  # then the way must be refused in words
        with pytest.raises(EmbeddedError, match="root can start no server"):
            start(home, way="namespace")
        return
    servers = start(home, way=way)  # type: ignore[arg-type]
    ask(servers.owner_url, "CREATE TABLE kept AS SELECT 41 AS x")
    servers.stop()
    assert processes_of(home) == []

    servers = start(home)
    ask(servers.owner_url, "UPDATE kept SET x = x + 1")
    with redis.Redis.from_url(servers.redis_url) as session:
        session.set("kept", "too")
        session.waitaof(1, 0, 5000)
    everything = processes_of(home)
    assert len(everything) > 6  # two keepers, two servers, PostgreSQL's own helpers
    kill_all(everything)
    with start(home) as again:
        assert again.app_url == servers.app_url
        assert ask(again.owner_url, "SELECT x FROM kept") == 42
        with redis.Redis.from_url(again.redis_url) as session:
            assert session.get("kept") == b"too"

    servers.stop()
    record = json.loads((home / "servers.json").read_text())
    assert mode(home.parent) == mode(home) == 0o700
    assert mode(home / "servers.json") == 0o600
    data = Path(record["data"] or home)
    assert mode(data) == (0o711 if way == "nobody" else 0o700)
    assert data.stat().st_uid == os.geteuid()
    assert mode(data / "postgres") == mode(data / "valkey") == 0o700
    assert mode(data / "valkey" / "valkey.conf") == 0o600
    erase(home)
    assert not home.exists()
    assert not (data / "postgres").exists()


def test_a_pid_file_or_a_port_in_strange_hands_does_not_stop_the_next_start(home: Path) -> None:
    """Its number may belong to any process by then, here to this one; its port to anybody."""
    before = start(home, fsync=False)
    before.stop()
    data = Path(json.loads((home / "servers.json").read_text())["data"] or home)
    (data / "postgres" / "postmaster.pid").write_text(
        f"{os.getpid()}\n{data / 'postgres'}\n1\n1\n\n127.0.0.1\n0\n"
    )
    port = urlsplit(before.app_url).port or 0
    with socket.create_server(("127.0.0.1", port)), start(home, fsync=False) as servers:
        assert urlsplit(servers.app_url).port != port
        assert ask(servers.app_url, "SELECT 1") == 1


def test_a_killed_server_is_started_again_under_our_feet(home: Path) -> None:
    with start(home, fsync=False) as servers:
        keepers = {kept._keeper.pid for kept in servers.started.values()}
        running = set(processes_of(home)) - keepers
        kill_all(sorted(running))
        with redis.Redis.from_url(servers.redis_url) as session:

            def valkey_answers() -> bool:
                try:
                    return bool(session.ping())
                except redis.ConnectionError:
                    return False

            wait_for("valkey is back", valkey_answers)

        def postgres_answers() -> bool:
            try:
                return ask(servers.app_url, "SELECT 1") == 1
            except psycopg.OperationalError:
                return False

        wait_for("postgres is back", postgres_answers)
        assert not running & set(processes_of(home))


def test_two_homes_side_by_side_and_one_home_twice(servers: Servers, home: Path) -> None:
    said: list[str] = []
    with start(home, fsync=False) as other:
        assert ask(other.app_url, "SELECT 1") == ask(servers.app_url, "SELECT 1") == 1
        assert urlsplit(other.app_url).port != urlsplit(servers.app_url).port
        with start(home, fsync=False, say=said.append) as same:
            assert same.app_url == other.app_url
            assert same.redis_url == other.redis_url
            assert same.started == {}
        assert said == ["valkey: already running", "postgres: already running"]
        assert ask(other.app_url, "SELECT 1") == 1  # leaving the second did not stop it
        with pytest.raises(EmbeddedError, match="running"):
            erase(home)


def test_servers_end_with_a_killed_parent(home: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(home)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"1\n"
    assert len(processes_of(home)) >= 5  # parent, two keepers, two servers
    parent.kill()
    parent.communicate()
    wait_for("all servers gone", lambda: processes_of(home) == [])


def test_servers_outlive_the_thread_that_started_them(home: Path) -> None:
    begun: list[Servers] = []
    given = {"BANDO_DATABASE_URL": "postgresql+psycopg://a:b@db.example/bando"}
    thread = threading.Thread(target=lambda: begun.append(resolve(given, home)))
    thread.start()
    thread.join()
    with begun[0] as servers, redis.Redis.from_url(servers.redis_url) as session:
        first = session.info("server")["process_id"]
        threading.Event().wait(0.5)  # a keeper looks for its parent four times a second
        assert session.info("server")["process_id"] == first


def test_a_start_that_fails_says_why_and_leaves_nothing_running(home: Path) -> None:
    resolve({"BANDO_DATABASE_URL": "postgresql+psycopg://a:b@db.example/bando"}, home).stop()
    data = Path(json.loads((home / "servers.json").read_text())["data"] or home)
    broken, owner = data / "postgres", (data / "valkey").stat()
    broken.mkdir(mode=0o700)
    (broken / "PG_VERSION").write_text("18\n")
    for path in (broken, broken / "PG_VERSION"):
        os.chown(path, owner.st_uid, owner.st_gid)
    with pytest.raises(EmbeddedError, match=r"(?s)postgres did not start:.*postgresql\.conf"):
        start(home)
    assert processes_of(home) == []


def test_given_urls_are_left_untouched(tmp_path: Path) -> None:
    given = {
        "BANDO_DATABASE_URL": "postgresql+psycopg://a:b@db.example/bando",
        "BANDO_REDIS_URL": "redis://cache.example/3",
    }
    found = resolve(given, tmp_path / "home")
    assert (found.app_url, found.owner_url) == (given["BANDO_DATABASE_URL"],) * 2
    assert found.redis_url == given["BANDO_REDIS_URL"]
    assert found.superuser_url is None
    owner = "postgresql+psycopg://owner:c@db.example/bando"
    assert resolve({**given, "BANDO_DATABASE_OWNER_URL": owner}, tmp_path / "home").owner_url == owner
    assert not (tmp_path / "home").exists()
    with pytest.raises(EmbeddedError, match="BANDO_DATABASE_OWNER_URL"):
        resolve({"BANDO_DATABASE_OWNER_URL": owner}, tmp_path / "home")


def test_only_what_is_not_given_is_started(home: Path) -> None:
    url = "postgresql+psycopg://a:b@db.example/bando"
    with resolve({"BANDO_DATABASE_URL": url}, home) as found:
        assert found.app_url == url
        assert set(found.started) == {"valkey"}
        with redis.Redis.from_url(found.redis_url) as session:
            assert session.ping()
