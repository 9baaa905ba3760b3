"""A day that our own side kept dark is given back to home lines as a day, by itself, in the night after it.

Set-based, and once a line and day: which row of `days_given` is inserted decides. Days on which a line was off, or came
on, are gifts already.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.dated import dated
from core.billing.dunning_plan import DAY, Span, joined
from core.billing.events import AccessChanged
from core.billing.line_model import OUTAGE
from core.billing.standstill import dark_since

LOOKS_BACK_DAYS = 7
"""News of an outage may come so late."""
LINES_AT_ONCE = 20_000

# The site is the one of that day. Grace that the days reach beyond is over, as with days that staff give.
_GIVE = text(
    """
    WITH due AS MATERIALIZED (
        SELECT s.id, s.state, s.slowed_at, p.billing, s.paid_through + interval '1 day' AS new_end,
            s.state = 'grace' AND s.paid_through + interval '1 day' > :now AS is_back,
            CASE WHEN p.fixed_anchor IS NULL AND s.anchor_day IS NOT NULL
                THEN extract(day FROM last_day(s.paid_through) + 1)::int ELSE s.anchor_day END AS new_anchor
        FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        WHERE s.state IN ('active', 'grace') AND p.kind = 'pppoe' AND p.price_cents > 0 AND s.starts_at < :begins
          AND (:everywhere OR coalesce((
              SELECT m.from_site_id FROM site_moves m WHERE m.subscription_id = s.id AND m.at >= :ends
              ORDER BY m.id LIMIT 1), s.site_id) = ANY(:sites))
          AND NOT EXISTS (
              SELECT FROM subscription_moves m WHERE m.subscription_id = s.id AND m.at >= :begins
              AND m.from_state = 'awaiting_network' AND m.to_state = 'active')
          AND NOT EXISTS (SELECT FROM days_given g WHERE g.key = :key AND g.subscription_id = s.id)
        ORDER BY s.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    ), given AS (
        INSERT INTO days_given (at, kind, subscription_id, days, reason, key)
        SELECT :now, :kind, id, 1, 'dark for ' || :hours || ' hours or more', :key FROM due
        ON CONFLICT DO NOTHING RETURNING subscription_id
    ), moved AS (
        UPDATE subscriptions s SET paid_through = due.new_end, anchor_day = due.new_anchor,
            next_plan_from = s.next_plan_from + interval '1 day',
            state = CASE WHEN due.is_back THEN 'active' ELSE s.state END,
            slowed_at = CASE WHEN due.is_back THEN NULL ELSE s.slowed_at END
        FROM due JOIN given ON given.subscription_id = due.id WHERE s.id = due.id RETURNING s.id
    ), noted AS (
        INSERT INTO subscription_moves (subscription_id, at, from_state, to_state, cause)
        SELECT due.id, :now, 'grace', 'active', 'a dark day was given back' FROM due JOIN moved USING (id)
        WHERE due.is_back
    ), billed AS (
        UPDATE invoices i SET due_at = due.new_end FROM due JOIN moved USING (id)
        WHERE i.subscription_id = due.id AND due.billing = 'prepaid' AND i.open_cents > 0 AND i.kind = 'bill'
          AND i.purchase_id IS NULL
    )
    SELECT due.id, due.is_back AND due.slowed_at IS NOT NULL AS is_faster FROM due JOIN moved USING (id)
    """
)


@dataclass(frozen=True, slots=True)
class DarkDay:
    """A day that counts as lost, and where. everywhere: at all sites, whichever they are."""

    day: date
    sites: tuple[int, ...]
    everywhere: bool


def give_dark_days(work: Work) -> int:
    """Give back the dark days that are over. To how many lines; there may be more where it is LINES_AT_ONCE."""
    (hours,) = dated(work, "outage.day_from_dark_hours")
    return sum(_give(work, day, hours) for day in dark_days(work, hours))


def dark_days(work: Work, hours: int) -> list[DarkDay]:
    """The last days on which a site was dark for so many hours or more, all outages of the day together."""
    today = nairobi_day(work.now)
    since = start_of_day(today - timedelta(days=LOOKS_BACK_DAYS))
    spans = dark_since(work, since)
    everywhere = spans.get(0, [])
    least, found = timedelta(hours=hours), []
    for back in range(LOOKS_BACK_DAYS, 0, -1):
        day = today - timedelta(days=back)
        lost = {site for site, own in spans.items() if _dark_on(day, own + everywhere) >= least}
        if lost:
            found.append(DarkDay(day, tuple(sorted(lost - {0})), 0 in lost))
    return found


def _dark_on(day: date, spans: Sequence[Span]) -> timedelta:
    begins, ends = start_of_day(day), start_of_day(day + DAY)
    parts = [(max(begins, since), min(ends, until)) for since, until in spans]
    return sum((until - since for since, until in joined(parts)), timedelta())


def _give(work: Work, dark: DarkDay, hours: int) -> int:
    begins: datetime = start_of_day(dark.day)
    rows = work.session.execute(
        _GIVE,
        {
            "now": work.now,
            "begins": begins,
            "ends": begins + DAY,
            "sites": list(dark.sites),
            "everywhere": dark.everywhere,
            "key": f"outage:{dark.day:%Y-%m-%d}",
            "kind": OUTAGE,
            "hours": str(hours),
            "limit": LINES_AT_ONCE,
        },
    ).all()
    work.session.expire_all()
    work.record_all([AccessChanged(row.id) for row in rows if row.is_faster])
    return len(rows)
