"""Revenue by site, kind and plan, and the taxes of a period."""

from dataclasses import dataclass

from sqlalchemy import text

from core.base.database import Work
from core.base.money import Money
from core.billing.reports.period import Period

# Of the plan that the invoice names, where it names one.
_REVENUE = text(
    """
    WITH earned AS (
        SELECT p.entry_id, a.code, p.amount_cents FROM postings p
        JOIN journal_entries e ON e.id = p.entry_id JOIN accounts a ON a.id = p.account_id
        WHERE starts_with(a.code, 'revenue.') AND e.at >= :begins AND e.at < :ends
    ), document AS (
        SELECT i.entry_id, i.id AS invoice_id FROM invoices i WHERE i.entry_id IN (SELECT entry_id FROM earned)
        UNION ALL
        SELECT c.entry_id, c.invoice_id FROM credit_notes c WHERE c.entry_id IN (SELECT entry_id FROM earned)
    ), planned AS (
        SELECT d.entry_id, CASE WHEN count(DISTINCT l.plan_id) = 1 THEN min(l.plan_id) END AS plan_id
        FROM document d JOIN invoice_lines l ON l.invoice_id = d.invoice_id GROUP BY d.entry_id
    )
    SELECT coalesce(sites.name, '') AS site, split_part(split_part(earned.code, ':', 1), '.', 2) AS kind,
        coalesce(plans.name, '') AS plan,
        coalesce(-sum(amount_cents) FILTER (WHERE amount_cents < 0), 0)::bigint AS charged,
        coalesce(sum(amount_cents) FILTER (WHERE amount_cents > 0), 0)::bigint AS taken_back
    FROM earned LEFT JOIN planned ON planned.entry_id = earned.entry_id
    LEFT JOIN plans ON plans.id = planned.plan_id
    LEFT JOIN sites ON sites.id::text = split_part(earned.code, ':', 2)
    GROUP BY sites.id, sites.name, 2, plans.id, plans.name ORDER BY sites.name NULLS LAST, 2, plans.id
    """
)
_TAX = text(
    """
    WITH document AS (
        SELECT excise_bp, vat_bp, 1 AS sign, net_cents, excise_cents, vat_cents FROM invoices
        WHERE issued_at >= :begins AND issued_at < :ends
        UNION ALL
        SELECT i.excise_bp, i.vat_bp, -1, c.net_cents, c.excise_cents, c.vat_cents
        FROM credit_notes c JOIN invoices i ON i.id = c.invoice_id WHERE c.issued_at >= :begins AND c.issued_at < :ends
    )
    SELECT excise_bp, vat_bp, count(*) FILTER (WHERE sign > 0) AS invoices,
        count(*) FILTER (WHERE sign < 0) AS credit_notes, sum(sign * net_cents)::bigint AS net,
        sum(sign * excise_cents)::bigint AS excise, sum(sign * vat_cents)::bigint AS vat
    FROM document GROUP BY excise_bp, vat_bp ORDER BY excise_bp, vat_bp
    """
)


@dataclass(frozen=True, slots=True)
class Earned:
    """Net revenue of a kind of plan at a site. site: empty for what holds at all of them (vouchers). plan: empty where
    an invoice names several, or none. taken_back: by credit notes."""

    site: str
    kind: str
    plan: str
    charged: Money
    taken_back: Money
    net: Money


@dataclass(frozen=True, slots=True)
class Taxed:
    """What the documents of the period charged at a pair of rates, less what credit notes took back."""

    excise_bp: int
    vat_bp: int
    invoices: int
    credit_notes: int
    net: Money
    excise: Money
    vat: Money
    total: Money


def revenue_by_site(work: Work, period: Period) -> list[Earned]:
    """What the revenue accounts took in, by site, kind and plan."""
    return [
        Earned(
            row.site,
            row.kind,
            row.plan,
            Money(row.charged),
            Money(row.taken_back),
            Money(row.charged - row.taken_back),
        )
        for row in work.session.execute(_REVENUE, period.instants)
    ]


def taxes(work: Work, period: Period) -> list[Taxed]:
    """Excise and VAT of the period, by the rates at which they were charged: a credit note counts in the period in
    which it is issued, at the rates of its invoice."""
    return [
        Taxed(
            row.excise_bp,
            row.vat_bp,
            row.invoices,
            row.credit_notes,
            Money(row.net),
            Money(row.excise),
            Money(row.vat),
            Money(row.net + row.excise + row.vat),
        )
        for row in work.session.execute(_TAX, period.instants)
    ]
