"""Access on routers that no paid time stands behind."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from core.base.database import Work

MOST_ROWS = 1_000

# A router holds what it was last brought to: one that is behind may still let in whom it should not.
_UNPAID = text(
    """
    SELECT a.subscription_id, r.name AS router, s.state, coalesce(s.dark_since, s.paid_through) AS since,
        CASE WHEN a.desired = 'present' THEN 'wanted' ELSE 'behind' END AS why
    FROM access_accounts a JOIN subscriptions s ON s.id = a.subscription_id
    JOIN router_accounts h ON h.account_id = a.id AND h.acknowledged_at IS NOT NULL
    JOIN routers r ON r.id = h.router_id
    WHERE s.state IN ('suspended', 'paused', 'ended')
      AND (a.desired = 'present' OR (h.applied_revision < a.revision AND h.applied_revision > 0))
    ORDER BY since NULLS FIRST, a.subscription_id, r.name LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class UnpaidAccess:
    """A router that may hold access for a line that is off. why: wanted (we never told it to take it away) or behind
    (it has not followed yet, it is away). since: when the line went off."""

    subscription_id: int
    router: str
    state: str
    since: datetime | None
    why: str


def unpaid_access(work: Work) -> list[UnpaidAccess]:
    """Access that routers may hold now for lines that are off, the longest ago first; a thousand at most."""
    return [
        UnpaidAccess(row.subscription_id, row.router, row.state, row.since, row.why)
        for row in work.session.execute(_UNPAID, {"most": MOST_ROWS})
    ]
