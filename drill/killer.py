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
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.database import Database, Work
from core.base.events import Event
from core.worker.run import Runner

ORDER, SEEN, WATCH = "drill-order.json", "drill-points.log", "drill-watch"
BEFORE, AFTER = "before", "after"

OpenWork = Callable[..., AbstractContextManager[Work]]


@dataclass
class Run:
    """One run of a delivery, and how often each function has committed in it."""

    delivery_id: int
    listener: str = ""
    commits: Counter[str] = field(default_factory=Counter)


_run: ContextVar[Run | None] = ContextVar("run", default=None)
_events: ContextVar[list[str] | None] = ContextVar("events", default=None)


class Hand:
    """Names the points that this process passes, and strikes at the one that is ordered."""

    def __init__(self, home: Path, process: str) -> None:
        self._home, self._process = home, process

    def deadly(self, open_work: OpenWork) -> OpenWork:
        """`Database.work`, with a point before and a point after the commit of whatever wrote something."""
        hand = self

        @contextmanager
        def work(self: Database, request_id: str | None = None) -> Iterator[Work]:
            function = sys._getframe(2).f_code.co_name  # whose `with` this is, past contextlib
            events: list[str] = []
            with open_work(self, request_id) as opened:
                token = _events.set(events)
                try:
                    yield opened
                finally:
                    _events.reset(token)
                point = hand._point(opened, function, events)
                hand._pass(point, BEFORE)
            hand._pass(point, AFTER)

        return work

    def _point(self, work: Work, function: str, events: list[str]) -> str | None:
        """None where nothing was written: nothing can be lost there."""
        if work.scalar("SELECT pg_current_xact_id_if_assigned() IS NULL"):
            return None
        run = _run.get()
        if run is None:
            return " ".join([f"{self._process}: {function.lstrip('_')}", *sorted(set(events))])
        if not run.listener:
            run.listener = str(
                work.scalar("SELECT listener FROM deliveries WHERE id = :id", id=run.delivery_id)
            )
        run.commits[function] += 1
        return f"{run.listener}: {function.lstrip('_')} {run.commits[function]}"

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


def named(run: Callable[[Runner, int], None]) -> Callable[[Runner, int], None]:
    """`Runner.run`, with its delivery known to whatever it commits."""

    def remembered(self: Runner, delivery_id: int) -> None:
        token = _run.set(Run(delivery_id))
        try:
            run(self, delivery_id)
        finally:
            _run.reset(token)

    return remembered


def heard(record_all: Callable[..., None]) -> Callable[..., None]:
    """`Work.record_all`, its events noted: they name the transactions of doors, relay and ticker."""

    def noted(self: Work, events: Sequence[Event], **more: Any) -> None:
        said = _events.get()
        if said is not None:
            said.extend(type(event).__name__ for event in events)
        record_all(self, events, **more)

    return noted


def lay(kind: type, method: str, around: Callable[[Any], Any]) -> None:
    """Put `around` about a method, for every object of this process."""
    setattr(kind, method, around(getattr(kind, method)))


def main() -> int:
    hand = Hand(Path(os.environ["BANDO_HOME"]), sys.argv[1])
    lay(Database, "work", hand.deadly)
    lay(Runner, "run", named)
    lay(Work, "record_all", heard)
    sys.argv[0] = "bando"
    from bando.cli import main as bando

    return bando()


if __name__ == "__main__":
    sys.exit(main())
