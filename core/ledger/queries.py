"""Balances and statements: sums of postings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text

from core.base.database import Work
from core.base.money import Money
from core.ledger.accounts import receivable

MOST_MOVEMENTS = 500
"""Longer statements are read page by page."""

_ACCOUNT = (
    "SELECT coalesce(sum(amount_cents), 0) FROM postings "
    "WHERE account_id = (SELECT id FROM accounts WHERE code = :code)"
)
_ACCOUNT_AT = (
    "SELECT coalesce(sum(amount_cents), 0) FROM postings JOIN journal_entries e ON e.id = entry_id "
    "WHERE account_id = (SELECT id FROM accounts WHERE code = :code) AND e.at <= :at"
)
# Both read the account's own index alone, and only the movements that are shown look up their entries.
_STATEMENT = text(
    """
    WITH account AS (SELECT id FROM accounts WHERE subscriber_id = :subscriber_id),
    total AS (
        SELECT coalesce(sum(amount_cents), 0)::bigint AS cents FROM postings
        WHERE account_id = (SELECT id FROM account)
    ), newest AS (
        SELECT id, entry_id, amount_cents FROM postings WHERE account_id = (SELECT id FROM account)
        ORDER BY id DESC LIMIT :last
    )
    SELECT total.cents, e.id, e.at, e.kind, e.source, newest.amount_cents
    FROM total LEFT JOIN newest ON true LEFT JOIN journal_entries e ON e.id = newest.entry_id
    ORDER BY newest.id DESC
    """
)
_STATEMENT_AT = text(
    """
    WITH upto AS (
        SELECT p.id, p.entry_id, p.amount_cents, e.at, e.kind, e.source
        FROM postings p JOIN journal_entries e ON e.id = p.entry_id
        WHERE p.account_id = (SELECT id FROM accounts WHERE subscriber_id = :subscriber_id) AND e.at <= :at
    ), total AS (SELECT coalesce(sum(amount_cents), 0)::bigint AS cents FROM upto),
    newest AS (SELECT * FROM upto ORDER BY id DESC LIMIT :last)
    SELECT total.cents, newest.entry_id, newest.at, newest.kind, newest.source, newest.amount_cents
    FROM total LEFT JOIN newest ON true ORDER BY newest.id DESC
    """
)
_BY_ACCOUNT = text(
    """
    SELECT CASE WHEN a.subscriber_id IS NULL THEN a.code ELSE 'receivable' END AS code, a.kind,
        coalesce(sum(p.amount_cents) FILTER (WHERE p.amount_cents > 0), 0)::bigint,
        coalesce(-sum(p.amount_cents) FILTER (WHERE p.amount_cents < 0), 0)::bigint
    FROM postings p JOIN accounts a ON a.id = p.account_id JOIN journal_entries e ON e.id = p.entry_id
    WHERE CAST(:at AS timestamptz) IS NULL OR e.at <= :at
    GROUP BY 1, 2 ORDER BY 1
    """
)


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting to a subscriber's account, and the balance after it."""

    entry_id: int
    at: datetime
    kind: str
    source: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """Where a subscriber's account stands and what moved it last, newest first."""

    balance: Money
    movements: list[Movement]


@dataclass(frozen=True, slots=True)
class AccountTotal:
    """One line of the trial balance. All subscribers together are one line, `receivable`."""

    code: str
    kind: str
    debit: Money
    credit: Money

    @property
    def balance(self) -> Money:
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account that was ever used, and what its two sides come to: difference is zero, always."""

    accounts: list[AccountTotal]
    debit: Money
    credit: Money
    difference: Money


def balance(work: Work, subscriber_id: int, *, at: datetime | None = None) -> Money:
    """What stands on a subscriber's account, now or at an instant: negative is theirs, positive is owed. Bills that
    are raised and not yet due are in it: what a person may spend is `core.billing.account.own_money`."""
    return account_balance(work, receivable(subscriber_id), at=at)


def account_balance(work: Work, code: str, *, at: datetime | None = None) -> Money:
    """What stands on one account, debit positive."""
    return Money(
        int(work.scalar(_ACCOUNT if at is None else _ACCOUNT_AT, code=code, **({"at": at} if at else {})))
    )


def statement(work: Work, subscriber_id: int, at: datetime | None = None, last: int = 10) -> Statement:
    """A subscriber's balance and the `last` movements, now or as it was at an instant, in one query."""
    values = {"subscriber_id": subscriber_id, "last": min(last, MOST_MOVEMENTS)}
    if at is None:
        rows = work.session.execute(_STATEMENT, values).all()
    else:
        rows = work.session.execute(_STATEMENT_AT, {**values, "at": at}).all()
    stands = total = Money(rows[0][0])
    movements = []
    for _, entry_id, when, kind, source, cents in rows:
        if entry_id is not None:
            movements.append(Movement(entry_id, when, kind, source, Money(cents), stands))
            stands -= Money(cents)
    return Statement(total, movements)


def trial_balance(work: Work) -> Money:
    """The sum of all postings: zero, always."""
    return Money(int(work.scalar("SELECT coalesce(sum(amount_cents), 0) FROM postings")))


def trial_balance_by_account(work: Work, *, at: datetime | None = None) -> list[AccountTotal]:
    """Debits and credits of every account that was ever used, now or at an instant; their balances sum to zero."""
    rows = work.session.execute(_BY_ACCOUNT, {"at": at}).all()
    return [AccountTotal(code, kind, Money(debit), Money(credit)) for code, kind, debit, credit in rows]


def trial_balance_at(work: Work, ends: datetime) -> TrialBalance:
    """The trial balance of what was posted before the instant `ends`."""
    accounts = trial_balance_by_account(work, at=ends - timedelta.resolution)
    debit, credit = (Money.total(getattr(one, side) for one in accounts) for side in ("debit", "credit"))
    return TrialBalance(accounts, debit, credit, debit - credit)
