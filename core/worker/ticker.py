"""The ticker: starts clock jobs. Every period of every task is claimed in PostgreSQL, so several may run."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.base.clock import NAIROBI, MachineReading, nairobi_day, read_machine
from core.base.clock_guard import look_at_clock
from core.base.database import Database, Route, Work
from core.base.events import ClockStruck
from core.base.log import logger
from core.worker.run import Listener

LOOK_SECONDS = 0.1
"""A look asks the clock alone, so it may be often: the trial's clock waits for the ticker at each of its stops."""
CATCH_UP_DAYS = 31
"""Daily periods that passed while nothing ran are made up for, in order, a month back at most."""

_CLAIM = text(
    "INSERT INTO ticks (task, period, claimed_at) VALUES (:task, :period, :now) "
    "ON CONFLICT DO NOTHING RETURNING 1"
)
_BUSY = text(
    """
    SELECT EXISTS (
        SELECT 1 FROM deliveries WHERE listener = :task AND finished_at IS NULL AND given_up_at IS NULL
    )
    """
)


@dataclass(frozen=True, slots=True)
class ClockTask:
    """A job that the clock starts: every so many minutes, or daily at a Nairobi time."""

    job: Listener
    minutes: int | None = None
    at: time | None = None

    @property
    def name(self) -> str:
        return listener_name(self.job)


def listener_name(job: Listener) -> str:
    """The name under which a job stands on the switchboard: payments.ask_gateway."""
    area = job.__module__.removeprefix("core.").removesuffix(".jobs")
    return f"{area}.{job.__name__}"


def every(*, minutes: int, job: Listener) -> ClockTask:
    return ClockTask(job, minutes=minutes)


def daily(at: str, *, job: Listener) -> ClockTask:
    """Daily at `at`, 'HH:MM' in Nairobi."""
    return ClockTask(job, at=time.fromisoformat(at))


def due_period(task: ClockTask, now: datetime) -> str:
    """The name of the newest period of the task that has begun."""
    if task.minutes is not None:
        seconds = task.minutes * 60
        return datetime.fromtimestamp(now.timestamp() // seconds * seconds, now.tzinfo).isoformat()
    return _daily_instant(task, now).isoformat()


def _daily_instant(task: ClockTask, now: datetime) -> datetime:
    assert task.at is not None
    today = datetime.combine(nairobi_day(now), task.at, NAIROBI)
    return today if today <= now else today - timedelta(days=1)


def next_daily(tasks: Sequence[ClockTask], now: datetime) -> datetime | None:
    """The next instant at which a daily task is due."""
    return min(
        (_daily_instant(task, now) + timedelta(days=1) for task in tasks if task.at is not None), default=None
    )


class Ticker:
    """Claims periods until it is told to stop."""

    def __init__(
        self,
        database: Database,
        tasks: Sequence[ClockTask],
        queue_of: Mapping[str, str] | None = None,
        *,
        machine: Callable[[], MachineReading] = read_machine,
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._queue_of = queue_of or {}
        self._machine = machine
        self._claimed: dict[str, str] = {}

    def run(self, stop: threading.Event) -> None:
        log = logger("ticker")
        while not stop.is_set():
            try:
                self.tick()
            except (DBAPIError, OSError) as error:
                log.warning("ticker_waits", why=type(error).__name__)
            stop.wait(LOOK_SECONDS)

    def tick(self) -> int:
        """Start every task whose period has begun and nobody has claimed. How many were started."""
        now = self._database.clock.now()
        # What this process has seen claimed it does not ask about again: an idle ticker asks nothing.
        fresh = [task for task in self._tasks if self._claimed.get(task.name) != due_period(task, now)]
        if fresh:
            with self._database.work() as work:
                look_at_clock(
                    work, self._machine()
                )  # before anything starts that must not believe a wrong clock
        return sum(self._start(task) for task in fresh)

    def _start(self, task: ClockTask) -> int:
        with self._database.work() as work:
            started = sum(self._claim(work, task, period) for period in self._periods(work, task))
            newest = due_period(task, work.now)
        self._claimed[task.name] = newest
        return started

    def _periods(self, work: Work, task: ClockTask) -> list[str]:
        newest = due_period(task, work.now)
        if task.at is None:
            return [newest]
        last = work.scalar("SELECT max(period) FROM ticks WHERE task = :task", task=task.name)
        if last is None:
            return [newest]
        periods: list[str] = []
        day = datetime.fromisoformat(newest)
        while day > datetime.fromisoformat(str(last)) and len(periods) < CATCH_UP_DAYS:
            periods.append(day.isoformat())
            day -= timedelta(days=1)
        return periods[::-1]

    def _claim(self, work: Work, task: ClockTask, period: str) -> int:
        claimed = work.session.scalar(_CLAIM, {"task": task.name, "period": period, "now": work.now})
        if claimed is None:
            return 0
        if task.minutes is not None and work.session.scalar(_BUSY, {"task": task.name}):
            return 0  # the one before is still at it: it will see what this one would
        route = Route(task.name, self._queue_of.get(task.name, "bulk"))
        work.record_all([ClockStruck(task.name, period)], only_to=route, order=f"clock:{task.name}")
        return 1


def all_claimed(work: Work, tasks: Sequence[ClockTask]) -> bool:
    """Whether every period that has begun is claimed: the trial's clock may move on."""
    rows = work.session.execute(text("SELECT task, max(period) AS period FROM ticks GROUP BY task"))
    newest: dict[str, str] = {row.task: row.period for row in rows}
    return all(newest.get(task.name, "") >= due_period(task, work.now) for task in tasks)
