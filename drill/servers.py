"""Drill 2: Valkey and PostgreSQL are emptied, restarted, killed and hung while people buy."""

import signal
import threading
import time
from collections.abc import Callable, Sequence

from drill.crowd import buy_all, look_after, some_buyers
from drill.scene import Drill, Scene, Tally

CI_BUYERS, FULL_BUYERS = 8, 24
HUNG_SECONDS = 4.0
"""Longer than the web waits for Valkey: callers are sent away politely meanwhile."""

Blow = Callable[[Scene], None]


def _flush(scene: Scene) -> None:
    scene.house.valkey().flushall()


def _kill_valkey(scene: Scene) -> None:
    scene.house.signal_valkey(signal.SIGKILL)


def _restart_valkey(scene: Scene) -> None:
    scene.house.signal_valkey(signal.SIGTERM)


def _hang_valkey(scene: Scene) -> None:
    pid = scene.house.valkey_pid()
    scene.house.signal(pid, signal.SIGSTOP)
    try:
        time.sleep(HUNG_SECONDS)
    finally:
        scene.house.signal(pid, signal.SIGCONT)


def _restart_postgres(scene: Scene) -> None:
    scene.house.signal_postgres(signal.SIGINT)


def _kill_postgres(scene: Scene) -> None:
    scene.house.signal_postgres(signal.SIGKILL)


def _kill_backends(scene: Scene) -> None:
    """Every connection is cut; the server stays."""
    scene.books.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bando_app' AND pid <> pg_backend_pid()"
    )


def struck_meanwhile(scene: Scene, tally: Tally, blows: Sequence[Blow]) -> None:
    """The blows fall one after the other, at drawn moments, while a crowd buys."""
    buyers = some_buyers(scene, FULL_BUYERS if scene.full else CI_BUYERS)
    times = 2 if scene.full else 1
    planned = [(blow, scene.draw.uniform(0.4, 2.5)) for _ in range(times) for blow in blows]

    def strike() -> None:
        for blow, pause in planned:
            time.sleep(pause)
            try:
                blow(scene)
                tally.faults += 1
            except Exception as error:  # the server was down from the blow before: that is fault enough
                scene.say(f"   {blow.__name__.strip('_')}: {type(error).__name__}")
            else:
                scene.say(f"   {blow.__name__.strip('_')}")

    striker = threading.Thread(target=strike, name="striker", daemon=True)
    striker.start()
    buy_all(tally, buyers)
    striker.join()
    look_after(scene, buyers)


def valkey(scene: Scene, tally: Tally) -> None:
    struck_meanwhile(scene, tally, (_flush, _restart_valkey, _kill_valkey, _hang_valkey, _flush))


def postgres(scene: Scene, tally: Tally) -> None:
    struck_meanwhile(scene, tally, (_kill_backends, _restart_postgres, _kill_postgres))


def both(scene: Scene, tally: Tally) -> None:
    struck_meanwhile(scene, tally, (_kill_postgres, _kill_valkey, _flush))


DRILLS: dict[str, Drill] = {
    "Valkey flushed, restarted, killed, hung": valkey,
    "PostgreSQL cut off, restarted, killed": postgres,
    "both servers killed": both,
}
