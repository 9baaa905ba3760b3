"""The database itself refuses a journal that does not add up, and a past that is rewritten."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.base.database import Database
from tests.factories import a_hotspot_plan, a_paid_purchase, a_site, a_subscriber


def _entry(source: str) -> str:
    row = f"('2026-11-22T07:00Z', 'test', '{source}')"
    return f"INSERT INTO journal_entries (at, kind, source) VALUES {row} RETURNING id"


def _post(database: Database, source: str, *sides: tuple[str, int]) -> int:
    with database.work() as work:
        entry = work.scalar(_entry(source))
        rows = ", ".join(
            f"({entry}, (SELECT id FROM accounts WHERE code = '{code}'), {cents})" for code, cents in sides
        )
        if rows:
            work.session.execute(
                text(f"INSERT INTO postings (entry_id, account_id, amount_cents) VALUES {rows}")
            )
        return int(entry)


def _count(database: Database, table: str) -> int:
    with database.work() as work:
        return int(work.scalar(f"SELECT count(*) FROM {table}"))


def test_a_balanced_entry_is_kept(database: Database) -> None:
    _post(database, "a", ("cash", 100), ("suspense", -100))
    assert _count(database, "postings") == 2


@pytest.mark.parametrize(
    "sides",
    [
        (("cash", 100), ("suspense", -99)),
        (("cash", 100),),
        (),
    ],
    ids=["sum is not zero", "one side only", "no side at all"],
)
def test_an_entry_that_does_not_add_up_is_refused(
    database: Database, sides: tuple[tuple[str, int], ...]
) -> None:
    with pytest.raises(DBAPIError):
        _post(database, "a", *sides)
    assert _count(database, "journal_entries") == 0


def test_the_same_source_is_posted_once(database: Database) -> None:
    _post(database, "receipt:mpesa:UKM7EXAMPL", ("cash", 100), ("suspense", -100))
    with pytest.raises(DBAPIError):
        _post(database, "receipt:mpesa:UKM7EXAMPL", ("cash", 100), ("suspense", -100))
    assert _count(database, "journal_entries") == 1


def test_nothing_is_added_to_an_entry_later(database: Database) -> None:
    entry = _post(database, "a", ("cash", 100), ("suspense", -100))
    with pytest.raises(DBAPIError, match="complete once it is written"), database.work() as work:
        work.session.execute(
            text(
                f"INSERT INTO postings (entry_id, account_id, amount_cents) "
                f"SELECT {entry}, id, CASE code WHEN 'cash' THEN 5 ELSE -5 END "
                f"FROM accounts WHERE code IN ('cash', 'suspense')"
            )
        )


@pytest.mark.parametrize(
    "table",
    [
        "journal_entries",
        "postings",
        "settings_history",
        "collection_moves",
        "credit_notes",
        "allocations",
        "corrections",
    ],
)
@pytest.mark.parametrize("as_owner", [False, True], ids=["the program", "the owner"])
def test_the_past_is_not_rewritten(
    database: Database, database_urls: tuple[str, str], table: str, as_owner: bool
) -> None:
    _post(database, "a", ("cash", 100), ("suspense", -100))
    from sqlalchemy import create_engine

    engine = create_engine(database_urls[0 if as_owner else 1])
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE postings DISABLE TRIGGER ALL",
        "DROP TRIGGER postings_balance ON postings",
        "UPDATE inbox SET trusted = true",
        "DELETE FROM outbox",
        "ALTER TABLE credit_notes DISABLE TRIGGER ALL",
        "DROP TRIGGER written_once ON allocations",
        "SET session_replication_role = replica",
        "ALTER ROLE bando_app SUPERUSER",
        "DROP TABLE inbox",
        "CREATE TABLE mine (id int)",
    ],
)
def test_the_program_may_not_change_the_house(database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError), database.work() as work:
        work.session.execute(text(statement))


def test_what_is_open_of_an_invoice_stays_within_it(database: Database) -> None:
    """Neither more set against it than it asks, nor more taken back than was charged."""
    with database.work() as work:
        sale = a_paid_purchase(work, a_subscriber(work), a_hotspot_plan(work))
        work.session.flush()
    for change in ("open_cents = -1", "open_cents = total_cents + 1", "credited_cents = total_cents + 1"):
        with pytest.raises(DBAPIError), database.work() as work:
            work.session.execute(text(f"UPDATE invoices SET {change} WHERE purchase_id = {sale.id}"))


def test_every_site_has_its_revenue(database: Database) -> None:
    with database.work() as work:
        site = a_site(work)
        found = work.session.scalars(
            text(f"SELECT code FROM accounts WHERE split_part(code, ':', 2) = '{site.id}' ORDER BY code")
        ).all()
    assert list(found) == [f"revenue.{kind}:{site.id}" for kind in ("fee", "hotspot", "pppoe")]
