"""The billing cycle, killed at random points: what its processes leave must be what one undisturbed run leaves.

A provider of its own, without a demo around it: one PostgreSQL, a database full of lines of every kind, and copies of
it. On one copy the cycle runs through. On the others one or two processes run it at once and are killed (SIGKILL) at
drawn moments, begun again and killed again, until the run is over; then every row is compared.
"""

import multiprocessing
import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from bando.compose import AllSettings, assemble
from bando.embedded import Servers, erase, start
from bando.migrate import migrate
from bando.trial import trial_environment
from core.base.log import set_up_logging
from core.billing import cycle
from drill.audit import Findings
from drill.scene import Outcome, Result, Tally

AREA, DRILL = "billing", "cycle killed at random points"
ROWS = Path(__file__).with_name("billing.sql")
MOST_ROUNDS = 200
"""A round in which nobody could be killed any more ends with its run; this many mean that nobody ever is."""
HARDLY_SECONDS = 0.2
"""A process that dies sooner has begun nothing; a few do."""
_PLACES = multiprocessing.get_context("fork")


@dataclass(frozen=True, slots=True)
class Size:
    lines: int
    chunk: int
    kills: int


FULL, CI = Size(6_000, 60, 50), Size(2_000, 40, 6)

# What a run leaves, without instants and ids: two runs of the same lines must not differ in any of it.
BILLS = """
    SELECT i.subscription_id, i.series, i.number, i.subscriber_id, i.period_from, i.period_to, i.due_at, i.total_cents,
        i.net_cents, i.excise_cents, i.vat_cents, i.open_cents, l.plan_id, l.description, l.total_cents AS line_cents
    FROM invoices i LEFT JOIN invoice_lines l ON l.invoice_id = i.id
"""
SIDES = """
    SELECT i.series, i.number, e.kind, a.code, p.amount_cents FROM journal_entries e
    LEFT JOIN invoices i ON i.entry_id = e.id JOIN postings p ON p.entry_id = e.id
    JOIN accounts a ON a.id = p.account_id
    WHERE e.kind <> 'payment'
"""
EVENTS = """
    SELECT o.event, coalesce(i.number, (o.payload->>'subscription_id')::bigint) AS about, d.listener
    FROM outbox o LEFT JOIN invoices i ON i.id = (o.payload->>'invoice_id')::bigint
    LEFT JOIN deliveries d ON d.outbox_id = o.id
"""
LINES = "SELECT id, state, plan_id, next_plan_id, paid_through FROM subscriptions"
WORLD = {"bill": BILLS, "posting": SIDES, "event": EVENTS, "line": LINES}
_STANDING = text(
    "SELECT (SELECT count(*) FROM invoices) AS bills, (SELECT coalesce(max(number), 0) FROM invoices) AS highest, "
    "(SELECT sum(amount_cents) FROM postings) AS trial, (SELECT sum(bills) FROM cycle_runs) AS counted, "
    "(SELECT count(*) FROM cycle_runs WHERE state = 'done') AS done, (SELECT count(*) FROM cycle_runs) AS runs"
)
Kept = dict[str, Counter[tuple[Any, ...]]]


def perform_billing(*, full: bool, seed: int, say: Callable[[str], None]) -> Outcome:
    """The drill, with its line of the table."""
    say(f"-- {DRILL}")
    began, tally, size = time.monotonic(), Tally(), FULL if full else CI
    with _bank() as bank:
        try:
            _kill_cycles(bank, tally, size, random.Random(seed), say)
        except Exception as error:  # a drill that broke off has shown nothing
            tally.broken.append(f"{type(error).__name__}: {error}")
    found = tally.findings
    lost, seconds = len(found.lost) + len(tally.broken), round(time.monotonic() - began, 1)
    result = Result(
        AREA, DRILL, tally.events, tally.faults, lost, len(found.doubled), len(found.invented), seconds
    )
    return Outcome(result, found, tally)


@dataclass
class Bank:
    """The server, and the copies of the database."""

    servers: Servers

    def url(self, database: str) -> str:
        return make_url(self.servers.app_url).set(database=database).render_as_string(hide_password=False)

    def copy(self, database: str, of: str) -> None:
        owner = make_url(self.servers.owner_url)
        self._server(f"CREATE DATABASE {database} TEMPLATE {of} OWNER {owner.username}")

    def drop(self, database: str) -> None:
        self._server(f"DROP DATABASE {database} WITH (FORCE)")

    def fill(self, database: str, lines: int) -> None:
        """Lines of every kind: plans, paydays, payers, postpaid ones, some with money of their own."""
        self.copy(database, str(make_url(self.servers.owner_url).database))
        engine = create_engine(make_url(self.servers.superuser_url or "").set(database=database))
        with engine.begin() as connection:
            for statement in ROWS.read_text().split(";\n"):
                if statement.strip():
                    connection.execute(text(statement), {"lines": lines})
        engine.dispose()

    def kept(self, database: str) -> tuple[Kept, Any]:
        """Every row that counts, how often it is there; and the sums."""
        engine = create_engine(self.url(database))
        with engine.connect() as connection:
            rows = {
                what: Counter(tuple(row) for row in connection.execute(text(sql)))
                for what, sql in WORLD.items()
            }
            standing = connection.execute(_STANDING).one()
        engine.dispose()
        return rows, standing

    def _server(self, statement: str) -> None:
        engine = create_engine(self.servers.superuser_url or "", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def _bank() -> Iterator[Bank]:
    with ExitStack() as close:
        home = Path(tempfile.mkdtemp(prefix="bando-drill-billing-"))
        close.callback(erase, home)
        home.chmod(0o700)
        servers: Servers = close.enter_context(start(home))
        before = dict(os.environ)
        close.callback(os.environ.update, before)
        close.callback(os.environ.clear)
        os.environ["BANDO_HOME"] = str(home)
        os.environ.update(trial_environment(os.environ, home))
        os.environ["BANDO_REDIS_URL"] = servers.redis_url
        set_up_logging("drill", folder=home / "log")
        migrate(servers.owner_url)
        yield Bank(servers)


def bill(url: str, chunk: int) -> None:
    """What `bando cycle` does: the whole life of one process."""
    os.environ["BANDO_DATABASE_URL"] = url
    program = assemble(AllSettings())
    with program.work() as work:
        run_id = cycle.begin_run(work)
    if run_id is not None:
        while not cycle.advance(program, run_id, chunks=1_000, size=chunk):
            pass


def _process(bank: Bank, database: str, size: Size) -> Any:
    process = _PLACES.Process(target=bill, args=(bank.url(database), size.chunk))
    process.start()
    return process


def _kill_cycles(
    bank: Bank, tally: Tally, size: Size, draw: random.Random, say: Callable[[str], None]
) -> None:
    bank.fill("lines", size.lines)
    bank.copy("calm", "lines")
    began = time.monotonic()
    _undisturbed(bank, "calm", size, tally)
    seconds = time.monotonic() - began
    calm, _ = bank.kept("calm")
    tally.events = sum(calm["bill"].values())
    say(f"   {tally.events} bills in {seconds:.1f} s undisturbed")
    for number in range(MOST_ROUNDS):
        if tally.faults >= size.kills or tally.broken:
            return
        name = f"stormy_{number}"
        bank.copy(name, "lines")
        _storm(bank, name, size, tally, lambda: draw.uniform(HARDLY_SECONDS, seconds), draw)
        _undisturbed(bank, name, size, tally)
        _compare(calm, bank.kept(name), name, tally)
        bank.drop(name)
        say(f"   round {number + 1}: {tally.faults} kills so far")
    tally.broken.append("the cycle is over before it can be killed")


def _storm(
    bank: Bank, name: str, size: Size, tally: Tally, moment: Callable[[], float], draw: random.Random
) -> None:
    """Begin and kill, until a process lives to the end of the run or there were enough kills."""
    while tally.faults < size.kills:
        running = [_process(bank, name, size) for _ in range(draw.choice((1, 1, 2)))]
        deadline = time.monotonic() + moment()
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
        killed = [process for process in running if process.is_alive()]
        for process in killed:
            process.kill()
        for process in running:
            process.join()
        tally.faults += len(killed)
        if any(process.exitcode not in (0, -9) for process in running):
            tally.broken.append("a process of the cycle failed by itself")
            return
        if not killed:
            return


def _undisturbed(bank: Bank, name: str, size: Size, tally: Tally) -> None:
    process = _process(bank, name, size)
    process.join()
    if process.exitcode != 0:
        tally.broken.append(f"the undisturbed run of {name} failed")


def _compare(calm: Kept, stormy: tuple[Kept, Any], name: str, tally: Tally) -> None:
    """Every row of the calm world once in the stormy one, and no other; numbers without a gap; sums that agree."""
    rows, standing = stormy
    found = Findings()
    for what, wanted in calm.items():
        missing, more = wanted - rows[what], rows[what] - wanted
        found.lost += [f"{name}: {what} {_said(row)}" for row in missing]
        found.doubled += [f"{name}: {what} {_said(row)}" for row in more if row in wanted]
        found.invented += [f"{name}: {what} {_said(row)}" for row in more if row not in wanted]
    tally.findings = tally.findings.joined(found)
    if standing.highest != standing.bills:
        tally.broken.append(f"{name}: {standing.bills} bills, numbered up to {standing.highest}")
    if standing.trial != 0 or standing.counted != standing.bills or standing.done != standing.runs:
        tally.broken.append(f"{name}: the sums do not agree: {standing}")


def _said(row: tuple[Any, ...]) -> str:
    return " ".join(str(value) for value in row)
