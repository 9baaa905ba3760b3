-- Home lines whose next period is due to be billed, each with a subscriber and some months of past in the journal: a
-- payment and an invoice a month. Subscriber n and line n have the id n.
CREATE TEMP TABLE line ON COMMIT DROP AS
  SELECT n, (SELECT array_agg(id ORDER BY id) FROM plans WHERE kind = 'pppoe') AS plans,
    (SELECT array_agg(id ORDER BY id) FROM sites) AS sites
  FROM generate_series(1, :count) n;
ANALYZE line;
INSERT INTO subscribers (id, account_no, first_name, created_at) SELECT n, 'A' || n, 'P' || n || 'x', :then FROM line;
INSERT INTO accounts (id, code, kind, subscriber_id) SELECT 1000000 + n, 'receivable:' || n, 'asset', n FROM line;
INSERT INTO subscriptions (id, subscriber_id, plan_id, site_id, state, granted_at, starts_at, paid_through, anchor_day,
    created_at)
  SELECT n, n, plans[1 + n % array_length(plans, 1)], sites[1 + n % array_length(sites, 1)], 'active', :then, :then,
    through(CAST(:today AS date) + n % 4), extract(day FROM CAST(:today AS date) + n % 4), :then
  FROM line;
INSERT INTO journal_entries (id, at, kind, source)
  SELECT 2 * (n + (month - 1) * CAST(:count AS bigint)) - part, :then, kind, kind || ':' || month || ':' || n
  FROM line, generate_series(1, :months) month, (VALUES (1, 'payment'), (0, 'invoice')) e (part, kind);
INSERT INTO postings (entry_id, account_id, amount_cents)
  SELECT 2 * (n + (month - 1) * CAST(:count AS bigint)) - part, coalesce(a.id, 1000000 + n), sign * 200000
  FROM generate_series(1, :months) month CROSS JOIN line,
    (VALUES (1, 'clearing.mpesa', 1), (1, NULL, -1), (0, NULL, 1), (0, 'revenue.pppoe:0', -1)) p (part, code, sign)
    LEFT JOIN accounts a ON a.code = p.code;
SELECT setval(pg_get_serial_sequence(t, 'id'), 2 * CAST(:count AS bigint) * :months + 2000000)
  FROM unnest(ARRAY['subscribers', 'subscriptions', 'accounts', 'journal_entries']) t;
