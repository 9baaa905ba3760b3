-- The crowd: a home line that runs for each subscriber, and the whole past of one payment, as the verbs leave it.
-- Subscriber n has the id n, and so has each row of the past.
CREATE TEMP TABLE crowd ON COMMIT DROP AS
  SELECT n, (SELECT id FROM plans WHERE code = 'home10') AS plan_id, (SELECT min(id) FROM sites) AS site_id
  FROM generate_series(1, :count) n;
ANALYZE crowd;
DELETE FROM deliveries;
DELETE FROM outbox;
INSERT INTO subscribers (id, account_no, first_name, language, site_id, created_at)
  SELECT n, 'A' || n, 'P' || n || 'x', 'en', site_id, :then FROM crowd;
INSERT INTO addresses (subscriber_id, channel, external_id, level, proved_at, created_at)
  SELECT n, 'msisdn', :first_phone + n, 2, :then, :then FROM crowd;
INSERT INTO accounts (code, kind, subscriber_id) SELECT 'receivable:' || n, 'asset', n FROM crowd;
INSERT INTO subscriptions (id, subscriber_id, plan_id, site_id, state, granted_at, starts_at, paid_through, created_at)
  SELECT n, n, plan_id, site_id, 'active', :then, :then, :until, :then FROM crowd;
INSERT INTO subscription_moves (subscription_id, at, from_state, to_state, cause)
  SELECT n, :then, 'awaiting_network', 'active', 'granted' FROM crowd;
INSERT INTO access_accounts (id, subscription_id, service, username_sealed, username_lookup, secret_sealed, profile,
    download_kbps, upload_kbps, shared_devices, desired, granted_revision, granted_at)
  SELECT n, n, 'pppoe', '', decode(md5(n::text), 'hex'), '', 'home10', 10000, 5000, 1, 'present', 1, :then FROM crowd;
INSERT INTO router_accounts (account_id, router_id, applied_revision, acknowledged_at)
  SELECT n, (SELECT min(id) FROM routers WHERE serves_pppoe), 1, :then FROM crowd;
INSERT INTO purchases (id, channel, session, step, buyer_id, beneficiary_id, plan_id, site_id, price_cents, term_unit,
    term_count, state, subscription_id, request_id, created_at, paid_at, served_at)
  SELECT n, 'past', n, '1', n, n, plan_id, site_id, 200000, 'months', 1, 'served', n, md5(n::text), :then, :then, :then
  FROM crowd;
INSERT INTO collections (id, purchase_id, gateway, payer, amount_cents, reference, callback_lookup, callback_sealed,
    state, gateway_request_id, gateway_checkout_id, created_at, push_due_at, asked_at, settled_at)
  SELECT n, n, 'mpesa', :first_phone + n, 200000, 'A' || n, decode(md5('c' || n), 'hex'), '', 'paid', 'past-' || n,
    'ws_CO_past_' || n, :then, :then, :then, :then FROM crowd;
INSERT INTO collection_moves (collection_id, at, from_state, to_state, cause)
  SELECT n, :then, was, became, 'past' FROM crowd,
    (VALUES (NULL, 'requested'), ('requested', 'asking'), ('asking', 'prompted'), ('prompted', 'paid')) m (was, became);
INSERT INTO receipts (id, provider, number, amount_cents, shortcode, paid_at, received_at, subscriber_id, collection_id)
  SELECT n, 'mpesa', 'PAST' || n, 200000, '123456', :then, :then, n, n FROM crowd;
INSERT INTO journal_entries (id, at, kind, source)
  SELECT 2 * n - part, :then, kind, kind || ':' || n FROM crowd, (VALUES (1, 'payment'), (0, 'invoice')) e (part, kind);
INSERT INTO postings (entry_id, account_id, amount_cents)
  SELECT 2 * n - part, a.id, sign * 200000
  FROM (SELECT n, part, sign, coalesce(code, 'receivable:' || n) AS code FROM crowd,
    (VALUES (1, 'clearing.mpesa', 1), (1, NULL, -1), (0, NULL, 1), (0, 'revenue.pppoe', -1)) p (part, code, sign)) side
  JOIN accounts a ON a.code = side.code;
INSERT INTO invoice_series (series, last_number) VALUES ('PAST', :count);
INSERT INTO invoices (id, series, number, subscriber_id, purchase_id, issued_at, net_cents, excise_cents, vat_cents,
    total_cents, excise_bp, vat_bp, entry_id)
  SELECT n, 'PAST', n, n, n, :then, 200000, 0, 0, 200000, 0, 0, 2 * n FROM crowd;
INSERT INTO invoice_lines (invoice_id, plan_id, description, total_cents)
  SELECT n, plan_id, 'Home 10Mbps, 1 month', 200000 FROM crowd;
INSERT INTO inbox (id, door, body_hash, received_at, source, trusted, about)
  SELECT n, 'mpesa.stk', decode(md5('i' || n), 'hex'), :then, '127.0.0.1', true, n FROM crowd;
INSERT INTO inbox_bodies (inbox_id, received_at, body) SELECT n, :then, decode(repeat('7b', 600), 'hex') FROM crowd;
INSERT INTO outbox (id, event, payload, request_id, recorded_at)
  SELECT 4 * n - part, 'PaymentSettled', jsonb_build_object('purchase_id', n), md5(n::text), :then
  FROM crowd, generate_series(0, 3) part;
INSERT INTO deliveries (outbox_id, listener, queue, available_at, dispatched_at, dispatch_count, attempts, finished_at)
  SELECT 4 * n - part, 'payments.tell_gift', 'money', :then, :then, 1, 1, :then FROM crowd, generate_series(0, 3) part;
SELECT setval(pg_get_serial_sequence(t, 'id'), 4 * :count) FROM unnest(ARRAY['subscribers', 'subscriptions', 'access_accounts', 'purchases', 'collections', 'receipts',
    'journal_entries', 'invoices', 'inbox', 'outbox']) t;
