"""Standstills: while our site, uplink or gateway is down no step of dunning is taken, and grace grows by the time.

News of them may come late, twice and out of order.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, text

from core.base.database import Work
from core.billing.dunning_model import SITE, Standstill
from core.billing.dunning_plan import Span, joined

REMEMBERED = timedelta(days=400)
"""Standstills that ended before then move no line's steps any more."""

# An end that was heard before its beginning left a row without length, which takes the beginning in.
_BEGIN = text(
    """
    WITH ended AS (
        UPDATE standstills SET from_at = :at WHERE id = (
            SELECT id FROM standstills WHERE scope = :scope AND about = :about AND from_at = to_at AND to_at >= :at
            ORDER BY to_at LIMIT 1 FOR UPDATE
        ) RETURNING id
    )
    INSERT INTO standstills (scope, about, site_id, from_at)
    SELECT :scope, :about, :site_id, :at WHERE NOT EXISTS (SELECT FROM ended)
      AND NOT EXISTS (
        SELECT FROM standstills WHERE scope = :scope AND about = :about AND from_at <= :at AND to_at >= :at
    )
    ON CONFLICT (scope, about) WHERE to_at IS NULL DO NOTHING
    """
)
_END = text(
    """
    WITH closed AS (
        UPDATE standstills SET to_at = greatest(from_at, :at) WHERE scope = :scope AND about = :about AND to_at IS NULL
        RETURNING id
    )
    INSERT INTO standstills (scope, about, site_id, from_at, to_at)
    SELECT :scope, :about, :site_id, :at, :at WHERE NOT EXISTS (SELECT FROM closed)
      AND NOT EXISTS (
        SELECT FROM standstills WHERE scope = :scope AND about = :about AND from_at <= :at AND to_at >= :at
    )
    """
)


def begin_standstill(work: Work, *, scope: str, about: str = "", at: datetime) -> None:
    """Our side is down since `at`. about: the id of the site, or the name of the gateway. Where it is down already,
    nothing changes."""
    work.session.execute(_BEGIN, _named(scope, about, at))


def end_standstill(work: Work, *, scope: str, about: str = "", at: datetime) -> None:
    """Our side is up again since `at`."""
    work.session.execute(_END, _named(scope, about, at))


# A gateway that is down keeps nobody offline.
_DARK = text(
    """
    SELECT coalesce(site_id, 0) AS site, from_at, coalesce(to_at, :now) AS to_at FROM standstills
    WHERE scope IN ('all', 'site') AND from_at < :now AND (to_at IS NULL OR to_at > :since)
    """
)


def dark_since(work: Work, since: datetime) -> dict[int, list[Span]]:
    """By site, when it was dark; of what was not over at `since`. Site 0: everywhere. What lasts ends now."""
    found: dict[int, list[Span]] = defaultdict(list)
    for row in work.session.execute(_DARK, {"now": work.now, "since": since}):
        found[row.site].append((row.from_at, row.to_at))
    return dict(found)


def _named(scope: str, about: str, at: datetime) -> dict[str, object]:
    return {"scope": scope, "about": about, "site_id": int(about) if scope == SITE else None, "at": at}


@dataclass(frozen=True, slots=True)
class Standstills:
    """When our side stood still: for everybody (all, or a gateway: nobody can pay then), and by site."""

    everywhere: tuple[Span, ...]
    by_site: dict[int, tuple[Span, ...]]
    open_everywhere: bool
    open_sites: frozenset[int]

    def of(self, site: int) -> tuple[Span, ...]:
        """For the lines of a site (0: of none), joined and in order; one that lasts ends now."""
        return self.by_site.get(site, self.everywhere)

    def is_open(self, site: int) -> bool:
        return self.open_everywhere or site in self.open_sites


def standstills_now(work: Work) -> Standstills:
    """All that still counts, as of now."""
    rows = work.session.scalars(
        select(Standstill).where(
            or_(Standstill.to_at.is_(None), Standstill.to_at > work.now - REMEMBERED),
            Standstill.from_at <= work.now,
        )
    ).all()
    spans: dict[int, list[Span]] = defaultdict(list)
    is_open = {row.site_id or 0 for row in rows if row.to_at is None or row.to_at > work.now}
    for row in rows:
        end = work.now if row.to_at is None else min(row.to_at, work.now)
        spans[row.site_id or 0].append((row.from_at, end))
    return Standstills(
        everywhere=joined(spans[0]),
        by_site={site: joined(spans[0] + own) for site, own in spans.items() if site},
        open_everywhere=0 in is_open,
        open_sites=frozenset(is_open - {0}),
    )
