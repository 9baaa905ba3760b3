"""`bando keys rotate`: seal every secret anew with the first key of BANDO_SECRET_KEY, look-up hashes too.

Safe while the program runs (all of it holds old and new keys), safe to kill at any moment, safe to run twice:
a row is rewritten in one transaction, and only where it is not under the first key yet.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    LargeBinary,
    Table,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, OperationalError

from bando.compose import pick_clock
from bando.models import Base
from core.base.database import Database, Work
from core.base.errors import Misconfigured
from core.base.keymarks import KeyMark, check_keys
from core.base.secrets import KEY_ID_BYTES, Keyring, SealBroken
from core.base.settings import Settings
from core.network.accounts import USERNAME_LOOKUP
from core.payments.ask import CALLBACK_LOOKUP
from core.switchboard import routes
from core.vouchers.mint import LOOKUP as VOUCHER_LOOKUP

ROWS_A_TRANSACTION = 100
"""Locked together, for some milliseconds: few enough that nobody waits noticeably for us."""
SHOWN_IDS = 5

LOOKUPS: dict[tuple[str, str], tuple[str, str]] = {
    ("vouchers", "code_lookup"): ("code_sealed", VOUCHER_LOOKUP),
    ("access_accounts", "username_lookup"): ("username_sealed", USERNAME_LOOKUP),
    ("collections", "callback_lookup"): ("callback_sealed", CALLBACK_LOOKUP),
}
"""(table, column of a keyed hash) → (the column beside it that holds the clear text sealed, purpose)."""


@dataclass
class Told:
    """How a table went: rows rewritten, and the ids of those that could not be."""

    rewritten: int = 0
    left: list[int] = field(default_factory=list)


def rotate_here() -> Iterator[str]:
    """Rotate the keys of this installation's database; yields what is done, line by line."""
    settings = Settings()
    url = settings.database_owner_url or settings.database_url
    if not url:
        raise Misconfigured(["BANDO_DATABASE_URL is not set: there is no database to rotate the keys of"])
    keyring = Keyring(settings.secret_key)
    database = Database(url, clock=pick_clock(settings), keyring=keyring, routes=routes, pool_size=1)
    try:
        yield from steps(database)
    finally:
        database.engine.dispose()


def rotate(database: Database, say: Callable[[str], None] = lambda _line: None) -> None:
    """Seal everything anew with the newest key of the database's keyring. Misconfigured for a wrong key."""
    for line in steps(database):
        say(line)


def steps(database: Database) -> Iterator[str]:
    """Do the rotation, saying how each table went and whether the old keys may go."""
    with database.work() as work:
        check_keys(work)
    for table, columns in secret_columns().items():
        told = Told()
        # First everything that nobody is at; then, one by one and waiting for each, what somebody was at.
        _pass(database, table, columns, told, rows=ROWS_A_TRANSACTION, skip_locked=True)
        told.left.clear()
        _pass(database, table, columns, told, rows=1, skip_locked=False)
        yield f"{table.name}: {told.rewritten} rows sealed anew" + _left_over(told)
    yield _finish(database)


def secret_columns() -> dict[Table, list[Column[bytes]]]:
    """Every table that holds secrets, with its sealed and its look-up columns. key_marks stands apart."""
    found = {}
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if _is_secret(column)]
        if columns and table.name != KeyMark.__tablename__:
            found[table] = columns
    return found


def rows_on_old_keys(work: Work) -> dict[str, int]:
    """How many rows of each table hold something that is not under the newest key. Empty: none anywhere."""
    newest = work.keyring.newest
    counts = {
        table.name: work.session.scalar(select(func.count()).select_from(table).where(_old(columns, newest)))
        for table, columns in secret_columns().items()
    }
    return {name: count for name, count in counts.items() if count}


def _is_secret(column: Column[bytes]) -> bool:
    return isinstance(column.type, LargeBinary) and column.name.endswith(("_sealed", "_lookup"))


def _old(columns: list[Column[bytes]], newest: bytes) -> ColumnElement[bool]:
    return or_(*(func.substr(column, 1, KEY_ID_BYTES) != newest for column in columns))


def _pass(
    database: Database,
    table: Table,
    columns: list[Column[bytes]],
    told: Told,
    *,
    rows: int,
    skip_locked: bool,
) -> None:
    """Once through the table, in the order of its ids, `rows` at a time."""
    after = 0
    while (reached := _next(database, table, columns, after, rows)) is not None:
        try:
            with database.work() as work:
                done = _rewrite(
                    work, table, columns, told, after=after, reached=reached, skip_locked=skip_locked
                )
            told.rewritten += done
        except (IntegrityError, OperationalError) as error:
            if isinstance(error, OperationalError) and error.connection_invalidated:
                raise
            told.left.append(reached)  # held by somebody, or its hash is taken: told at the end
        after = reached


def _next(
    database: Database, table: Table, columns: list[Column[bytes]], after: int, rows: int
) -> int | None:
    """The id up to which the next `rows` rows under old keys reach; None where there are no more."""
    with database.work() as work:
        newest = work.keyring.newest
        ids = select(table.c.id).where(table.c.id > after, _old(columns, newest))
        batch = ids.order_by(table.c.id).limit(rows).subquery()
        found: int | None = work.session.scalar(select(func.max(batch.c.id)))
        return found


def _rewrite(
    work: Work,
    table: Table,
    columns: list[Column[bytes]],
    told: Told,
    *,
    after: int,
    reached: int,
    skip_locked: bool,
) -> int:
    """Seal the rows with ids in (after, reached] anew; how many. Rows that no key opens stay as they are."""
    chosen = (
        select(table.c.id, *columns)
        .where(table.c.id > after, table.c.id <= reached, _old(columns, work.keyring.newest))
        .order_by(table.c.id)
        .with_for_update(skip_locked=skip_locked)
    )
    fresh = []
    for row in work.session.execute(chosen).mappings():
        try:
            fresh.append(_sealed_anew(work.keyring, table, columns, dict(row)))
        except SealBroken:
            told.left.append(row["id"])
    if fresh:
        values: dict[str, BindParameter[bytes]] = {
            column.name: bindparam(f"new_{column.name}") for column in columns
        }
        statement = update(table).where(table.c.id == bindparam("this_id")).values(values)
        work.session.connection().execute(statement, fresh)
    return len(fresh)


def _sealed_anew(
    keyring: Keyring, table: Table, columns: list[Column[bytes]], row: dict[str, bytes | None]
) -> dict[str, object]:
    """The row's new values. Raises SealBroken where something in it cannot be opened."""
    number = int(row["id"] or 0)
    fresh: dict[str, object] = {"this_id": number}
    for column in columns:
        name, old = column.name, row[column.name]
        source, purpose = LOOKUPS.get((table.name, name), (name, ""))
        sealed = row[source]
        if old is None:
            fresh[f"new_{name}"] = None
            continue
        if sealed is None:
            raise SealBroken(f"{table.name}.{name} of row {number} has no sealed text beside it")
        clear = keyring.unseal(sealed, table=table.name, column=source, row=number)
        fresh[f"new_{name}"] = (
            keyring.lookup(clear, purpose)
            if purpose
            else keyring.seal(clear, table=table.name, column=name, row=number)
        )
    return fresh


def _left_over(told: Told) -> str:
    if not told.left:
        return ""
    shown = ", ".join(str(number) for number in told.left[:SHOWN_IDS])
    return f"; {len(told.left)} could not be (rows {shown}{', …' if len(told.left) > SHOWN_IDS else ''})"


def _finish(database: Database) -> str:
    """Forget the marks of the old keys if nothing is under them any more."""
    with database.work() as work:
        left = rows_on_old_keys(work)
        if left:
            where = ", ".join(f"{count} in {name}" for name, count in left.items())
            return (
                f"The old keys are still needed ({where}): see that every process was started with this "
                "list, then run this again"
            )
        work.session.execute(delete(KeyMark).where(KeyMark.key_id != work.keyring.newest))
    return "Nothing is under an old key: leave the first key alone in BANDO_SECRET_KEY and restart"
