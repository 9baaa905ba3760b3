"""Bring a database to the newest schema. Runs as the role that owns the tables; the program's own role cannot."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import ProgrammingError

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(owner_url: str) -> None:
    """Run what is missing, one transaction a migration. Safe to call when nothing is."""
    from alembic import command

    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            # Two starts at once: the second waits and then finds nothing to do.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261122)")
            command.upgrade(configuration(connection), "head")
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one that this program was written for. Asked by every process at its start, so
    Alembic itself is left out of it."""
    newest = max(path.name.split("_")[0] for path in (SCRIPTS / "versions").glob("[0-9]*.py"))
    try:
        return bool(connection.scalar(text("SELECT version_num FROM alembic_version")) == newest)
    except ProgrammingError:
        return False


def configuration(connection: Connection) -> "Config":
    """Alembic's configuration, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
