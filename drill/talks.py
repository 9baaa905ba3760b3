"""Drill 6: many people talk at random on every channel, in both languages, while messages are doubled, shuffled, late
or a week old, chats are down, and workers, web and Valkey's memory go. Whoever then writes "menu" is shown it."""

import json
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from drill import talk_books
from drill.buyers import Buyer
from drill.chatters import Chatter, Telegrammer
from drill.crowd import look_after
from drill.facts import Talks
from drill.house import House
from drill.mixtures import Blow, Storm
from drill.scene import Drill, Scene, Tally
from drill.talk_audit import examine_talks
from drill.talkers import ANSWERS, Dialler, Talker, Texter

CI_TURNS, FULL_TURNS = 500, 100_000
TURNS_EACH = 25
PEOPLE_AT_ONCE = 500
AT_A_TIME = 64
KINDS: tuple[type[Talker], ...] = (Dialler, Chatter, Telegrammer, Texter)
SHARE = (30, 28, 28, 14)
PAUSES = (0.8, 3.0)
LATE_SECONDS = 660
LATE = 0.5
"""Messages that were held back come so much later: too late to have any effect."""
QUIET_MINUTES = 15
LONGEST_LINE = 200
FAULTS: tuple[dict[str, Any], ...] = (
    *({"telegram_webhook": kind} for kind in ("doubled", "tenfold", "shuffled", "late")),
    *(
        {"whatsapp_webhook": kind}
        for kind in ("doubled", "tenfold", "batched", "shuffled", "week_old", "late")
    ),
    *({"sms_inbound": kind} for kind in ("doubled", "late", "shuffled")),
    *({"telegram": kind} for kind in ("429", "500", "down")),
    {"telegram": "slow", "slow_seconds": 1},
    *({"whatsapp": kind} for kind in ("500", "down", "rate", "pair_rate")),
    *({"sms": kind} for kind in ("refused", "500")),
    {"callback": "doubled"},
)
KILLS = (("worker", "talk"), ("worker", "notify"), ("worker", "money"), ("web",))


def draw_blow(draw: Random) -> Blow:
    """One thing that goes wrong, or is mended."""
    pause = draw.uniform(*PAUSES)
    match draw.choices(("fault", "mend", "kill"), (5, 5, 2))[0]:
        case "fault":
            fault = draw.choice(FAULTS)
            return Blow(pause, str(fault), lambda scene: scene.outside.faults(**fault))
        case "kill":
            process = draw.choice(KILLS)
            return Blow(pause, f"kill {' '.join(process)}", lambda scene: scene.house.kill(*process))
    return Blow(pause, "mended", lambda scene: scene.outside.post("/faults/reset"))


def random_talks(scene: Scene, tally: Tally) -> None:
    """Rounds of people in a storm, at rest after each. Valkey is emptied in the middle of the first."""
    past, said_before = talk_books.last_purchase(scene.books), _lengths(scene.house)
    stored_before = talk_books.stored(scene.books)
    everybody: list[Talker] = []
    left = FULL_TURNS if scene.full else CI_TURNS
    while left > 0:
        people = _some_people(scene, min(PEOPLE_AT_ONCE, -(-left // TURNS_EACH)))
        left -= len(people) * TURNS_EACH
        storm = Storm(scene, tally, partial(draw_blow, Random(scene.draw.random())))
        try:
            _talk_all(scene, tally, people, flush=not everybody)
        finally:
            storm.end()
        tally.events += len(people) * TURNS_EACH
        everybody += people
        _let_dust_settle(scene, people)
        scene.say(f"   {tally.events} turns; {max(0, left)} to come")
    talks = _look_back(scene, everybody, past, stored_before)
    tally.findings = examine_talks(talks)
    tally.notes.append(_told(everybody, talks))
    tally.broken += tracebacks(scene.house, said_before)


def _some_people(scene: Scene, count: int) -> list[Talker]:
    """On every channel somebody, the others as drawn."""
    kinds = [*KINDS, *scene.draw.choices(KINDS, SHARE, k=count)][:count]
    return [_somebody(scene, kind) for kind in kinds]


def _somebody(scene: Scene, kind: type[Talker]) -> Talker:
    talker = kind(
        scene.outside, scene.phones.next(), scene.phones.next(), Random(scene.draw.random()),
        scene.draw.choice(("en", "sw")),
    )  # fmt: skip
    scene.outside.post(f"/phones/{talker.number}", {"language": talker.language, "wallet": 2_000})
    return talker


def _talk_all(scene: Scene, tally: Tally, people: list[Talker], *, flush: bool) -> None:
    """All talk, some at a time. flush: Valkey forgets everything when half of them have spoken."""
    done = 0
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for _ in pool.map(lambda talker: talker.talk(TURNS_EACH), people):
            done += 1
            if flush and done == len(people) // 2:
                scene.house.valkey().flushall()
                tally.faults += 1
                scene.say("   Valkey flushed")


def _let_dust_settle(scene: Scene, people: Iterable[Talker]) -> None:
    """Faults off; what was held back comes, in half of the rounds too late; prompts are answered; all is done."""
    outside = scene.outside
    outside.post("/faults/reset")
    outside.await_web()
    if scene.draw.random() < LATE:
        outside.pass_time(LATE_SECONDS)
    missed = [call["id"] for call in outside.post("/callbacks/release") if call["status"] != 200]
    for call in missed:
        outside.post(f"/callbacks/{call}/replay", {})
    buyers = [Buyer(outside, one.number, answer=one.draw.choice(ANSWERS)) for one in people]  # type: ignore[arg-type]
    began = time.monotonic()
    look_after(scene, buyers, seconds=180)
    scene.say(f"   at rest after {time.monotonic() - began:.0f} s")


def _look_back(scene: Scene, people: list[Talker], past: int, stored_before: dict[str, int]) -> Talks:
    """Everybody asks for the menu; then what was said, stored and begun."""
    scene.outside.live_on(QUIET_MINUTES)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        found = list(pool.map(lambda talker: talker.finds_menu(), people))
    scene.outside.rest()
    sent = {
        channel: (sum(one.sent for one in theirs), sum(one.sent + one.unsure for one in theirs))
        for channel in talk_books.DOORS
        if (theirs := [one for one in people if one.channel == channel])
    }
    stored = talk_books.stored(scene.books)
    return Talks(
        heard=talk_books.heard(scene.books, past),
        sent=sent,
        stored={channel: count - stored_before.get(channel, 0) for channel, count in stored.items()},
        fresh=set().union(*(one.fresh for one in people)),
        unheard=talk_books.unheard(scene.books),
        stuck=[f"{one.number} ({one.channel})" for one, well in zip(people, found, strict=True) if not well],
    )


def _told(people: list[Talker], talks: Talks) -> str:
    begun = {
        channel: sum(one.channel == channel for one in talks.heard) for channel in ("ussd", *talk_books.DOORS)
    }
    said = ", ".join(f"{channel} {most}" for channel, (_, most) in talks.sent.items())
    bought = ", ".join(f"{channel} {count}" for channel, count in begun.items())
    tapped = sum(bool(one.data) for one in talks.heard)
    return f"{len(people)} people; messages: {said}; purchases: {bought}, {tapped} of them by a button"


def _lengths(house: House) -> dict[Path, int]:
    return {path: path.stat().st_size for path in (house.home / "log").glob("*")}


def tracebacks(house: House, before: dict[Path, int]) -> list[str]:
    """One sentence for each log of the product that holds a traceback that was not there before."""
    found = []
    for path in sorted((house.home / "log").glob("*")):
        with path.open(errors="replace") as lines:
            lines.seek(before.get(path, 0))
            said = lines.read()
        traces = [line for line in said.splitlines() if "Traceback (most recent call last)" in line]
        if traces:
            found.append(f"{len(traces)} tracebacks in {path.name}, the first: {_error_in(traces[0])}")
    return found


def _error_in(line: str) -> str:
    """Who logged it, and the last line of the traceback. A line of our logs is JSON."""
    try:
        told = json.loads(line)
        return f"{told.get('area')}: {str(told.get('exception') or told['event']).strip().splitlines()[-1]}"
    except (ValueError, KeyError):
        return line[:LONGEST_LINE]


DRILLS: dict[str, Drill] = {"random talks": random_talks}
