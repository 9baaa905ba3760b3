-- Home lines of every kind, all due: three prepaid plans (one by calendar months, one by days), one postpaid; anchors at
-- the ends of months; every seventh paid by a landlord; every fifth with money of its own; some off, paused or in grace.
INSERT INTO sites (name) VALUES ('Kilifi'), ('Mtwapa');
INSERT INTO plans (code, name, kind, price_cents, term_unit, term_count, download_kbps, upload_kbps, starts, state,
    created_at, billing, fixed_anchor)
  SELECT code, code, 'pppoe', cents, unit, count, 10000, 5000, 'grant', 'on_sale', clock_timestamp(), billing, fixed
  FROM (VALUES ('home5', 150000, 'months', 1, 'prepaid', NULL), ('home10', 249900, 'months', 1, 'prepaid', 31),
    ('week', 39900, 'days', 7, 'prepaid', NULL), ('office', 999900, 'months', 1, 'postpaid', NULL))
    AS plan (code, cents, unit, count, billing, fixed);
INSERT INTO subscribers (account_no, first_name, created_at)
  SELECT 'A' || n, 'P' || n, clock_timestamp() FROM generate_series(1, :lines) n;
INSERT INTO subscriptions (subscriber_id, plan_id, site_id, state, starts_at, paid_through, anchor_day, created_at,
    payer_id, next_plan_id)
  SELECT n, plan.id, 1 + n % 2,
    CASE WHEN n % 53 = 0 THEN 'suspended' WHEN n % 59 = 0 THEN 'paused' WHEN n % 11 = 0 THEN 'grace' ELSE 'active' END,
    clock_timestamp() - interval '200 days',
    CASE plan.billing WHEN 'prepaid' THEN through(nairobi_day(clock_timestamp()) + n % 3)
      ELSE through(nairobi_day(clock_timestamp()) - 1 - n % 45) END,
    coalesce(plan.fixed_anchor, 28 + n % 4), clock_timestamp(),
    CASE WHEN n % 7 = 0 THEN 1 + n % 20 END, CASE WHEN n % 13 = 0 AND plan.code = 'home5' THEN plan.id + 1 END
  FROM generate_series(1, :lines) n JOIN plans plan ON plan.id = 1 + n % 4;
INSERT INTO journal_entries (id, at, kind, source)
  SELECT 5000000 + n, clock_timestamp(), 'payment', 'drill:' || n FROM generate_series(1, :lines, 5) n;
INSERT INTO postings (entry_id, account_id, amount_cents)
  SELECT 5000000 + n, a.id, sign * (100000 + n % 3 * 100000)
  FROM generate_series(1, :lines, 5) n, (VALUES (1), (-1)) side (sign)
  JOIN LATERAL (SELECT 1) one ON true, accounts a
  WHERE a.code = CASE sign WHEN 1 THEN 'clearing.mpesa' ELSE 'receivable:' || n END;
