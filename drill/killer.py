"""One of the product's own processes, with a hand on every commit: on order it kills itself (SIGKILL) right before
or right after one.

`python -m drill.killer worker money` is `bando worker money`. The order is a file in the house's home; whoever
reaches its point first takes it, so that it kills once and the process that the supervisor starts next lives.
A point names the job, the function that opened the transaction and which of its transactions it was.
"""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.database import Work
from core.base.events import Event
from core.worker.run import Runner

ORDER, SEEN, WATCH = "drill-order.json", "drill-points.log", "drill-watch"
HANDS = "DRILL_HANDS"
"""Set in the environment where commits are watched. Elsewhere processes are killed from outside, and their own work
is not slowed by two questions to the database at each commit."""
BEFORE, AFTER = "before", "after"
STEPS = {
    "run": "lease",
    "_call": "finish",
    "_again": "put back",
    "think_with_work": "turn",
    "take": "callback",
}
"""Functions of the house's machinery, as the drill's lines call them."""


@dataclass
class Run:
    """One run of a delivery, and how often each function has committed in it."""

    listener: str
    commits: Counter[str] = field(default_factory=Counter)


_run: ContextVar[Run | None] = ContextVar("run", default=None)


class Hand:
    """Names the points that this process passes, and strikes at the one that is ordered."""

    def __init__(self, home: Path, process: str) -> None:
        self._home, self._process = home, process

    def at_the_end(self, end: Callable[..., None]) -> Callable[..., None]:
        """`Work.end`, with a point before and a point after the commit of whatever wrote something."""

        def ended(work: Work, *, well: bool) -> None:
            point = None
            if well and work._session is not None and _has_written(work):
                function = sys._getframe(3).f_code.co_name  # whose `with` this is, past Database.work
                point = self._name(function, vars(work).get("drill_said", []))
            self._pass(point, BEFORE)
            end(work, well=well)
            self._pass(point, AFTER)

        return ended

    def at_once(self, at_once: Callable[..., Any]) -> Callable[..., Any]:
        """`Work.at_once`, which is a transaction by itself where it comes first."""

        def done(work: Work, statement: str, values: Mapping[str, Any]) -> Any:
            alone = work._session is None
            point = self._name(sys._getframe(1).f_code.co_name, []) if alone else None
            self._pass(point, BEFORE)
            row = at_once(work, statement, values)
            self._pass(point, AFTER)
            return row

        return done

    def _name(self, function: str, events: Sequence[str]) -> str:
        run, function = _run.get(), STEPS.get(function, function.lstrip("_"))
        if run is None:
            return " ".join([f"{self._process}: {function}", *sorted(set(events))])
        run.commits[function] += 1
        return f"{run.listener}: {function} {run.commits[function]}"

    def _pass(self, point: str | None, side: str) -> None:
        if point is None:
            return
        if side == BEFORE and (self._home / WATCH).exists():
            with (self._home / SEEN).open("a") as seen:
                seen.write(point + "\n")
        if self._is_ordered(point, side):
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_ordered(self, point: str, side: str) -> bool:
        order = self._home / ORDER
        try:
            if json.loads(order.read_text()) != {"point": point, "side": side}:
                return False
            order.rename(order.with_suffix(".done"))
        except (FileNotFoundError, ValueError):
            return False
        return True


def _has_written(work: Work) -> bool:
    """Where nothing was written nothing can be lost."""
    work.session.flush()
    return not work.scalar("SELECT pg_current_xact_id_if_assigned() IS NULL")


def named(run: Callable[[Runner, int], None]) -> Callable[[Runner, int], None]:
    """`Runner.run`, with its listener known to whatever it commits."""

    def remembered(self: Runner, delivery_id: int) -> None:
        with self._deps.work() as work:
            listener = work.scalar("SELECT listener FROM deliveries WHERE id = :id", id=delivery_id)
        token = _run.set(Run(str(listener)))
        try:
            run(self, delivery_id)
        finally:
            _run.reset(token)

    return remembered


def heard(record_all: Callable[..., None]) -> Callable[..., None]:
    """`Work.record_all`, its events noted: they name the transactions of doors, relay and ticker."""

    def noted(work: Work, events: Sequence[Event], **more: Any) -> None:
        vars(work).setdefault("drill_said", []).extend(type(event).__name__ for event in events)
        record_all(work, events, **more)

    return noted


def lay(kind: type, method: str, around: Callable[[Any], Any]) -> None:
    """Put `around` about a method, for every object of this process."""
    setattr(kind, method, around(getattr(kind, method)))


def main() -> int:
    if HANDS in os.environ:
        hand = Hand(Path(os.environ["BANDO_HOME"]), sys.argv[1])
        lay(Work, "end", hand.at_the_end)
        lay(Work, "at_once", hand.at_once)
        lay(Work, "record_all", heard)
        lay(Runner, "run", named)
    sys.argv[0] = "bando"
    from bando.cli import main as bando

    return bando()


if __name__ == "__main__":
    sys.exit(main())
