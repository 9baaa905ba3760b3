"""Post to the journal. Every movement of money in Bando goes through this one function."""

from sqlalchemy import text

from core.base.database import Work
from core.base.ids import EntryId
from core.base.money import Money

_REVERSE = text(
    """
    WITH entry AS (
        INSERT INTO journal_entries (at, kind, source, reverses_id)
        SELECT :now, 'reversal', 'reversal:' || source, id FROM journal_entries WHERE source = :source
        RETURNING id, reverses_id
    )
    INSERT INTO postings (entry_id, account_id, amount_cents, currency)
    SELECT entry.id, account_id, -amount_cents, currency
    FROM entry JOIN postings ON postings.entry_id = entry.reverses_id
    RETURNING entry_id
    """
)
_POST = """
    WITH entry AS (
        INSERT INTO journal_entries (at, kind, source, reverses_id)
        VALUES (%(at)s, %(kind)s, %(source)s, %(reverses_id)s) RETURNING id
    ), posted AS (
        INSERT INTO postings (entry_id, account_id, amount_cents, currency)
        SELECT entry.id, accounts.id, side.cents, %(currency)s
        FROM entry, unnest(CAST(%(codes)s AS text[]), CAST(%(cents)s AS bigint[])) AS side (code, cents)
        JOIN accounts ON accounts.code = side.code
        RETURNING entry_id
    )
    SELECT entry.id, (SELECT count(*) FROM posted) FROM entry
"""


def post(
    work: Work, *, kind: str, source: str, sides: list[tuple[str, Money]], reverses_id: int | None = None
) -> EntryId:
    """Write one entry: sides are (account code, amount), debit positive, credit negative; empty ones drop out.

    source names the cause and is unique: posting the same cause again raises IntegrityError. The database
    refuses sides that do not sum to zero, and an unknown account makes them so. Whoever posts to a subscriber
    has locked the subscriber's row first.
    """
    written = [(code, amount) for code, amount in sides if amount.minor]
    currencies = {amount.currency for _, amount in written}
    if len(currencies) != 1:
        raise ValueError("an entry has one currency and at least two sides")
    row = work.within(
        _POST,
        {
            "at": work.now,
            "kind": kind,
            "source": source,
            "reverses_id": reverses_id,
            "currency": currencies.pop(),
            "codes": [code for code, _ in written],
            "cents": [amount.minor for _, amount in written],
        },
    )
    assert row is not None
    if row[1] != len(written):
        raise ValueError(f"an account of {source} does not exist")
    return EntryId(row[0])


def reverse(work: Work, *, source: str) -> EntryId:
    """Take back the entry of `source` by its mirror image, which names it; both stay. Once: a second time
    raises IntegrityError. The subscribers concerned are locked by the caller."""
    rows = work.session.execute(_REVERSE, {"now": work.now, "source": source}).all()
    if not rows:
        raise ValueError(f"nothing was posted for {source}")
    return EntryId(rows[0][0])


def lock_subscriber(work: Work, subscriber_id: int) -> None:
    """Take the subscriber's row: one posting to a person at a time, always before anything else of theirs.

    NO KEY: rows that only refer to the person (a new purchase) need not wait, and cannot make a deadlock.
    """
    statement = text("SELECT 1 FROM subscribers WHERE id = :id FOR NO KEY UPDATE")
    work.session.execute(statement, {"id": subscriber_id})
