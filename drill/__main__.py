"""`make drill`: ONLY (an area, a group, or a drill's name), SCALE=full|ci, SEED from the environment."""

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from types import FrameType

from drill import billing, callbacks, disk, kills, mixtures, outages, provider_away, servers, talks
from drill.house import House, Temporary
from drill.scene import Drill, Outcome, Scene, perform, table, write_results

HOUSES: Mapping[str, Mapping[str, Mapping[str, Drill]]] = {
    "town": {
        "kills": kills.DRILLS,
        "servers": servers.DRILLS,
        "callbacks": callbacks.DRILLS,
        "outages": outages.DRILLS,
    },
    "small-disk": {"disk": disk.DRILLS},
    "storm": {"mixtures": mixtures.DRILLS},
    "talks": {"talks": talks.DRILLS, "provider-away": provider_away.DRILLS},
}
"""Which groups of drills share a house: they buy with phones of their own, and each has its own account."""
AREAS: Mapping[str, str] = {"talks": "conversation"}
"""The area of a house's drills, where it is not that of the main job."""
PREPARED: Mapping[str, Callable[[House], None]] = {"small-disk": disk.prepare}
"""What is done to a house before its first drill."""


def say(text: str) -> None:
    print(text, flush=True)


def run(only: str, *, full: bool, seed: int) -> Iterator[Outcome]:
    """Perform the drills that are asked for."""
    for name, groups in HOUSES.items():
        area = AREAS.get(name, "main-job")
        wanted = {
            title: drill
            for group, drills in groups.items()
            for title, drill in drills.items()
            if only in ("", area, group, title)
        }
        if not wanted:
            continue
        with Temporary(name, hands=not kills.DRILLS.keys().isdisjoint(wanted)) as stay:
            if name in PREPARED:
                PREPARED[name](stay.house)
            scene = Scene(stay.house, full, seed, say)
            for title, drill in wanted.items():
                yield perform(scene, area, title, drill)
    if only in (
        "",
        billing.AREA,
        billing.DRILL,
    ):  # without a house: it needs a database and no world around it
        yield billing.perform_billing(full=full, seed=seed, say=say)


def main() -> int:
    only, scale = os.environ.get("ONLY", ""), os.environ.get("SCALE", "full")
    if scale not in ("full", "ci"):
        say("SCALE is full or ci")
        return 2
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    signal.signal(signal.SIGHUP, _as_ctrl_c)
    say(f"drills at SCALE={scale}, SEED={seed} (give it again to repeat what is drawn)")
    began, outcomes = time.monotonic(), []
    try:
        for outcome in run(only, full=scale == "full", seed=seed):
            outcomes.append(outcome)
            say(table([outcome]))
    except KeyboardInterrupt:
        say("stopped")
        return 130
    if not outcomes:
        say(f"no drill is called {only!r}")
        return 2
    write_results(outcomes)
    say(f"\n{table(outcomes)}\n\n{time.monotonic() - began:.0f} seconds, SEED={seed}")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _as_ctrl_c(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
