"""What must hold of the money of a house at any moment, asked of the tables themselves. Each statement names what is
wrong: it must find nothing."""

from sqlalchemy import text

from core.base.database import Work

# What the documents say that somebody owes: invoices less credit notes, less the money that came and stayed, with the
# corrections. A payment counts for the account to which it came first; where it was moved, its transfer says so.
_BY_DOCUMENTS = """
    SELECT s.id,
        (SELECT coalesce(sum(p.amount_cents), 0) FROM postings p JOIN accounts a ON a.id = p.account_id
         WHERE a.subscriber_id = s.id) AS posted,
        (SELECT coalesce(sum(total_cents), 0) FROM invoices WHERE subscriber_id = s.id)
        - (SELECT coalesce(sum(total_cents), 0) FROM credit_notes WHERE subscriber_id = s.id)
        + (SELECT coalesce(sum(cents), 0) FROM corrections WHERE subscriber_id = s.id
           AND (kind IN ('write_off', 'recovery', 'refund', 'goodwill') OR kind = 'reversal' AND receipt_id IS NULL
                OR kind = 'transfer' AND receipt_id NOT IN (SELECT id FROM receipts WHERE reversed_at IS NOT NULL)))
        - (SELECT coalesce(sum(amount_cents), 0) FROM receipts r WHERE reversed_at IS NULL AND s.id = coalesce((
            SELECT subscriber_id FROM corrections WHERE receipt_id = r.id AND kind = 'transfer' AND cents > 0
            ORDER BY id LIMIT 1), r.subscriber_id))
        - (SELECT coalesce(sum(deposit_cents), 0) FROM line_endings e JOIN subscriptions l ON l.id = e.subscription_id
           WHERE coalesce(l.payer_id, l.subscriber_id) = s.id) AS documented
    FROM subscribers s
"""
_OWN = """
    (SELECT coalesce(sum(open_cents), 0) FROM invoices WHERE subscriber_id = holder AND open_cents > 0)
    - (SELECT coalesce(sum(p.amount_cents), 0) FROM postings p JOIN accounts a ON a.id = p.account_id
       WHERE a.subscriber_id = holder)
"""

NOTHING_WRONG = {
    "an entry that does not sum to zero": "SELECT entry_id FROM postings GROUP BY 1 HAVING sum(amount_cents) <> 0",
    "a balance that the documents do not explain": f"SELECT * FROM ({_BY_DOCUMENTS}) one WHERE posted <> documented",
    "lines that are not their invoice": """
        SELECT i.id FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id GROUP BY i.id
        HAVING sum(l.total_cents) <> i.total_cents OR sum(l.net_cents) <> i.net_cents
            OR sum(l.excise_cents) <> i.excise_cents OR sum(l.vat_cents) <> i.vat_cents""",
    "an invoice without lines": "SELECT id FROM invoices EXCEPT SELECT invoice_id FROM invoice_lines",
    "an invoice that is not its postings": """
        SELECT i.id FROM invoices i LEFT JOIN postings p ON p.entry_id = i.entry_id
        LEFT JOIN accounts a ON a.id = p.account_id AND a.subscriber_id = i.subscriber_id GROUP BY i.id
        HAVING coalesce(sum(p.amount_cents) FILTER (WHERE a.id IS NOT NULL), 0) <> i.total_cents
            OR coalesce(-sum(p.amount_cents) FILTER (WHERE a.id IS NULL), 0) <> i.total_cents""",
    "credit notes that are not what was credited": """
        SELECT i.id FROM invoices i LEFT JOIN credit_notes c ON c.invoice_id = i.id GROUP BY i.id
        HAVING coalesce(sum(c.total_cents), 0) <> i.credited_cents""",
    "a gap in a series": """
        SELECT n.series FROM (SELECT series, number FROM invoices UNION ALL SELECT series, number FROM credit_notes) n
        JOIN invoice_series s ON s.series = n.series GROUP BY n.series, s.last_number
        HAVING min(number) <> 1 OR max(number) <> count(*) OR count(DISTINCT number) <> count(*)
            OR s.last_number <> count(*)""",
    "an invoice paid twice": """
        SELECT i.id FROM invoices i JOIN allocations a ON a.invoice_id = i.id GROUP BY i.id
        HAVING sum(a.cents) > i.total_cents - i.open_cents""",
    "a purchase billed twice, or never": """
        SELECT o.id FROM purchases o JOIN plans p ON p.id = o.plan_id LEFT JOIN invoices i ON i.purchase_id = o.id
        WHERE o.state IN ('paid', 'served') GROUP BY o.id, p.id
        HAVING count(i.id) <> CASE p.billing WHEN 'prepaid' THEN 1 ELSE count(i.id) END OR count(i.id) > 1""",
    "a purchase served twice": """
        SELECT payload->>'purchase_id' FROM outbox WHERE event = 'PaidTimeStarted' GROUP BY 1 HAVING count(*) > 1""",
    # Where a period was taken back, what was paid for later ones covers earlier days than stand on its paper.
    "two bills for one day": """
        SELECT a.id, b.id FROM invoices a JOIN invoices b ON b.subscription_id = a.subscription_id AND b.id > a.id
            AND b.period_from <= a.period_to AND a.period_from <= b.period_to
        WHERE a.kind IN ('bill', 'sale', 'final') AND b.kind IN ('bill', 'sale', 'final')
          AND a.credited_cents < a.total_cents AND b.credited_cents < b.total_cents
          AND (a.period_from = b.period_from OR a.credited_cents = 0 AND b.credited_cents = 0)
          AND NOT EXISTS (SELECT FROM invoices c WHERE c.subscription_id = a.subscription_id AND c.id < a.id
            AND c.credited_cents > 0)""",
    "a state that its moves do not end in": """
        SELECT s.id FROM subscriptions s LEFT JOIN LATERAL (
            SELECT to_state FROM subscription_moves WHERE subscription_id = s.id ORDER BY id DESC LIMIT 1
        ) m ON true WHERE m.to_state IS DISTINCT FROM s.state""",
    "moves that do not follow each other": """
        SELECT id FROM (SELECT id, from_state, lag(to_state) OVER (PARTITION BY subscription_id ORDER BY id) AS before
            FROM subscription_moves) m WHERE from_state IS DISTINCT FROM before""",
    "money that is spent and was not there": f"""
        SELECT holder FROM (SELECT id AS holder FROM subscribers) s WHERE {_OWN} < 0 AND NOT EXISTS (
            SELECT FROM receipts r WHERE r.reversed_at IS NOT NULL AND (r.subscriber_id = holder OR EXISTS (
                SELECT FROM corrections c WHERE c.receipt_id = r.id AND c.subscriber_id = holder)))""",
}
# Own money suffices where it covers what the line's next period costs: its bill, or the price of the plan. After a cut
# a month with a common payday costs its days, which two whole months are never less than.
OFF_THOUGH_PAID = text(
    f"""
    WITH line AS (
        SELECT s.id, s.state, s.paid_through, s.renews, p.billing, coalesce(s.payer_id, s.subscriber_id) AS holder,
            CASE WHEN next.fixed_anchor IS NOT NULL THEN 2 * next.price_cents ELSE
            coalesce((SELECT open_cents FROM invoices i WHERE i.subscription_id = s.id AND i.open_cents > 0
                AND i.kind = 'bill' AND i.purchase_id IS NULL ORDER BY due_at NULLS FIRST, id LIMIT 1),
                next.price_cents) END AS price
        FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        JOIN plans next ON next.id = coalesce(s.next_plan_id, s.plan_id)
        WHERE p.kind = 'pppoe' AND (s.state = 'suspended' OR s.slowed_at IS NOT NULL)
    )
    SELECT id FROM line
    WHERE billing = 'prepaid' AND (paid_through > :now OR renews AND {_OWN} >= price)
       OR billing = 'postpaid' AND NOT EXISTS (SELECT FROM invoices i WHERE i.subscription_id = line.id
            AND i.kind = 'bill' AND i.open_cents > 0 AND i.purchase_id IS NULL AND i.due_at <= :now)
    """
)


def wrongs(work: Work) -> dict[str, list[tuple[object, ...]]]:
    """What is wrong with the books, by name; nothing, always."""
    found = {name: list(map(tuple, work.session.execute(text(sql)))) for name, sql in NOTHING_WRONG.items()}
    return {name: rows for name, rows in found.items() if rows}


def off_though_paid(work: Work) -> list[int]:
    """The lines that are off or slow for want of money though the ledger says that it is there."""
    return list(work.session.scalars(OFF_THOUGH_PAID, {"now": work.now}))
