"""The billing cycle against one hand-written statement that inserts the same rows; a statement of account; the sweep.

`python -m bench.billing` is the process that bills: it says "ready", runs the cycle, says "done" and its peak memory.
"""

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from bando.compose import AllSettings, Program, assemble
from bench import dunning
from bench.figure import Figure
from bench.lines import drop, fill_lines, fresh_copy, lines_of, opened
from bench.stage import TRY, Stage
from bench.work import time_work
from core.base.clock import nairobi_day
from core.base.log import set_up_logging
from core.billing import cycle
from core.billing.expire import LINES_A_SWEEP, sweep
from core.billing.periods import through
from core.ledger.queries import statement

AREA = "billing"
CEILING = Path(__file__).with_name("cycle_ceiling.sql").read_text()
MEMORY_MIB, RATIO, GROWTH, STATEMENT_MS, SWEPT = 600, 0.6, 1.1, 5, 20_000
STATEMENTS = 300
"""So many subscribers' statements are asked for, each a different one."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """due: lines that a run bills, with how often ours and the ceiling take turns at it. postings: in the journal of
    the statement figure. swept: lines that pass into grace, among the first and the second total."""

    due: tuple[tuple[int, int], ...]
    postings: tuple[int, int]
    totals: tuple[int, int]


FULL = Sizes(((10_000, 5), (100_000, 3), (1_000_000, 1)), (100_000, 25), (100_000, 1_000_000))
SMALL = Sizes(((10_000, 3), (50_000, 1)), (5_000, 10), (10_000, 50_000))


def sizes(stage: Stage) -> Sizes:
    return SMALL if stage.scale is TRY else FULL


def billing_cycle(stage: Stage) -> list[Figure]:
    """Bills a second at each size, how time grows beside the ceiling's own growth, and our memory."""
    figures: list[Figure] = []
    seconds: dict[int, tuple[float, float]] = {}
    peak = 0
    for lines, rounds in sizes(stage).due:
        name = lines_of(stage, lines)
        pairs = []
        for turn in range(rounds):
            print(f"  {lines:,} due lines, turn {turn + 1} of {rounds}", file=sys.stderr, flush=True)
            ours, memory = _cycle(stage, name, lines)
            pairs.append((ours, _in_one_statement(stage, name, lines)))
            peak = max(peak, memory)
        seconds[lines] = tuple(statistics.median(side) for side in zip(*pairs, strict=True))
        own, bare = seconds[lines]
        ratio = statistics.median(bare / own for own, bare in pairs)
        aim = f"ratio >= {RATIO}"
        figures.append(
            Figure(AREA, f"cycle, {lines:,} due lines", lines / own, "bills/s", lines / bare, ratio, aim)
        )
    small, *_, large = seconds
    own, bare = (seconds[large][side] / seconds[small][side] for side in (0, 1))
    name = f"cycle, time from {small:,} to {large:,} lines"
    figures.append(Figure(AREA, name, own, "x", bare, own / bare, f"ratio <= {GROWTH}"))
    figures.append(
        Figure(AREA, "cycle, memory of its process", peak, "MiB", None, None, f"< {MEMORY_MIB} MiB")
    )
    return figures


def _cycle(stage: Stage, name: str, lines: int) -> tuple[float, int]:
    """(seconds, MiB at its peak) of a process that runs the cycle."""
    with fresh_copy(stage, name) as program:
        argv = [sys.executable, "-m", "bench.billing"]
        seconds, said = time_work(argv, stage.environ(program), lambda: lambda: None)
        _check(program, lines)
    return seconds, int(said) // 1024


def _in_one_statement(stage: Stage, name: str, lines: int) -> float:
    with fresh_copy(stage, name) as program:
        with program.work() as work:
            # As little in its way as can be: never compiled, and more memory for a million rows than ours has.
            work.scalar("SELECT set_config('jit', 'off', true) || set_config('work_mem', '256MB', true)")
            until = through(nairobi_day(work.now) + timedelta(days=3))
            began = time.perf_counter()
            work.session.connection().exec_driver_sql(CEILING, {"now": work.now, "until": until})
        seconds = time.perf_counter() - began
        _check(program, lines)
    return seconds


def _check(program: Program, lines: int) -> None:
    """Both have written the same: a bill, a line and an event for each, four postings, no gap, no cent too many."""
    with program.work() as work:
        found = work.session.execute(
            text(
                "SELECT count(*), max(number), sum(total_cents), (SELECT sum(total_cents) FROM invoice_lines), "
                "(SELECT count(*) FROM outbox WHERE event = 'InvoiceIssued'), "
                "(SELECT count(*) FROM postings p JOIN invoices i ON i.entry_id = p.entry_id), "
                "(SELECT sum(amount_cents) FROM postings), (SELECT sum(price_cents) FROM subscriptions s "
                "JOIN plans p ON p.id = s.plan_id) FROM invoices WHERE kind = 'bill'"
            )
        ).one()
    due = found[7]
    if tuple(found) != (lines, lines, due, due, lines, 4 * lines, 0, due):
        raise RuntimeError(f"{lines} lines were not billed as they should be: {found}")


def statement_of_account(stage: Stage) -> list[Figure]:
    """A subscriber's balance and last ten movements, in milliseconds, among many postings."""
    people, months = sizes(stage).postings
    fill_lines(stage, "journal", lines=people, months=months)
    took = []
    with opened(stage, "journal") as program:
        for person in range(1, people, people // STATEMENTS):
            with program.work() as work:
                work.scalar("SELECT 1")
                began = time.perf_counter()
                found = statement(work, person)
                took.append((time.perf_counter() - began) * 1_000)
            if not found.balance.is_zero or len(found.movements) != min(10, 2 * months):
                raise RuntimeError(f"the statement of {person} is not the one that was written")
    drop(stage, "journal")
    name = f"balance and last ten movements, {4 * people * months:,} postings"
    return [Figure(AREA, name, statistics.median(took), "ms", None, None, f"median < {STATEMENT_MS} ms")]


def sweep_is_flat(stage: Stage) -> list[Figure]:
    """Lines a second that pass into grace: among many, against among few."""
    rates = [_swept(stage, total) for total in sizes(stage).totals]
    few, many = sizes(stage).totals
    ratio = rates[1] / rates[0]
    name = f"sweep among {many:,} lines, against {few:,}"
    return [Figure(AREA, name, rates[1], "lines/s", rates[0], ratio, f">= {SWEPT:,}/s, ratio >= 0.8")]


def _swept(stage: Stage, total: int) -> float:
    name = lines_of(stage, total)
    late = min(LINES_A_SWEEP, total // 2)
    with fresh_copy(stage, name) as program:
        with program.work() as work:
            every = total // late
            work.scalar(
                "UPDATE subscriptions SET paid_through = :then WHERE mod(id, :every) = 0 AND id <= :last RETURNING 1",
                then=work.now - timedelta(days=1),
                every=every,
                last=late * every,
            )
        with program.work() as work:
            began = time.perf_counter()
            moved = sweep(work)
        seconds = time.perf_counter() - began
    if moved["into_grace"] != late:
        raise RuntimeError(f"{moved} were moved, {late} were due")
    return late / seconds


MEASURES: dict[str, Callable[[Stage], list[Figure]]] = {
    "cycle": billing_cycle,
    "statement": statement_of_account,
    "sweep": sweep_is_flat,
    "suspension": dunning.suspension_is_flat,
    "reminders": dunning.reminders_in_flat_memory,
}


def main() -> None:
    """The process that bills."""
    set_up_logging("bench-worker", folder=AllSettings().shared.home / "log")
    program = assemble(AllSettings())
    with program.work() as work:
        work.scalar("SELECT 1")
    print("ready", flush=True)
    with program.work() as work:
        run_id = cycle.begin_run(work)
    assert run_id is not None, "lines are due"
    while not cycle.advance(program, run_id, chunks=20):
        pass
    print("done", flush=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == "__main__":
    os.environ.pop("BANDO_DATABASE_OWNER_URL", None)
    main()
