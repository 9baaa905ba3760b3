"""What was to be paid: how much of it was, and how old the rest is. Both as it stood when the period ended."""

from dataclasses import dataclass

from sqlalchemy import text

from core.base.database import Work
from core.base.money import Money
from core.billing.reports.period import Period, share_bp

# What is open is kept for now alone. For an instant it is what was to be paid, less what had been set against it,
# written off, or credited by then. `fell`: how much credit notes took off the open part (the rest of them became the
# account's own money). A sale that was paid when it was issued was never open, unless its payment was taken back.
OPEN_AT = """
    SELECT i.id, i.subscriber_id, i.total_cents, coalesce(last_day(i.due_at), nairobi_day(i.issued_at)) AS due_day,
        coalesce(c.upto, 0) AS credited, coalesce(w.upto, 0) AS written_off,
        CASE WHEN was.open THEN i.total_cents ELSE 0 END - coalesce(a.upto, 0) - coalesce(w.upto, 0)
            - least(was.fell, coalesce(c.upto, 0)) AS open_cents
    FROM invoices i
    LEFT JOIN (
        SELECT invoice_id, sum(cents) AS whole, coalesce(sum(cents) FILTER (WHERE at < :ends), 0) AS upto
        FROM allocations GROUP BY invoice_id
    ) a ON a.invoice_id = i.id
    LEFT JOIN (
        SELECT invoice_id, -sum(cents) AS whole, coalesce(-sum(cents) FILTER (WHERE at < :ends), 0) AS upto
        FROM corrections WHERE invoice_id IS NOT NULL AND kind IN ('write_off', 'recovery') GROUP BY invoice_id
    ) w ON w.invoice_id = i.id
    LEFT JOIN (
        SELECT invoice_id, coalesce(sum(total_cents) FILTER (WHERE issued_at < :ends), 0) AS upto
        FROM credit_notes GROUP BY invoice_id
    ) c ON c.invoice_id = i.id
    CROSS JOIN LATERAL (
        SELECT i.total_cents - i.open_cents - coalesce(a.whole, 0) - coalesce(w.whole, 0) AS cents
    ) credit
    CROSS JOIN LATERAL (
        SELECT i.kind IN ('bill', 'final') OR credit.cents < i.total_cents AS open,
            CASE WHEN i.kind IN ('bill', 'final') OR credit.cents < i.total_cents THEN credit.cents
                ELSE credit.cents - i.total_cents END AS fell
    ) was
    WHERE i.issued_at < :ends
"""
_COLLECTION = text(
    f"""
    WITH standing AS ({OPEN_AT})
    SELECT count(*) AS invoices, coalesce(sum(total_cents - credited), 0)::bigint AS charged,
        coalesce(sum(open_cents), 0)::bigint AS open, coalesce(sum(written_off), 0)::bigint AS written_off
    FROM standing WHERE due_day BETWEEN :first AND :last
    """  # noqa: S608
)
_AGEING = text(
    f"""
    WITH standing AS ({OPEN_AT})
    SELECT CASE WHEN late.days <= 0 THEN 0 WHEN late.days <= 7 THEN 1 WHEN late.days <= 30 THEN 2
            WHEN late.days <= 60 THEN 3 ELSE 4 END AS place,
        count(*) AS invoices, count(DISTINCT subscriber_id) AS subscribers, sum(open_cents)::bigint AS cents
    FROM standing CROSS JOIN LATERAL (SELECT CAST(:last AS date) - due_day AS days) late
    WHERE open_cents <> 0 GROUP BY 1 ORDER BY 1
    """  # noqa: S608
)
_RECEIVABLE = text(
    """
    SELECT coalesce(sum(p.amount_cents), 0)::bigint FROM postings p
    JOIN journal_entries e ON e.id = p.entry_id JOIN accounts a ON a.id = p.account_id
    WHERE a.subscriber_id IS NOT NULL AND e.at < :ends
    """
)
AGES = ("not overdue", "1-7 days", "8-30 days", "31-60 days", "61 days and more")


@dataclass(frozen=True, slots=True)
class Collected:
    """Of the invoices that were to be paid within the period: what they charged after credit notes, what of it was
    paid, written off, or still open when the period ended. rate_bp: paid of charged."""

    invoices: int
    charged: Money
    paid: Money
    written_off: Money
    open: Money
    rate_bp: int | None


@dataclass(frozen=True, slots=True)
class Aged:
    """Invoices of an age that were open when the period ended."""

    overdue: str
    invoices: int
    subscribers: int
    open: Money


@dataclass(frozen=True, slots=True)
class Ageing:
    """All that was open, by age; and what stood on accounts beyond it. receivable: the balance of all accounts of
    subscribers, which is what is open less their own money."""

    ages: list[Aged]
    open: Money
    own_money: Money
    receivable: Money


def collection_rate(work: Work, period: Period) -> Collected:
    """How much was paid of what was to be paid within the period."""
    row = work.session.execute(_COLLECTION, _values(period)).one()
    paid = row.charged - row.open - row.written_off
    return Collected(
        invoices=row.invoices,
        charged=Money(row.charged),
        paid=Money(paid),
        written_off=Money(row.written_off),
        open=Money(row.open),
        rate_bp=share_bp(paid, row.charged),
    )


def ageing(work: Work, period: Period) -> Ageing:
    """What was open when the period ended, by days since it was to be paid. Where the period begins does not matter."""
    found = {row.place: row for row in work.session.execute(_AGEING, _values(period))}
    ages = [
        Aged(name, found[place].invoices, found[place].subscribers, Money(found[place].cents))
        if place in found
        else Aged(name, 0, 0, Money(0))
        for place, name in enumerate(AGES)
    ]
    owed = Money.total(age.open for age in ages)
    receivable = Money(int(work.session.execute(_RECEIVABLE, {"ends": period.ends}).scalar_one()))
    return Ageing(ages, open=owed, own_money=owed - receivable, receivable=receivable)


def _values(period: Period) -> dict[str, object]:
    return {"first": period.first, "last": period.last, "ends": period.ends}
