"""Which lines are due, what they are billed, and the one statement that bills a chunk of them.

The calendar, proration and tax are functions of the database (migration 0012). They are asked once for each plan, last
day and anchor of a chunk, not once a line.
"""

from core.billing.model import ACTIVE, GRACE

PLANS_OF_LINE = """
    subscriptions s
    JOIN plans c ON c.id = s.plan_id AND c.kind = 'pppoe'
    JOIN plans p ON p.id = CASE WHEN c.billing = 'prepaid' THEN coalesce(s.next_plan_id, s.plan_id) ELSE s.plan_id END
"""
"""c: the plan that the line has; p: the plan of the period to be billed."""

# Asked of one line at a time, over the line's own index: a list of all open bills, made anew for each chunk, would make
# a run slower the more it has billed. So would the index of purchases, in which all bills that nobody has paid stand
# together: coalesce keeps the planner from it, who knows little of rows that are minutes old.
HAS_OPEN_BILL = """
    (SELECT i.id FROM invoices i WHERE i.subscription_id = s.id AND i.open_cents > 0 AND i.kind = 'bill'
     AND coalesce(i.purchase_id, 0) = 0 LIMIT 1) IS NOT NULL
"""
IS_BILLED = """
    (SELECT i.id FROM invoices i WHERE i.subscription_id = s.id AND i.kind = 'bill' AND i.credited_cents < i.total_cents
     AND i.period_from = last_day(s.paid_through) + 1 LIMIT 1) IS NOT NULL
"""
IN_TIME = """
    s.paid_through <= CASE c.billing WHEN 'prepaid' THEN %(prepaid_until)s WHEN 'postpaid' THEN %(now)s END
"""
"""A prepaid period is billed some days before it begins, a postpaid one when it is over."""
IS_DUE = f"""
    s.state IN ('{ACTIVE}', '{GRACE}') AND s.paid_through <= %(prepaid_until)s AND {IN_TIME}
    AND s.ended_at IS NULL AND p.term_unit <> 'seconds' AND p.billing = c.billing AND p.price_cents > 0
    AND (c.billing = 'postpaid' OR NOT ({HAS_OPEN_BILL}) AND NOT ({IS_BILLED}))
"""

# The last day of the period that is over, without the days that a line with a common payday was given beyond it: those
# cost nothing, and lie in the month that follows.
ENDED_ON = """
    CASE WHEN p.billing = 'postpaid' AND p.term_unit = 'months' AND p.fixed_anchor IS NOT NULL
    THEN add_months(next_anchor_day({last}, p.fixed_anchor), -1, p.fixed_anchor) ELSE {last} END
"""

# A postpaid period begins after the last one that was billed, and after the day of joining, which is a gift. A bill
# that was raised before its period and lowered was for some of its days.
DUE = f"""
    SELECT s.id, s.subscriber_id, coalesce(s.payer_id, s.subscriber_id) AS holder_id, coalesce(s.site_id, 0) AS site_id,
        s.renews, s.paid_through, h.tax_pin, s.plan_id AS old_plan_id,
        coalesce(s.next_plan_id, s.plan_id) AS next_plan_id,
        p.id AS plan_id, c.billing, a.id AS receivable_id,
        coalesce(s.anchor_day, 0) AS anchor_day, last_day(s.paid_through) AS last_day,
        CASE WHEN c.billing = 'prepaid' THEN last_day(s.paid_through) ELSE greatest(
            period_before({ENDED_ON.format(last="last_day(s.paid_through)")}, p.term_unit, p.term_count, s.anchor_day,
                p.fixed_anchor),
            nairobi_day(s.starts_at),
            (SELECT i.period_to FROM invoices i WHERE i.subscription_id = s.id AND i.kind = 'bill'
             AND i.credited_cents < i.total_cents
             AND (i.credited_cents = 0 OR i.period_to < nairobi_day(i.issued_at))
             ORDER BY i.period_from DESC LIMIT 1)) END AS after_day
    FROM {PLANS_OF_LINE} JOIN subscribers h ON h.id = coalesce(s.payer_id, s.subscriber_id)
    JOIN accounts a ON a.subscriber_id = h.id
    WHERE {IS_DUE}
"""  # noqa: S608

# onward: the end of the period after it, until when a postpaid line is on without being asked.
TERMS = f"""
    SELECT d.plan_id, d.site_id, d.next_plan_id, d.anchor_day, d.last_day, d.after_day, p.currency, d.billing,
        priced.final_day, priced.cents, excise_inside(priced.cents, %(excise_bp)s, %(vat_bp)s) AS excise,
        CASE WHEN d.billing = 'postpaid' AND n.billing = 'postpaid' AND n.term_unit <> 'seconds' THEN
            period_end(d.last_day, n.term_unit, n.term_count, nullif(d.anchor_day, 0), n.fixed_anchor) END AS onward,
        vat_inside(priced.cents, %(vat_bp)s) AS vat,
        (SELECT id FROM accounts WHERE code = 'revenue.' || p.kind || ':' || d.site_id) AS revenue_id,
        (SELECT id FROM accounts WHERE code = 'tax.excise') AS excise_id,
        (SELECT id FROM accounts WHERE code = 'tax.vat') AS vat_id
    FROM (SELECT DISTINCT plan_id, site_id, next_plan_id, billing, anchor_day, last_day, after_day FROM due) d
    JOIN plans p ON p.id = d.plan_id
    JOIN plans n ON n.id = d.next_plan_id
    CROSS JOIN LATERAL (
        SELECT final_day, price_of_period(plan_price(p.id, d.after_day + 1), d.after_day,
            CASE WHEN ended_on > d.after_day THEN ended_on ELSE final_day END, p.term_unit, p.term_count,
            p.fixed_anchor) AS cents
        FROM (SELECT CASE WHEN d.billing = 'postpaid' THEN d.last_day ELSE period_end(d.last_day, p.term_unit,
            p.term_count, nullif(d.anchor_day, 0), p.fixed_anchor) END AS final_day) AS ends,
            LATERAL (SELECT {ENDED_ON.format(last="final_day")} AS ended_on) AS charged
    ) AS priced
"""  # noqa: S608
TERM_OF_LINE = """
    t.plan_id = d.plan_id AND t.site_id = d.site_id AND t.next_plan_id = d.next_plan_id AND t.anchor_day = d.anchor_day
    AND t.last_day = d.last_day AND t.after_day = d.after_day
"""

IS_BILL = "t.cents > 0 AND t.final_day > d.after_day"

# A last period before a line pays in advance is a debt like any other: paying it buys no further one.
# The series is taken by the statement that uses its numbers up, and held until the commit: whoever rolls back gives
# the whole block back. Rows that somebody holds are left for the next round, so that nobody is waited for who may be
# waiting for us.
BILL_CHUNK = f"""
    WITH due AS MATERIALIZED (
        {DUE} AND s.id > %(after)s AND s.id <= %(upto)s ORDER BY s.id FOR NO KEY UPDATE OF s, h SKIP LOCKED
    ), terms AS MATERIALIZED ({TERMS}
    ), bill AS MATERIALIZED (
        SELECT d.*, t.currency, t.revenue_id, t.excise_id, t.vat_id, t.final_day,
            t.cents, t.excise, t.vat, t.cents - t.excise - t.vat AS net,
            t.onward, row_number() OVER (ORDER BY d.id) AS place,
            nextval('journal_entries_id_seq') AS entry_id, nextval('invoices_id_seq') AS invoice_id
        FROM due d JOIN terms t ON {TERM_OF_LINE} WHERE {IS_BILL}
    ), sums AS MATERIALIZED (
        SELECT count(*) AS bills, coalesce(sum(cents), 0) AS cents FROM bill
    ), taken AS (
        INSERT INTO invoice_series (series, last_number) SELECT %(series)s, bills FROM sums WHERE bills > 0
        ON CONFLICT (series) DO UPDATE SET last_number = invoice_series.last_number + excluded.last_number
        RETURNING last_number
    ), entry AS (
        INSERT INTO journal_entries (id, at, kind, source)
        SELECT entry_id, %(now)s, 'invoice', 'invoice:' || invoice_id FROM bill
    ), posted AS (
        INSERT INTO postings (entry_id, account_id, amount_cents, currency)
        SELECT entry_id, receivable_id, cents, currency FROM bill
        UNION ALL SELECT entry_id, revenue_id, -net, currency FROM bill WHERE net <> 0
        UNION ALL SELECT entry_id, excise_id, -excise, currency FROM bill WHERE excise <> 0
        UNION ALL SELECT entry_id, vat_id, -vat, currency FROM bill WHERE vat <> 0
    ), invoice AS (
        INSERT INTO invoices (id, series, number, subscriber_id, issued_at, net_cents, excise_cents, vat_cents,
            total_cents, currency, excise_bp, vat_bp, entry_id, kind, subscription_id, period_from, period_to, due_at,
            open_cents, buyer_pin)
        SELECT b.invoice_id, %(series)s, taken.last_number - sums.bills + b.place, b.holder_id, %(now)s, b.net,
            b.excise, b.vat, b.cents, b.currency, %(excise_bp)s, %(vat_bp)s, b.entry_id,
            CASE WHEN b.billing = 'postpaid' AND b.onward IS NULL THEN 'final' ELSE 'bill' END, b.id, b.after_day + 1,
            b.final_day, CASE b.billing WHEN 'prepaid' THEN b.paid_through ELSE %(postpaid_due_at)s END, b.cents,
            b.tax_pin
        FROM bill b, taken, sums
    ), line AS (
        INSERT INTO invoice_lines (invoice_id, plan_id, description, total_cents, net_cents, excise_cents, vat_cents)
        SELECT b.invoice_id, b.plan_id, named.description, b.cents, b.net, b.excise, b.vat
        FROM bill b LEFT JOIN unnest(CAST(%(plans)s AS bigint[]), CAST(%(descriptions)s AS text[]))
            AS named (plan_id, description) ON named.plan_id = b.plan_id
    ), covered AS MATERIALIZED (
        SELECT b.id, b.invoice_id, b.billing FROM bill b
        WHERE b.renews AND CASE b.billing WHEN 'prepaid' THEN b.cents ELSE 1 END <= (
            SELECT coalesce(sum(i.open_cents), 0) FROM invoices i
            WHERE i.subscriber_id = b.holder_id AND i.open_cents > 0
        ) - (SELECT coalesce(sum(amount_cents), 0) FROM postings WHERE account_id = b.receivable_id)
    ), carried AS (
        UPDATE subscriptions s SET paid_through = CASE WHEN b.onward IS NULL THEN s.paid_through
            ELSE through(b.onward) END, plan_id = b.next_plan_id, next_plan_id = NULL
        FROM bill b WHERE s.id = b.id AND b.billing = 'postpaid'
        RETURNING s.id, b.next_plan_id <> b.old_plan_id AS changed
    ), event AS (
        SELECT 'InvoiceIssued' AS name, jsonb_build_object('invoice_id', invoice_id) AS payload FROM bill
        UNION ALL
        SELECT 'BillCovered', jsonb_build_object('subscription_id', id) FROM covered WHERE billing = 'prepaid'
        UNION ALL
        SELECT 'PostpaidBilled', jsonb_build_object('invoice_id', invoice_id) FROM covered WHERE billing = 'postpaid'
        UNION ALL SELECT 'AccessChanged', jsonb_build_object('subscription_id', id) FROM carried WHERE changed
    ), said AS (
        INSERT INTO outbox (event, payload, request_id, recorded_at)
        SELECT name, payload, %(request_id)s, %(now)s FROM event RETURNING id, event
    ), delivered AS (
        INSERT INTO deliveries (outbox_id, listener, queue, available_at)
        SELECT said.id, route.listener, route.queue, %(now)s
        FROM said JOIN unnest(CAST(%(events)s AS text[]), CAST(%(listeners)s AS text[]), CAST(%(queues)s AS text[]))
            AS route (event, listener, queue) ON route.event = said.event
    )
    UPDATE cycle_runs r SET after_id = %(upto)s, chunks = r.chunks + 1, bills = r.bills + sums.bills,
        round_bills = r.round_bills + sums.bills,
        total_cents = r.total_cents + sums.cents, covered = r.covered + (SELECT count(*) FROM covered)
    FROM sums WHERE r.id = %(run_id)s
    RETURNING sums.bills
"""  # noqa: S608

IS_ANY_DUE = f"SELECT s.id FROM {PLANS_OF_LINE} WHERE {IS_DUE} LIMIT 1"  # noqa: S608

# The last line of each chunk of what is due: chunks are ranges of lines, whatever happens to their states meanwhile.
CUTS = f"""
    SELECT id FROM (
        SELECT s.id, row_number() OVER (ORDER BY s.id) AS place, count(*) OVER () AS lines
        FROM {PLANS_OF_LINE} WHERE {IS_DUE} AND s.id > %(after)s
    ) AS due WHERE place %% %(chunk)s = 0 OR place = lines ORDER BY id
"""  # noqa: S608
