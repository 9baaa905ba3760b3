"""Balances: sums of postings."""

from datetime import datetime

from core.base.database import Work
from core.base.money import Money
from core.ledger.accounts import receivable


def balance(work: Work, subscriber_id: int, *, at: datetime | None = None) -> Money:
    """What stands on a subscriber's account, now or at an instant: negative is theirs, positive is owed."""
    return account_balance(work, receivable(subscriber_id), at=at)


def account_balance(work: Work, code: str, *, at: datetime | None = None) -> Money:
    """What stands on one account, debit positive."""
    cents = work.scalar(
        "SELECT coalesce(sum(amount_cents), 0) FROM postings JOIN journal_entries e ON e.id = entry_id "
        "WHERE account_id = (SELECT id FROM accounts WHERE code = :code) "
        "AND (CAST(:at AS timestamptz) IS NULL OR e.at <= :at)",
        code=code,
        at=at,
    )
    return Money(int(cents))


def trial_balance(work: Work) -> Money:
    """The sum of all postings: zero, always."""
    return Money(int(work.scalar("SELECT coalesce(sum(amount_cents), 0) FROM postings")))
