"""Dunning among many lines: lines switched off for want of money, and who is to be reminded.

`python -m bench.dunning MOMENT` is the process that reminds: it says "ready", takes the steps that are due at that
moment, says "done" and its peak memory.
"""

import os
import resource
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from sqlalchemy import text

from bando.compose import AllSettings, Program, assemble
from bench.figure import Figure
from bench.lines import fresh_copy, lines_of, run_rows
from bench.stage import TRY, Stage
from bench.work import time_work
from core.base.clock import NAIROBI, SetClock, nairobi_day
from core.base.database import Database
from core.base.log import set_up_logging
from core.billing.dunning import LINES_A_RUN, take_steps
from core.billing.jobs import take_dunning_steps

AREA = "billing"
FIFTH_DAY = Path(__file__).with_name("dunned.sql")
GRACE_DAYS = 4
"""From the last paid day to the day of the cut, in the policy "home"."""
SWEPT, FLAT, GROWTH_MIB = 20_000, 0.8, 32
NOON, REMINDED_AT = time_of_day(12), time_of_day(8, 5)
"""Within the hours of cuts; just after the hour of the policy's first reminder."""
MOST_BARRED = 14
"""Days in a row on which no line is cut: Sundays and holidays never come to so many."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """totals: lines among which some are cut. reminded: active lines whose reminder falls on one morning."""

    totals: tuple[int, int]
    reminded: tuple[int, int]


FULL = Sizes((100_000, 1_000_000), (10_000, 100_000))
SMALL = Sizes((10_000, 50_000), (10_000, 50_000))


def sizes(stage: Stage) -> Sizes:
    return SMALL if stage.scale is TRY else FULL


def suspension_is_flat(stage: Stage) -> list[Figure]:
    """Lines a second that are switched off for want of money, all that dunning does of it: among many, against few."""
    few, many = sizes(stage).totals
    rates = [_suspended(stage, total) for total in (few, many)]
    name = f"suspension among {many:,} lines, against {few:,}"
    aim = f">= {SWEPT:,}/s, ratio >= {FLAT}"
    return [Figure(AREA, name, rates[1], "lines/s", rates[0], rates[1] / rates[0], aim)]


def reminders_in_flat_memory(stage: Stage) -> list[Figure]:
    """How much more memory it takes to select more people for a reminder, and how many are selected a second."""
    few, many = sizes(stage).reminded
    seconds, peaks = zip(*(_reminded(stage, total) for total in (few, many)), strict=True)
    name = f"reminders for {many:,} lines"
    growth = peaks[1] - peaks[0]
    aim = f"< {GROWTH_MIB} MiB"
    return [
        Figure(AREA, f"{name}, memory above {few:,}", growth, "MiB", None, None, aim),
        Figure(AREA, name, many / seconds[1], "lines/s", few / seconds[0], None, ""),
    ]


def _suspended(stage: Stage, total: int) -> float:
    name = lines_of(stage, total)
    late = min(LINES_A_RUN, total // 2)
    with fresh_copy(stage, name) as program:
        database = _at(program, _a_day_of_cuts(program))
        with database.work() as work:
            zero = nairobi_day(work.now) - timedelta(days=GRACE_DAYS)
            values = {"now": work.now, "zero": zero, "late": late, "every": total // late}
        run_rows(stage, f"{name}_copy", FIFTH_DAY, values)
        with database.work() as work:
            work.scalar("SELECT 1")
            began = time.perf_counter()
            taken = take_steps(work)
        seconds = time.perf_counter() - began
        _check_cut(program, late)
    if taken["suspend"] != late:
        raise RuntimeError(f"{taken} were taken, {late} were due")
    return late / seconds


def _check_cut(program: Program, late: int) -> None:
    """Each line is off, its move is noted, and its routers are told."""
    with program.work() as work:
        found = work.session.execute(
            text(
                "SELECT (SELECT count(*) FROM subscriptions WHERE state = 'suspended' AND dark_since IS NOT NULL), "
                "(SELECT count(*) FROM subscription_moves WHERE to_state = 'suspended'), "
                "(SELECT count(*) FROM deliveries d JOIN outbox o ON o.id = d.outbox_id "
                "WHERE o.event = 'AccessChanged'), "
                "(SELECT count(*) FROM dunning_steps_taken WHERE step_key = 'suspend')"
            )
        ).one()
    if tuple(found) != (late, late, late, late):
        raise RuntimeError(f"{late} lines were not cut as they should be: {found}")


def _reminded(stage: Stage, total: int) -> tuple[float, float]:
    """(seconds, MiB at its peak) of a process that takes the reminders of one morning."""
    with fresh_copy(stage, lines_of(stage, total)) as program:
        with program.work() as work:
            morning = datetime.combine(nairobi_day(work.now) + timedelta(days=1), REMINDED_AT, NAIROBI)
            work.scalar(
                "UPDATE subscriptions SET paid_through = through(:day) RETURNING 1",
                day=morning.date() + timedelta(days=3),
            )
        argv = [sys.executable, "-m", "bench.dunning", morning.isoformat()]
        seconds, said = time_work(argv, stage.environ(program), lambda: lambda: None)
        with program.work() as work:
            taken = work.scalar(
                "SELECT count(*) FROM dunning_steps_taken WHERE step_key = 'remind' AND NOT missed"
            )
    if taken != total:
        raise RuntimeError(f"{taken} of {total} were reminded")
    return seconds, int(said) / 1024


def _a_day_of_cuts(program: Program) -> datetime:
    """The next noon on which lines may be cut: no Sunday, no holiday."""
    with program.work() as work:
        barred = set(
            work.session.scalars(
                text(
                    "SELECT CAST(d AS date) FROM generate_series(CAST(:day AS date), CAST(:day AS date) + :most, "
                    "interval '1 day') d WHERE EXISTS (SELECT FROM calendar_days c WHERE c.calendar IN "
                    "('sundays', 'holidays') AND (c.weekday = extract(isodow FROM d) "
                    "OR CAST(d AS date) BETWEEN c.from_day AND c.to_day))"
                ),
                {"day": nairobi_day(work.now), "most": MOST_BARRED},
            )
        )
        days = (nairobi_day(work.now) + timedelta(days=after) for after in range(1, MOST_BARRED))
        day = next(day for day in days if day not in barred)
    return datetime.combine(day, NOON, NAIROBI)


def _at(program: Program, moment: datetime) -> Database:
    """The program's database as it is at another moment."""
    program.database.clock = SetClock(moment)
    return program.database


def main() -> None:
    """The process that reminds."""
    set_up_logging("bench-worker", folder=AllSettings().shared.home / "log")
    program = assemble(AllSettings())
    database = _at(program, datetime.fromisoformat(sys.argv[1]))
    with database.work() as work:
        work.scalar("SELECT 1")
    print("ready", flush=True)
    take_dunning_steps(database)
    print("done", flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    os.environ.pop("BANDO_DATABASE_OWNER_URL", None)
    main()
