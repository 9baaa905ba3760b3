"""A provider with many subscribers: each has a home line that runs, and the whole past of one payment.

Written by set-based SQL with triggers and foreign keys aside; the rows are those that the verbs would leave.
Subscriber n has the id n, and so has each row of the past.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, text

from bando.compose import Program
from bando.seed.provider import open_provider

FIRST_PHONE = 254_710_000_000
PAST = Path(__file__).with_suffix(".sql")


def phone_of(subscriber_id: int) -> str:
    """The digits of a subscriber's phone."""
    return str(FIRST_PHONE + subscriber_id)


def name_of(subscriber_id: int) -> str:
    """The first name, which stands on the first screen: nobody else has it."""
    return f"P{subscriber_id}x"


def fill(program: Program, superuser: URL, world: dict[str, Any], subscribers: int) -> None:
    """Open the provider and give it so many subscribers."""
    shared = program.settings.shared
    with program.work() as work:
        open_provider(
            work,
            routers=world["routers"],
            networks=shared.router_networks,
            own_ports=[shared.port, shared.sandbox_port],
        )
        now = work.now
    engine = create_engine(superuser)
    values = {
        "then": now.replace(day=1),
        "until": now.replace(year=now.year + 1, day=1),
        "first_phone": FIRST_PHONE,
        "count": subscribers,
    }
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in PAST.read_text().split(";\n"):
            if statement.strip():
                connection.execute(text(statement), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))  # writing the crowd to disk belongs to no figure
    engine.dispose()
