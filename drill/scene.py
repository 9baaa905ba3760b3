"""What a drill works with, and what becomes of it: an account at the end, of this drill alone."""

import json
import random
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from drill import audit
from drill.books import Books
from drill.buyers import Buyer, Phones
from drill.facts import World
from drill.house import House
from drill.outside import Outside, Restless
from drill.unread import read_on_screen

RESULTS = Path(__file__).with_name("results.json")
QUIET_MINUTES = 15
"""How long everything is lived on after the last fault: pauses end, receipts come, routers are found again."""


@dataclass(frozen=True, slots=True)
class Result:
    """A line of the table. events: purchases and payments begun. faults: what was done to the product. lost: a
    promise that was broken counts with it, so that no reader takes the line for a clean one."""

    area: str
    name: str
    events: int
    faults: int
    lost: int
    doubled: int
    invented: int
    seconds: float


@dataclass
class Tally:
    """What a drill counts while it is at it. notes: what is worth knowing and no loss."""

    events: int = 0
    faults: int = 0
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Promises other than money and access that were not kept; they fail the drill as well."""
    findings: audit.Findings = field(default_factory=audit.Findings)
    """What the drill itself has found lost, doubled or invented, beside what the account finds."""


@dataclass
class Scene:
    """One house, its world, and the account so far."""

    house: House
    full: bool
    seed: int
    say: Callable[[str], None]
    phones: Phones = field(default_factory=Phones)
    known: audit.Findings = field(default_factory=audit.Findings)
    left_over: dict[str, int] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)
    """Notices that were read on the screen, over all drills of the house."""
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.outside = Outside(self.house)
        self.books = Books(self.outside)
        self.draw = random.Random(self.seed)

    def buyer(self, what: str = "self", **more: object) -> Buyer:
        """Somebody new; a gift goes to somebody else who is new."""
        buyer = Buyer(self.outside, self.phones.next(), **more)  # type: ignore[arg-type]
        buyer.what = what  # type: ignore[assignment]
        if what == "gift":
            buyer.friend = self.phones.next()
        if what == "home":
            self.outside.post(f"/phones/{buyer.number}", {"wallet": 50_000})
        return buyer


Drill = Callable[[Scene, Tally], None]


@dataclass
class Outcome:
    """A drill's line, and its sentences."""

    result: Result
    findings: audit.Findings
    tally: Tally

    @property
    def passed(self) -> bool:
        return self.findings.clean and not self.tally.broken


def perform(scene: Scene, area: str, name: str, drill: Drill) -> Outcome:
    """Do a drill, make the world good again, let it come to rest, and draw up the account."""
    scene.say(f"-- {name}")
    began, tally = time.monotonic(), Tally()
    findings = audit.Findings()
    try:
        drill(scene, tally)
        findings = tally.findings.joined(settle_accounts(scene, tally))
    except Exception as error:  # a drill that broke off has shown nothing: it fails, the others go on
        traceback.print_exc()
        tally.broken.append(f"{type(error).__name__}: {error}")
    seconds = round(time.monotonic() - began, 1)
    result = Result(
        area,
        name,
        tally.events,
        tally.faults,
        len(findings.lost) + len(tally.broken),
        len(findings.doubled),
        len(findings.invented),
        seconds,
    )
    return Outcome(result, findings, tally)


def settle_accounts(scene: Scene, tally: Tally) -> audit.Findings:
    """Rest, and what this drill has lost, doubled or invented."""
    outside = scene.outside
    outside.make_good()
    outside.await_web()
    try:
        outside.rest()
        outside.live_on(QUIET_MINUTES)
    except Restless as error:
        tally.broken.append(str(error))
    world = _world_with_screens(scene, tally)
    everything = audit.examine(world)
    fresh = everything.without(scene.known)
    scene.known = everything
    _note(scene, tally, world)
    return fresh


def _world_with_screens(scene: Scene, tally: Tally) -> World:
    """The world, once whoever has missed a text has dialled and read the screens."""
    outside, books = scene.outside, scene.books
    read = read_on_screen(outside, books.unread(books.world()))
    scene.read |= read
    if read:
        tally.notes.append(f"{len(read)} texts that no carrier took were read on the next dial")
    outside.rest()
    world = books.world(read=frozenset(scene.read))
    shown = {
        voucher
        for voucher, digits in books.holders_of_unread_vouchers(world)
        if Buyer(outside, f"0{digits[3:]}").code_on_screen()
    }
    outside.rest()
    if not shown:
        return world
    tally.notes.append(f"{len(shown)} vouchers whose text the carrier lost were read on the screen")
    return books.world(frozenset(shown), frozenset(scene.read))


def _note(scene: Scene, tally: Tally, world: World) -> None:
    counts = {
        "texts came once more after an unknown outcome": audit.repeated_texts(world),
        "home lines whose password the carrier lost: staff must tell it": audit.untold_lines(world),
        "codes by SMS ran out before a carrier took them": audit.lapsed_codes(world),
    }
    for what, count in counts.items():
        if count > (before := scene.counts.get(what, 0)):
            tally.notes.append(f"{count - before} {what}")
    scene.counts = counts
    now = scene.books.left_over()
    more = {kind: count - scene.left_over.get(kind, 0) for kind, count in now.items()}
    told = ", ".join(f"{kind} {count}" for kind, count in sorted(more.items()) if count > 0)
    if told:
        tally.notes.append(f"for a person to look at: {told}")
    scene.left_over = now


def table(outcomes: list[Outcome]) -> str:
    """The table as it is printed, with a sentence below each line that needs one."""
    width = max(len(outcome.result.name) for outcome in outcomes)
    head = f"{'drill':{width}}  events  faults   lost  doubled  invented  seconds"
    lines = [head, "-" * len(head)]
    for outcome in outcomes:
        r = outcome.result
        mark = "" if outcome.passed else "  FAILED"
        lines.append(
            f"{r.name:{width}}  {r.events:6}  {r.faults:6}  {r.lost:5}  {r.doubled:7}  {r.invented:8}  "
            f"{r.seconds:7.1f}{mark}"
        )
        sentences = [
            *(f"lost: {said}" for said in outcome.findings.lost),
            *(f"doubled: {said}" for said in outcome.findings.doubled),
            *(f"invented: {said}" for said in outcome.findings.invented),
            *(f"broken: {said}" for said in outcome.tally.broken),
            *(f"note: {said}" for said in outcome.tally.notes),
        ]
        lines += [f"    {sentence}" for sentence in sentences[:MOST_SENTENCES]]
        if len(sentences) > MOST_SENTENCES:
            lines.append(f"    and {len(sentences) - MOST_SENTENCES} more")
    return "\n".join(lines)


MOST_SENTENCES = 20


def write_results(outcomes: list[Outcome]) -> None:
    rows = [asdict(outcome.result) for outcome in outcomes]
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
