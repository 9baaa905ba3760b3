"""Bring a database to the newest schema. Runs as the role that owns the tables; the program's own role cannot."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(owner_url: str) -> None:
    """Run what is missing, one transaction a migration. Safe to call when nothing is."""
    engine = create_engine(owner_url)
    try:
        with engine.begin() as connection:
            # Two starts at once: the second waits and then finds nothing to do.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(20261122)")
            command.upgrade(configuration(connection), "head")
    finally:
        engine.dispose()


def is_current(connection: Connection) -> bool:
    """Whether the schema is the one that this program was written for."""
    found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory(str(SCRIPTS)).get_current_head()


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
