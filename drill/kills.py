"""Drill 1: a process is killed between any two commits of a purchase, by its own hand, at every point in turn."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.switchboard import CLOCK
from drill.buyers import Buyer
from drill.crowd import look_after
from drill.killer import AFTER, BEFORE, ORDER, SEEN, WATCH
from drill.outside import Restless
from drill.scene import Drill, Scene, Tally

CI_KILLS = 32
BATCH = 8
"""So many die before everything is let come to rest: the dead leave leases behind, which only time ends."""
STORIES = ("gift", "home", "by hand", "by query", "login")
"""A voucher for another; a new home line; its next month paid by hand; a payment that only the query tells of; a
voucher up to its first login, with which its time begins."""
CLOCKWORK = {task.name for task in CLOCK} - {"network.watch_logins"} | {"ticker"}
"""What passes by on the clock's account, in whatever minute. Logins are found by one of these."""
A_MINUTE = 61
STRIKE_SECONDS = 12.0
"""A point may have to wait for the supervisor, who lets those that die often wait ten seconds."""
FIRST_LOOK_SECONDS = 25
MONTH = 1_500


@dataclass(frozen=True, slots=True)
class Kill:
    """`story` is the purchase that passes this point."""

    story: str
    point: str
    side: str

    def __str__(self) -> str:
        return f"{self.side} {self.point} ({self.story})"


def begin(scene: Scene, story: str, homes: Sequence[Buyer]) -> Buyer:
    """Do the subscriber's part of a story. homes: people with a running home line."""
    if story == "by hand":
        buyer = scene.draw.choice(homes)
        buyer.pay_bill(MONTH, buyer.number)
        return buyer
    buyer = scene.buyer({"gift": "gift", "home": "home"}.get(story, "self"))
    buyer.order()
    buyer.pay_when_asked(3)
    if story == "by query":
        scene.outside.pass_time(FIRST_LOOK_SECONDS)
    if story == "login" and (code := buyer.code_in_texts(STRIKE_SECONDS)):
        scene.outside.log_in(code)
        scene.outside.pass_time(A_MINUTE)
    return buyer


def set_stage(scene: Scene, story: str) -> None:
    silent = story == "by query"
    scene.outside.faults(callback="dropped" if silent else "normal", c2b_after_stk="off" if silent else "on")


def points_of(scene: Scene, story: str, homes: list[Buyer]) -> list[str]:
    """Every commit that this purchase makes, in order."""
    home = scene.house.home
    (home / SEEN).unlink(missing_ok=True)
    set_stage(scene, story)
    (home / WATCH).touch()
    buyer = begin(scene, story, homes)
    look_after(scene, [buyer])
    (home / WATCH).unlink()
    if story == "home":
        homes.append(buyer)
    seen = (home / SEEN).read_text().splitlines()
    return [point for point in dict.fromkeys(seen) if point.partition(":")[0] not in CLOCKWORK]


def every_kill(scene: Scene, homes: list[Buyer]) -> Iterator[Kill]:
    known: set[str] = set()
    for story in STORIES:
        for point in points_of(scene, story, homes):
            if point not in known:
                known.add(point)
                yield from (Kill(story, point, side) for side in (BEFORE, AFTER))


def killed_between_commits(scene: Scene, tally: Tally) -> None:
    """Every point on both sides of its commit, or at SCALE=ci a drawn sample of them."""
    homes: list[Buyer] = []
    kills = list(every_kill(scene, homes))
    tally.events += len(STORIES)
    scene.say(f"   {len(kills) // 2} commits, {len(kills)} places to die at")
    drawn = scene.draw.sample(kills, len(kills) if scene.full else min(CI_KILLS, len(kills)))
    missed = _strike_all(scene, tally, drawn, homes)
    missed = _strike_all(scene, tally, missed, homes)
    tally.notes += [f"not passed again: {kill}" for kill in missed]


def _strike_all(scene: Scene, tally: Tally, kills: Sequence[Kill], homes: Sequence[Buyer]) -> list[Kill]:
    """Story by story, a rest after each batch. Those whose point was not reached."""
    missed: list[Kill] = []
    for story in STORIES:
        mine = [kill for kill in kills if kill.story == story]
        set_stage(scene, story)
        for first in range(0, len(mine), BATCH):
            struck = [_strike(scene, tally, kill, homes) for kill in mine[first : first + BATCH]]
            missed += [kill for kill, (_, dead) in zip(mine[first:], struck, strict=False) if not dead]
            try:
                look_after(scene, [buyer for buyer, _ in struck])
            except Restless as error:
                tally.broken.append(f"{story}: {error}")
    return missed


def _strike(scene: Scene, tally: Tally, kill: Kill, homes: Sequence[Buyer]) -> tuple[Buyer, bool]:
    """One purchase with one kill, up to the kill. Whether the point was reached."""
    order = scene.house.home / ORDER
    fresh = order.with_suffix(".new")
    fresh.write_text(json.dumps({"point": kill.point, "side": kill.side}))
    fresh.replace(order)
    began = time.monotonic()
    buyer = begin(scene, kill.story, homes)
    while order.exists() and time.monotonic() - began < STRIKE_SECONDS:
        buyer.pay()
        time.sleep(0.05)
    struck = not order.exists()
    order.unlink(missing_ok=True)
    tally.events += 1
    tally.faults += struck
    scene.say(f"   {'killed' if struck else 'missed'} {kill}  {time.monotonic() - began:.1f} s")
    return buyer, struck


DRILLS: dict[str, Drill] = {"killed between two commits": killed_between_commits}
