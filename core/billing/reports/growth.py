"""Churn, growth, and revenue for each subscriber served."""

from dataclasses import dataclass

from sqlalchemy import text

from core.base.database import Work
from core.base.money import Money
from core.billing.reports.mrr import recurring
from core.billing.reports.period import Period, each, share_bp

EVERYTHING = "all"
"""The row of all kinds together."""

# Served: access was on at some moment of the period. Revenue: what the revenue accounts took in, net of taxes.
_ARPU = text(
    """
    WITH span AS (
        SELECT m.subscription_id, m.to_state, m.at AS from_at,
            lead(m.at) OVER (PARTITION BY m.subscription_id ORDER BY m.at, m.id) AS to_at
        FROM subscription_moves m WHERE m.at < :ends
    ), served AS (
        SELECT coalesce(p.kind, 'all') AS kind, count(DISTINCT s.subscriber_id) AS people
        FROM span JOIN subscriptions s ON s.id = span.subscription_id JOIN plans p ON p.id = s.plan_id
        WHERE span.to_state IN ('active', 'grace') AND coalesce(span.to_at, :ends) > :begins
        GROUP BY GROUPING SETS ((p.kind), ())
    ), earned AS (
        SELECT coalesce(split_part(split_part(a.code, ':', 1), '.', 2), 'all') AS kind, -sum(p.amount_cents) AS cents
        FROM postings p JOIN journal_entries e ON e.id = p.entry_id JOIN accounts a ON a.id = p.account_id
        WHERE starts_with(a.code, 'revenue.') AND e.at >= :begins AND e.at < :ends
        GROUP BY GROUPING SETS ((split_part(split_part(a.code, ':', 1), '.', 2)), ())
    )
    SELECT kind, coalesce(served.people, 0) AS people, coalesce(earned.cents, 0)::bigint AS cents
    FROM served FULL JOIN earned USING (kind) ORDER BY kind = 'all', kind
    """
)
_REVENUE = text(
    """
    SELECT coalesce(-sum(p.amount_cents), 0)::bigint FROM postings p
    JOIN journal_entries e ON e.id = p.entry_id JOIN accounts a ON a.id = p.account_id
    WHERE starts_with(a.code, 'revenue.') AND e.at >= :begins AND e.at < :ends
    """
)


@dataclass(frozen=True, slots=True)
class PerSubscriber:
    """Net revenue of a kind of plan, on how many subscribers served it falls, and what that is for each."""

    kind: str
    revenue: Money
    subscribers: int
    arpu: Money


@dataclass(frozen=True, slots=True)
class Churn:
    """Home subscribers that were on when the period began and off when it ended, and their recurring revenue; as
    shares of the opening. lost_bp: none where nobody was there."""

    subscribers: int
    lost: int
    lost_bp: int | None
    recurring: Money
    lost_recurring: Money
    lost_recurring_bp: int | None
    back: int
    back_recurring: Money


@dataclass(frozen=True, slots=True)
class Growth:
    """Home subscribers and recurring revenue from the beginning to the end, and net revenue against the same number
    of days before. Shares of what was before: none where there was nothing."""

    subscribers_before: int
    subscribers: int
    subscribers_bp: int | None
    recurring_before: Money
    recurring: Money
    recurring_bp: int | None
    revenue_before: Money
    revenue: Money
    revenue_bp: int | None


def arpu(work: Work, period: Period) -> list[PerSubscriber]:
    """Net revenue for each subscriber served, by kind of plan, and of all together last."""
    return [
        PerSubscriber(row.kind, Money(row.cents), row.people, Money(each(row.cents, row.people)))
        for row in work.session.execute(_ARPU, period.instants)
    ]


def churn(work: Work, period: Period) -> Churn:
    """Who left, by count and by money."""
    moved = recurring(work, period)
    lost = -moved.churn.amount
    return Churn(
        subscribers=moved.opening.subscribers,
        lost=moved.churn.subscribers,
        lost_bp=share_bp(moved.churn.subscribers, moved.opening.subscribers),
        recurring=moved.opening.amount,
        lost_recurring=lost,
        lost_recurring_bp=share_bp(lost.minor, moved.opening.amount.minor),
        back=moved.back.subscribers,
        back_recurring=moved.back.amount,
    )


def growth(work: Work, period: Period) -> Growth:
    """By how much subscribers, recurring revenue and revenue grew."""
    moved = recurring(work, period)
    was, now = (revenue_in(work, one) for one in (period.before, period))
    return Growth(
        subscribers_before=moved.opening.subscribers,
        subscribers=moved.closing.subscribers,
        subscribers_bp=share_bp(
            moved.closing.subscribers - moved.opening.subscribers, moved.opening.subscribers
        ),
        recurring_before=moved.opening.amount,
        recurring=moved.closing.amount,
        recurring_bp=share_bp(
            (moved.closing.amount - moved.opening.amount).minor, moved.opening.amount.minor
        ),
        revenue_before=was,
        revenue=now,
        revenue_bp=share_bp((now - was).minor, was.minor),
    )


def revenue_in(work: Work, period: Period) -> Money:
    """What the revenue accounts took in, net of taxes and of credit notes."""
    return Money(int(work.session.execute(_REVENUE, period.instants).scalar_one()))
