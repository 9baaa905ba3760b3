"""Monthly recurring revenue of home lines, and what moved it: who came, came back, took more, took less, left."""

from dataclasses import dataclass

from sqlalchemy import text

from core.base.database import Work
from core.base.dated import dated
from core.base.money import Money
from core.billing.reports.period import Period

# A line is worth the net of the newest invoice of a whole term on the plan that it was on, brought to a month; without
# one (just changed, or postpaid and not billed yet) the price of that plan.
_MRR = text(
    """
    WITH edge (n, at) AS (VALUES (0, CAST(:begins AS timestamptz)), (1, CAST(:ends AS timestamptz))),
    standing AS (
        SELECT DISTINCT ON (e.n, m.subscription_id) e.n, e.at, m.subscription_id, m.to_state
        FROM edge e JOIN subscription_moves m ON m.at < e.at
        ORDER BY e.n, m.subscription_id, m.at DESC, m.id DESC
    ), changed AS (
        SELECT DISTINCT ON (e.n, c.subscription_id) e.n, c.subscription_id,
            CASE WHEN c.at < e.at THEN c.to_plan_id ELSE c.from_plan_id END AS plan_id
        FROM edge e JOIN plan_changes c ON c.kind IN ('now', 'begun')
        ORDER BY e.n, c.subscription_id, c.at < e.at DESC, CASE WHEN c.at < e.at THEN c.id END DESC, c.id
    ), line AS (
        SELECT t.n, t.at, s.id, s.subscriber_id, s.anchor_day, p.id AS plan_id, p.term_unit, p.term_count,
            p.fixed_anchor
        FROM standing t JOIN subscriptions s ON s.id = t.subscription_id
        LEFT JOIN changed c ON c.n = t.n AND c.subscription_id = s.id
        JOIN plans p ON p.id = coalesce(c.plan_id, s.plan_id)
        WHERE t.to_state IN ('active', 'grace') AND p.kind = 'pppoe' AND p.role = 'access' AND p.term_unit <> 'seconds'
    ), newest AS (
        SELECT DISTINCT ON (line.n, line.id) line.n, line.id, coalesce(l.net_cents, i.net_cents) AS net,
            coalesce(b.term_unit, line.term_unit) AS unit, coalesce(b.term_count, line.term_count) AS count,
            line.term_unit = 'months' AND line.fixed_anchor IS NOT NULL AS is_part,
            i.period_to - i.period_from + 1 AS days, i.period_to
                - period_before(i.period_to, line.term_unit, line.term_count, NULL, line.fixed_anchor) AS of_days
        FROM line JOIN invoices i ON i.subscription_id = line.id AND i.issued_at < line.at
        JOIN invoice_lines l ON l.invoice_id = i.id AND l.plan_id = line.plan_id
        LEFT JOIN purchases b ON b.id = i.purchase_id AND i.kind = 'sale'
        WHERE (i.kind = 'bill' OR b.purpose = 'term') AND (line.fixed_anchor IS NULL OR i.period_from IS NOT NULL)
          AND coalesce(i.period_from, nairobi_day(i.issued_at)) <= last_day(line.at)
        ORDER BY line.n, line.id, coalesce(i.period_from, nairobi_day(i.issued_at)) DESC, i.id DESC, l.id
    ), priced AS (
        SELECT line.n, line.subscriber_id, coalesce(newest.unit, line.term_unit) AS unit,
            coalesce(newest.count, line.term_count) AS count,
            CASE WHEN newest.is_part THEN newest.net * newest.of_days / newest.days::numeric
                ELSE coalesce(newest.net, listed.cents - excise_inside(listed.cents, :excise_bp, :vat_bp)
                    - vat_inside(listed.cents, :vat_bp)) END AS net
        FROM line LEFT JOIN newest ON newest.n = line.n AND newest.id = line.id
        CROSS JOIN LATERAL (SELECT plan_price(line.plan_id, last_day(line.at)) AS cents) listed
    ), worth AS (
        SELECT n, subscriber_id, round(sum(CASE unit WHEN 'months' THEN net / count::numeric
            ELSE net * 365 / (12 * count)::numeric END))::bigint AS cents
        FROM priced GROUP BY n, subscriber_id
    ), moved AS (
        SELECT subscriber_id, coalesce(sum(cents) FILTER (WHERE n = 0), 0) AS was,
            coalesce(sum(cents) FILTER (WHERE n = 1), 0) AS became, bool_or(n = 0) AS was_on, bool_or(n = 1) AS is_on
        FROM worth GROUP BY subscriber_id
    ), named AS (
        SELECT *, CASE WHEN NOT is_on THEN 'churn' WHEN was_on AND became > was THEN 'upgrade'
            WHEN was_on AND became < was THEN 'downgrade' WHEN was_on THEN 'same' WHEN EXISTS (
                SELECT FROM subscription_moves m JOIN subscriptions s ON s.id = m.subscription_id
                JOIN plans p ON p.id = s.plan_id AND p.kind = 'pppoe'
                WHERE s.subscriber_id = moved.subscriber_id AND m.to_state = 'active' AND m.at < :begins
            ) THEN 'back' ELSE 'new' END AS how
        FROM moved
    )
    SELECT how, count(*) AS people, sum(was)::bigint AS was, sum(became)::bigint AS became FROM named GROUP BY how
    """
)


@dataclass(frozen=True, slots=True)
class Moved:
    """So many subscribers, and by how much they moved the recurring revenue (what was lost is negative)."""

    subscribers: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Recurring:
    """Recurring revenue a month, net of taxes. opening + new + back + upgrade + downgrade + churn = closing; of
    subscribers, opening + new + back - churn = closing."""

    opening: Moved
    new: Moved
    back: Moved
    upgrade: Moved
    downgrade: Moved
    churn: Moved
    closing: Moved


def recurring(work: Work, period: Period) -> Recurring:
    """MRR when the period begins and when it ends, and what moved it."""
    excise_bp, vat_bp = dated(work, "tax.excise_bp", "tax.vat_bp", at=period.ends)
    values = {**period.instants, "excise_bp": excise_bp, "vat_bp": vat_bp}
    found = {row.how: row for row in work.session.execute(_MRR, values)}

    def moved(how: str) -> Moved:
        row = found.get(how)
        return Moved(row.people, Money(row.became - row.was)) if row is not None else Moved(0, Money(0))

    rows = list(found.values())
    return Recurring(
        opening=Moved(
            sum(row.people for row in rows if row.how not in ("new", "back")),
            Money(sum(row.was for row in rows)),
        ),
        new=moved("new"),
        back=moved("back"),
        upgrade=moved("upgrade"),
        downgrade=moved("downgrade"),
        churn=moved("churn"),
        closing=Moved(
            sum(row.people for row in rows if row.how != "churn"), Money(sum(row.became for row in rows))
        ),
    )
