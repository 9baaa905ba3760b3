"""Service that no bill covers. It should be none, always: staff can ask at any time.

A home line is covered up to its paid time, which only purchases, bills and gifts of staff move, and beyond it by the
bill of the period that follows. A day that is not over yet, and lines that cost nothing, do not count;
nor does money in advance for a line that is billed after its months.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from core.base.database import Work

NO_BILL, NO_INVOICE = "no_bill", "no_invoice"
"""A line that was on after its paid time; a purchase that was paid and never invoiced."""
MOST_ROWS = 1_000

_UNBILLED = text(
    """
    SELECT 'no_bill' AS why, s.id AS subscription_id, NULL AS purchase_id, last_day(s.paid_through) + 1 AS since
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    WHERE p.kind = 'pppoe' AND p.price_cents > 0 AND s.paid_through + interval '1 day' <= least(s.dark_since, :now)
      AND (s.state IN ('active', 'grace') OR s.state = 'suspended' AND s.dark_since IS NOT NULL)
      AND (p.billing = 'postpaid' AND s.state <> 'suspended' OR NOT EXISTS (
        SELECT FROM invoices i WHERE i.subscription_id = s.id AND i.kind IN ('bill', 'final')
          AND last_day(s.paid_through) + 1 BETWEEN i.period_from AND i.period_to
      ))
    UNION ALL
    SELECT 'no_invoice', o.subscription_id, o.id, nairobi_day(o.paid_at)
    FROM purchases o JOIN plans p ON p.id = o.plan_id LEFT JOIN subscriptions s ON s.id = o.subscription_id
        LEFT JOIN plans c ON c.id = s.plan_id
    WHERE o.state IN ('paid', 'served') AND NOT EXISTS (SELECT FROM invoices i WHERE i.purchase_id = o.id)
      AND 'postpaid' NOT IN (p.billing, coalesce(c.billing, ''))
    ORDER BY since, subscription_id, purchase_id LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class Unbilled:
    """since: the first day that nobody has billed. purchase_id: where it was bought."""

    why: str
    subscription_id: int | None
    purchase_id: int | None
    since: date


def unbilled(work: Work) -> list[Unbilled]:
    """Every line with service on a day that no invoice covers, the longest ago first; a thousand at most."""
    rows = work.session.execute(_UNBILLED, {"now": work.now, "most": MOST_ROWS})
    return [Unbilled(row.why, row.subscription_id, row.purchase_id, row.since) for row in rows]
