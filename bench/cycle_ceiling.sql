WITH due AS MATERIALIZED (
    SELECT s.id, s.subscriber_id, a.id AS receivable, r.id AS revenue, p.id AS plan_id, p.name, p.price_cents AS cents,
        s.paid_through, (s.paid_through AT TIME ZONE 'Africa/Nairobi')::date AS first_day,
        round(p.price_cents * 0.15 / (1.15 * 1.16))::bigint AS excise, round(p.price_cents * 0.16 / 1.16)::bigint AS vat,
        row_number() OVER (ORDER BY s.id) AS place, nextval('journal_entries_id_seq') AS entry_id,
        nextval('invoices_id_seq') AS invoice_id
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id JOIN accounts a ON a.subscriber_id = s.subscriber_id
        JOIN accounts r ON r.code = 'revenue.pppoe:' || s.site_id
    WHERE s.state = 'active' AND s.paid_through <= %(until)s
), series AS (
    INSERT INTO invoice_series (series, last_number) SELECT 'INV', count(*) FROM due RETURNING series
), entry AS (
    INSERT INTO journal_entries (id, at, kind, source)
    SELECT entry_id, %(now)s, 'invoice', 'invoice:' || invoice_id FROM due
), posted AS (
    INSERT INTO postings (entry_id, account_id, amount_cents, currency)
    SELECT entry_id, receivable, cents, 'KES' FROM due
    UNION ALL SELECT entry_id, revenue, -(cents - excise - vat), 'KES' FROM due
    UNION ALL SELECT entry_id, (SELECT id FROM accounts WHERE code = 'tax.excise'), -excise, 'KES' FROM due
    UNION ALL SELECT entry_id, (SELECT id FROM accounts WHERE code = 'tax.vat'), -vat, 'KES' FROM due
), invoice AS (
    INSERT INTO invoices (id, series, number, subscriber_id, issued_at, net_cents, excise_cents, vat_cents, total_cents,
        currency, excise_bp, vat_bp, entry_id, kind, subscription_id, period_from, period_to, due_at, open_cents)
    SELECT invoice_id, series, place, subscriber_id, %(now)s, cents - excise - vat, excise, vat, cents, 'KES', 1500, 1600,
        entry_id, 'bill', id, first_day, (first_day + interval '1 month')::date - 1, paid_through, cents
    FROM due, series
), line AS (
    INSERT INTO invoice_lines (invoice_id, plan_id, description, total_cents, net_cents, excise_cents, vat_cents)
    SELECT invoice_id, plan_id, name || ', 1 month', cents, cents - excise - vat, excise, vat FROM due
)
INSERT INTO outbox (event, payload, request_id, recorded_at)
SELECT 'InvoiceIssued', jsonb_build_object('invoice_id', invoice_id), 'ceiling', %(now)s FROM due
