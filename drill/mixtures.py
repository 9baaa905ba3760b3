"""Drill 5: everything at once. The seed draws who buys what, which fault stands when, who is killed, and when the
clock jumps; the same seed draws the same again."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from drill.buyers import Answer
from drill.crowd import buy_all, look_after, some_buyers
from drill.house import PROCESSES
from drill.scene import Drill, Scene, Tally

CI_BUYERS, FULL_BUYERS = 40, 400
ROUNDS_OF = 20
"""Buyers between two rests."""
PAUSES = (0.2, 1.5)
JUMPS = (5, 600)
ANSWERS: tuple[Answer, ...] = ("pin", "pin", "pin", "pin", "pin", "cancel", "wrong_pin", "ignore")

FAULTS: tuple[dict[str, Any], ...] = (
    *(
        {"callback": kind}
        for kind in ("dropped", "doubled", "tenfold", "out_of_order", "forged", "wrong_amount")
    ),
    *({"callback": kind} for kind in ("unknown_id", "foreign_source", "late", "before_answer")),
    {"callback_delay_seconds": 15},
    *({"stk_push": kind} for kind in ("500", "token_expired", "spike", "html", "accepted_silent")),
    {"stk_push": "accepted_no_answer"},
    *({"stk_query": kind} for kind in ("pending_500", "pending_empty", "pending_4999", "500")),
    *({"c2b": kind} for kind in ("dropped", "doubled", "late")),
    *({"sms": kind} for kind in ("refused", "500", "lost", "no_balance")),
    *({"sms_report": kind} for kind in ("dropped", "failed", "late")),
    {"transaction_status": "timeout"},
    {"router_slow_seconds": 1},
)
ROUTER_FAULTS = ("router_silent", "router_cut", "router_fatal", "router_refusing")


@dataclass(frozen=True, slots=True)
class Blow:
    """Something done to the world or the product, after a pause of real seconds."""

    pause: float
    name: str
    strike: Callable[[Scene], object]


def draw_blow(draw: Random, routers: list[str]) -> Blow:
    """One thing that goes wrong, or is mended."""
    pause = draw.uniform(*PAUSES)
    match draw.choices(("fault", "mend", "kill", "clock", "router", "server"), (5, 3, 4, 3, 2, 1))[0]:
        case "fault":
            fault = draw.choice(FAULTS)
            return Blow(pause, str(fault), lambda scene: scene.outside.faults(**fault))
        case "mend":
            return Blow(pause, "mended", lambda scene: scene.outside.make_good())
        case "kill":
            process = draw.choice(PROCESSES)
            return Blow(pause, f"kill {' '.join(process)}", lambda scene: scene.house.kill(*process))
        case "clock":
            seconds = draw.randint(*JUMPS)
            return Blow(pause, f"{seconds} s pass", lambda scene: scene.outside.pass_time(seconds))
        case "router":
            name, kind = draw.choice(routers), draw.choice((*ROUTER_FAULTS, "off", "on"))
            if kind in ROUTER_FAULTS:
                return Blow(pause, f"{kind} {name}", lambda scene: scene.outside.faults(**{kind: [name]}))
            return Blow(pause, f"{name} {kind}", lambda scene: scene.outside.power(name, kind == "on"))
        case _:
            return draw.choice(
                (
                    Blow(pause, "kill PostgreSQL", lambda scene: scene.house.signal_postgres(signal.SIGKILL)),
                    Blow(
                        pause, "restart PostgreSQL", lambda scene: scene.house.signal_postgres(signal.SIGINT)
                    ),
                    Blow(pause, "kill Valkey", lambda scene: scene.house.signal_valkey(signal.SIGKILL)),
                    Blow(pause, "flush Valkey", lambda scene: scene.house.valkey().flushall()),
                )
            )


class Storm:
    """Strikes blow after blow, as `draw_next` draws them, until it is told to stop."""

    def __init__(self, scene: Scene, tally: Tally, draw_next: Callable[[], Blow]) -> None:
        self._scene, self._tally, self._draw_next = scene, tally, draw_next
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._blow, name="storm")
        self._thread.start()

    def _blow(self) -> None:
        while not self._over.is_set():
            blow = self._draw_next()
            self._over.wait(blow.pause)
            try:
                blow.strike(self._scene)
            except Exception as error:  # what it was to hit lies on the ground already
                self._scene.say(f"   {blow.name}: {type(error).__name__}")
                continue
            self._tally.faults += 1
            self._scene.say(f"   {blow.name}")

    def end(self) -> None:
        self._over.set()
        self._thread.join()


def mixture(scene: Scene, tally: Tally) -> None:
    """Rounds of buyers in a storm; the world is mended between them, and all must come to rest."""
    left = FULL_BUYERS if scene.full else CI_BUYERS
    while left > 0:
        buyers = some_buyers(scene, min(ROUNDS_OF, left))
        for buyer in buyers:
            buyer.answer = scene.draw.choice(ANSWERS)
        left -= len(buyers)
        storm = Storm(scene, tally, partial(draw_blow, Random(scene.draw.random()), scene.outside.routers))
        try:
            buy_all(tally, buyers)
        finally:
            storm.end()
        scene.outside.make_good()
        began = time.monotonic()
        look_after(scene, buyers, seconds=180)
        scene.say(f"   at rest after {time.monotonic() - began:.0f} s; {left} buyers to come")


DRILLS: dict[str, Drill] = {"random mixture": mixture}
