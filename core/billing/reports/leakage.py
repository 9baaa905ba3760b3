"""Service that brings nothing: days that no invoice covers, purchases never invoiced, debts given up, money given."""

from dataclasses import dataclass

from sqlalchemy import text

from core.base.database import Work
from core.base.dated import dated
from core.base.money import Money
from core.billing.reports.period import Period

# Days of grace are the only ones a line is on beyond its paid time. Who pays later has them counted (renewal goes on
# from the old date), unless the line was dark for so long that its time began afresh. A day that is not over yet has
# not leaked: `until` is now where the period has not ended. Money in advance for a postpaid line is no sale yet.
_LEAKAGE = text(
    """
    WITH span AS (
        SELECT m.subscription_id, m.to_state, m.at AS from_at, lead(m.at) OVER line AS to_at,
            lead(m.to_state) OVER line AS next_state, lead(m.at, 2) OVER line AS back_at,
            lead(m.to_state, 2) OVER line AS back_state
        FROM subscription_moves m WHERE m.at < :ends
        WINDOW line AS (PARTITION BY m.subscription_id ORDER BY m.at, m.id)
    ), unpaid AS (
        SELECT span.subscription_id, greatest(nairobi_day(span.from_at), CAST(:first AS date)) AS from_day,
            least(nairobi_day(coalesce(span.to_at, :until)) - 1, CAST(:last AS date)) AS to_day, s.plan_id
        FROM span JOIN subscriptions s ON s.id = span.subscription_id
        WHERE span.to_state = 'grace' AND span.next_state IS DISTINCT FROM 'active'
          AND coalesce(span.to_at, :ends) > :begins
          AND NOT (span.back_state IS NOT DISTINCT FROM 'awaiting_network'
            AND nairobi_day(span.back_at) - nairobi_day(span.to_at) + 1 <= :forgive_after)
          AND NOT EXISTS (
            SELECT FROM invoices i WHERE i.subscription_id = span.subscription_id AND i.kind IN ('bill', 'final')
              AND nairobi_day(span.from_at) BETWEEN i.period_from AND i.period_to AND i.issued_at < :ends
              AND i.total_cents > (SELECT coalesce(sum(c.total_cents), 0) FROM credit_notes c
                WHERE c.invoice_id = i.id AND c.issued_at < :ends)
        )
    ), days AS (
        SELECT count(DISTINCT u.subscription_id) AS lines, coalesce(sum(u.to_day - u.from_day + 1), 0) AS days,
            coalesce(sum(round((u.to_day - u.from_day + 1) * p.price_cents * CASE p.term_unit
                WHEN 'months' THEN 12 / (365 * p.term_count)::numeric ELSE 1 / p.term_count::numeric END)), 0) AS cents
        FROM unpaid u JOIN plans p ON p.id = u.plan_id WHERE u.to_day >= u.from_day AND p.term_unit <> 'seconds'
    ), sold AS (
        SELECT count(*) AS sales, coalesce(sum(o.price_cents), 0) AS cents FROM purchases o
            JOIN plans p ON p.id = o.plan_id LEFT JOIN subscriptions s ON s.id = o.subscription_id
            LEFT JOIN plans c ON c.id = s.plan_id
        WHERE o.state IN ('paid', 'served') AND o.paid_at >= :begins AND o.paid_at < :ends
          AND NOT EXISTS (SELECT FROM invoices i WHERE i.purchase_id = o.id)
          AND 'postpaid' NOT IN (p.billing, coalesce(c.billing, ''))
    ), given AS (
        SELECT coalesce(sum(p.amount_cents) FILTER (WHERE a.code = 'bad_debt'), 0) AS bad_debt,
            coalesce(sum(p.amount_cents) FILTER (WHERE a.code = 'discounts'), 0) AS goodwill
        FROM postings p JOIN journal_entries e ON e.id = p.entry_id JOIN accounts a ON a.id = p.account_id
        WHERE a.code IN ('bad_debt', 'discounts') AND e.at >= :begins AND e.at < :ends
    )
    SELECT days.lines, days.days::bigint AS days, days.cents::bigint AS day_cents, sold.sales,
        sold.cents::bigint AS sale_cents, given.bad_debt::bigint AS bad_debt, given.goodwill::bigint AS goodwill
    FROM days, sold, given
    """
)


@dataclass(frozen=True, slots=True)
class Leakage:
    """lines, days: home lines that were on beyond their paid time on days that no invoice covers and no later payment
    took in, and those days at the plan's price. sales: purchases paid and never invoiced. bad_debt: written off, less
    what came back. goodwill: money given. All with taxes inside."""

    lines: int
    days: int
    days_worth: Money
    sales: int
    sales_worth: Money
    bad_debt: Money
    goodwill: Money


def leakage(work: Work, period: Period) -> Leakage:
    """What was given in the period and brings nothing, as it stood when the period ended."""
    (forgive_after,) = dated(work, "home.fresh_start_after_dark_days", at=period.ends)
    values = {
        **period.instants,
        "until": min(period.ends, work.now),
        "first": period.first,
        "last": period.last,
        "forgive_after": forgive_after,
    }
    row = work.session.execute(_LEAKAGE, values).one()
    return Leakage(
        lines=row.lines,
        days=row.days,
        days_worth=Money(row.day_cents),
        sales=row.sales,
        sales_worth=Money(row.sale_cents),
        bad_debt=Money(row.bad_debt),
        goodwill=Money(row.goodwill),
    )
