-- Lines on their fifth day without money, among many that are paid: every step before the cut was taken at its hour, and
-- somebody has said yes to so many cuts.
UPDATE subscriptions SET paid_through = CAST(:now AS timestamptz) + interval '20 days';
UPDATE subscriptions SET paid_through = through(:zero), state = 'grace', slowed_at = :now
  WHERE mod(id, :every) = 0 AND id <= :every * CAST(:late AS bigint);
INSERT INTO dunning_steps_taken (subscription_id, day_zero, step_key, step_id, at)
  SELECT l.id, CAST(:zero AS date), s.key, s.id, (CAST(:zero AS date) + s.day_offset + s.at) AT TIME ZONE 'Africa/Nairobi'
  FROM subscriptions l, dunning_steps s WHERE l.state = 'grace' AND s.key NOT IN ('suspend', 'end')
  ORDER BY s.day_offset, l.id;
INSERT INTO cut_holds (action, at, lines, lines_on, released_at)
  SELECT 'suspend', :now, :late, count(*), :now FROM subscriptions
