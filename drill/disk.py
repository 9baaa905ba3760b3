"""Drill 2, last part: the disk under PostgreSQL is full to the last byte while people buy and pay.

The cluster is moved onto a small file system in memory, in a mount namespace of the demo's own (root, or a user
namespace). Where neither is allowed the server is made to refuse writes instead, and the table says so.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from drill.buyers import Buyer
from drill.crowd import buy_all, look_after, some_buyers
from drill.house import House
from drill.scene import Drill, Scene, Tally

CI_BUYERS, FULL_BUYERS = 6, 16
ROOM_MIB = 64
"""What is free on the small disk at first: less than PostgreSQL would take in a day."""
FILLER = "filler"
PIECE = b"\0" * 65_536
REFUSALS = 3
DIAL_SECONDS = 40.0

_MOVE = """
set -e
mv "$1" "$1.disk"
mkdir -m 700 "$1"
mount -t tmpfs -o size="$2"m,mode=0700 tmpfs "$1"
cp -a "$1.disk/." "$1/"
shift 2
exec "$@"
"""


def prepare(house: House) -> None:
    """Stop the house and start it again with its database on the small disk, where that can be made."""
    unshare = _unshare()
    if unshare is None:
        return
    cluster = house.data / "postgres"
    house.stop()
    used = sum(path.stat().st_size for path in cluster.rglob("*") if path.is_file()) // 1_048_576
    house.start([*unshare, "sh", "-c", _MOVE, "sh", str(cluster), str(used + ROOM_MIB)])


def _unshare() -> list[str] | None:
    """The command that gives a mount namespace here; None where the kernel forbids it."""
    command = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None:
        return None
    trial = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return command if subprocess.run(trial, capture_output=True, check=False).returncode == 0 else None


def _small_disk(house: House) -> Path | None:
    """The small disk as we can see it; None where there is none."""
    seen = Path(f"/proc/{house.pid}/root") / (house.data / "postgres").relative_to("/")
    return seen if Path(f"{house.data / 'postgres'}.disk").exists() else None


def _fill(disk: Path) -> None:
    with (disk / FILLER).open("ab", buffering=0) as file:
        try:
            while True:
                file.write(PIECE)
        except OSError:
            return


def _refuse_writes(scene: Scene, refuse: bool) -> None:
    servers = scene.house.servers
    with psycopg.connect(
        host="127.0.0.1",
        port=servers["postgres_port"],
        dbname="postgres",
        user="postgres",
        password=servers["postgres_passwords"]["postgres"],
        autocommit=True,
    ) as session:
        setting = (
            "SET default_transaction_read_only = on" if refuse else "RESET default_transaction_read_only"
        )
        session.execute(f"ALTER ROLE bando_app {setting}")
        session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bando_app'")


def full_disk(scene: Scene, tally: Tally) -> None:
    """Some have their prompt when the disk fills; they pay, others dial. Then there is space again."""
    disk = _small_disk(scene.house)
    if disk is None:
        tally.notes.append("no mount namespace here: PostgreSQL was made to refuse writes instead")
    buyers = some_buyers(scene, FULL_BUYERS if scene.full else CI_BUYERS)
    for buyer in buyers:
        buyer.order()
    _wait_for_prompts(scene)
    last_call, last_inbox = scene.outside.last_call(), _inbox(scene)
    with_space = _make_full(scene, disk)
    tally.faults += 1
    scene.say("   the disk is full")
    callers = _dial_until_refused(scene, tally, disk)
    for buyer in buyers:
        buyer.pay()
    tally.events += len(buyers) + len(callers)
    time.sleep(2.0)
    _dial_until_refused(scene, tally, disk)
    with_space()
    scene.say("   there is space again")
    scene.outside.await_web()
    _check_answers(scene, tally, last_call, last_inbox)
    look_after(scene, [*buyers, *callers], seconds=180)
    buy_all(tally, some_buyers(scene, 2))


def _wait_for_prompts(scene: Scene) -> None:
    scene.outside.rest()


def _make_full(scene: Scene, disk: Path | None) -> Callable[[], None]:
    """Full from now on; what is returned gives the space back."""
    if disk is None:
        _refuse_writes(scene, True)
        return lambda: _refuse_writes(scene, False)
    _fill(disk)
    return lambda: (disk / FILLER).unlink()


def _dial_until_refused(scene: Scene, tally: Tally, disk: Path | None) -> list[Buyer]:
    """People dial until some have been sent away; each must be sent away by us, in words."""
    refused, callers, deadline = 0, [], time.monotonic() + DIAL_SECONDS
    while refused < REFUSALS and time.monotonic() < deadline:
        if disk is not None:
            _fill(disk)  # whatever PostgreSQL has given back
        caller = scene.buyer()
        callers.append(caller)
        screen = caller.try_once()
        if caller.warnings:
            tally.broken.append(f"no polite END on a full disk: {caller.warnings[0]}")
            refused += 1
        elif "M-PESA" not in screen:
            scene.say(f"   refused: {' / '.join(screen.splitlines())}")
            refused += 1
    if not refused:
        tally.broken.append("the full disk was not felt")
    return callers


def _inbox(scene: Scene) -> int:
    return int(scene.books.rows("SELECT coalesce(max(id), 0) AS id FROM inbox")[0].id)


def _check_answers(scene: Scene, tally: Tally, last_call: int, last_inbox: int) -> None:
    """What was answered 200 is stored: nothing else may be."""
    calls = [call for call in scene.outside.calls(after=last_call) if "/pay/" in call["url"]]
    kept = {str(call["body"]) for call in calls if call["status"] == 200 and "validation" not in call["url"]}
    stored = scene.books.rows(
        "SELECT count(*) AS n FROM inbox WHERE id > %(last)s AND door LIKE 'mpesa.%%'", last=last_inbox
    )[0].n
    refused = sum(call["status"] != 200 for call in calls)
    tally.notes.append(
        f"{len(calls)} callbacks on the full disk: {len(kept)} stored and 200, {refused} refused"
    )
    if stored < len(kept):
        tally.broken.append(f"{len(kept)} callbacks answered 200, {stored} stored")


DRILLS: dict[str, Drill] = {"disk full": full_disk}
