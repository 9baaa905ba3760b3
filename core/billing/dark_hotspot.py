"""Hotspot time that our own side kept dark is given back: it ends later by as much.

An end is reckoned anew from its beginning each time, so news of an outage may come late, twice and in any order. When a
site is up again its running time moves at once; and nothing ends without another look.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, text

from core.base.database import Work
from core.base.dated import dated
from core.billing.dunning_plan import Span
from core.billing.events import AccessChanged
from core.billing.hotspot_time import midnight_for, with_dark_time
from core.billing.periods import Term, first_period
from core.billing.standstill import dark_since

REMEMBERED = timedelta(days=62)
"""Hotspot time is hours or days, a month at most: what was dark before then lies before all that runs."""
LINES_AT_ONCE = 20_000
"""As many as a sweep ends."""
NEVER = datetime.max.replace(tzinfo=UTC)

# A voucher is at the site of its first login; where that is not known, at every site of its plan.
_RUNNING = text(
    """
    SELECT s.id, s.starts_at, s.paid_through, p.until_midnight, o.term_unit, o.term_count,
        CASE WHEN s.site_id IS NOT NULL THEN ARRAY[s.site_id]
            ELSE ARRAY(SELECT site_id FROM plan_sites WHERE plan_id = s.plan_id) END AS sites
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    CROSS JOIN LATERAL (
        SELECT term_unit, term_count FROM purchases
        WHERE subscription_id = s.id AND state = 'served' AND plan_id = s.plan_id ORDER BY id LIMIT 1
    ) o
    WHERE s.state = 'active' AND p.kind = 'hotspot' AND s.paid_through <= :until AND s.starts_at < :last_dark
      AND s.id > :after AND (0 = ANY(:sites) OR s.site_id = ANY(:sites) OR s.site_id IS NULL AND EXISTS (
          SELECT FROM plan_sites WHERE plan_id = s.plan_id AND site_id = ANY(:sites)))
    ORDER BY s.id LIMIT :limit FOR UPDATE OF s
    """
)
_STRETCH = text(
    """
    UPDATE subscriptions s SET paid_through = later.ends
    FROM unnest(CAST(:ids AS bigint[]), CAST(:ends AS timestamptz[])) AS later (id, ends) WHERE s.id = later.id
    """
)


def stretch_due(work: Work) -> int:
    """What is about to end, though it was dark in between, runs on. How many that were."""
    return stretch(work, until=work.now)


def stretch(work: Work, *, until: datetime = NEVER, after: int = 0) -> int:
    """Move the ends of running hotspot time that lie before `until`, of lines after the id `after`. How many moved."""
    dark = dark_since(work, work.now - REMEMBERED)
    if not dark:
        return 0
    lines = work.session.execute(
        _RUNNING,
        {
            "until": until,
            "after": after,
            "sites": list(dark),
            "last_dark": max(end for spans in dark.values() for _, end in spans),
            "limit": LINES_AT_ONCE,
        },
    ).all()
    (late,) = dated(work, "hotspot.until_tomorrow_from_hour")
    ends = {line.id: _end_of(line, _spans_of(line.sites, dark), late) for line in lines}
    moved = [line.id for line in lines if ends[line.id] > line.paid_through]
    if moved:
        work.session.execute(_STRETCH, {"ids": moved, "ends": [ends[line] for line in moved]})
        work.session.expire_all()
        work.record_all([AccessChanged(line) for line in moved])
    if len(lines) < LINES_AT_ONCE:
        return len(moved)
    return len(moved) + stretch(work, until=until, after=lines[-1].id)


def _spans_of(sites: Sequence[int], dark: dict[int, list[Span]]) -> Iterable[Span]:
    return [span for site in (0, *sites) for span in dark.get(site, ())]


def _end_of(line: Row[Any], dark: Iterable[Span], late: int) -> datetime:
    if line.until_midnight:
        ends = midnight_for(line.starts_at, time(late))
    else:
        ends = first_period(line.starts_at, Term(line.term_unit, line.term_count)).paid_through
    return with_dark_time(line.starts_at, ends, dark)
