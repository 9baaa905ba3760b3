"""Databases full of home lines whose next period is due, and fresh copies of them: what is billed is billed once."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text

from bando.compose import AllSettings, Program, assemble
from bando.seed.provider import open_provider
from bando.trial import write_world
from bench.stage import Stage
from core.base.clock import nairobi_day

ROWS = Path(__file__).with_suffix(".sql")


def lines_of(stage: Stage, lines: int) -> str:
    """The name of a database of so many lines with a month of past, filled when it is first asked for."""
    name = f"lines_{lines}"
    if not _exists(stage, name):
        fill_lines(stage, name, lines=lines, months=1)
    return name


def fill_lines(stage: Stage, name: str, *, lines: int, months: int) -> None:
    """A database of so many lines, due within three days, with so many months of past (four postings each)."""
    print(f"  filling {lines:,} lines with {4 * lines * months:,} postings", file=sys.stderr, flush=True)
    owner = make_url(stage.servers.owner_url)
    _server(stage, f"CREATE DATABASE {name} TEMPLATE {owner.database} OWNER {owner.username}")
    with opened(stage, name) as program:
        shared = program.settings.shared
        with program.work() as work:
            routers = write_world(os.environ, stage.home)["routers"]
            ports = [shared.port, shared.sandbox_port]
            open_provider(work, routers=routers, networks=shared.router_networks, own_ports=ports)
            now = work.now
    values = {"then": now.replace(day=1), "today": nairobi_day(now), "count": lines, "months": months}
    run_rows(stage, name, ROWS, values)


def run_rows(stage: Stage, name: str, rows: Path, values: Mapping[str, Any]) -> None:
    """Run the statements of a file in a database, with triggers and foreign keys aside, and count its rows anew."""
    engine = create_engine(_superuser(stage).set(database=name))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in rows.read_text().split(";\n"):
            if statement.strip():
                connection.execute(text(statement), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))  # writing them to disk belongs to no figure
    engine.dispose()


@contextmanager
def opened(stage: Stage, name: str) -> Iterator[Program]:
    """A program on that database itself."""
    program = _program(stage, name)
    try:
        yield program
    finally:
        program.database.engine.dispose()


@contextmanager
def fresh_copy(stage: Stage, name: str) -> Iterator[Program]:
    """A program on a copy of that database, dropped again."""
    copy = f"{name}_copy"
    _server(stage, f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY file_copy")
    try:
        with opened(stage, copy) as program:
            _server(stage, "CHECKPOINT")  # writing the copy to disk belongs to no figure
            yield program
    finally:
        _server(stage, f"DROP DATABASE {copy} WITH (FORCE)")


def drop(stage: Stage, name: str) -> None:
    _server(stage, f"DROP DATABASE {name} WITH (FORCE)")


def _exists(stage: Stage, name: str) -> bool:
    server = create_engine(_superuser(stage))
    with server.connect() as connection:
        found = connection.scalar(
            text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": name}
        )
    server.dispose()
    return bool(found)


def _program(stage: Stage, database: str) -> Program:
    before = os.environ.get("BANDO_DATABASE_URL")
    app = make_url(stage.servers.app_url).set(database=database)
    os.environ["BANDO_DATABASE_URL"] = app.render_as_string(hide_password=False)
    try:
        return assemble(AllSettings())
    finally:
        if before is not None:
            os.environ["BANDO_DATABASE_URL"] = before


def _superuser(stage: Stage) -> URL:
    return make_url(stage.servers.superuser_url or "")


def _server(stage: Stage, statement: str) -> None:
    server = create_engine(_superuser(stage), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(statement)
    server.dispose()
