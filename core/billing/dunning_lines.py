"""Which lines dunning looks at, in SQL, and where they stand: grouped, so that the calendar is reckoned once for each
place, last paid day and wait, however many lines share them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.billing.dunning_plan import Calendars, Policy, Stand
from core.billing.dunning_policy import Standing
from core.billing.standstill import Standstills

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
LATELY = timedelta(days=400)
"""A wait that ended before then moves no step any more."""

# A prepaid line's last paid day is its day zero; a postpaid one's is the last day before its oldest bill is due, and
# without an open bill it has none.
LINES = """
    held AS MATERIALIZED (
        SELECT subscription_id, max(until_at) AS until_at FROM (
            SELECT subscription_id, until_at FROM promises WHERE until_at > :lately
            UNION ALL
            SELECT i.subscription_id, least(d.until, coalesce(d.ended_at, d.until))
            FROM disputes d JOIN invoices i ON i.id = d.invoice_id
            WHERE i.subscription_id IS NOT NULL AND d.until > :lately
        ) wait GROUP BY subscription_id
    ), line AS (
        SELECT s.id, coalesce(s.payer_id, s.subscriber_id) AS holder_id, s.state, s.site_id, s.grace_days,
            s.lent_through, s.paid_through AS zero_at
        FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        WHERE s.state = ANY(:states) AND s.paid_through > :since AND s.paid_through <= :until
          AND p.kind = 'pppoe' AND p.billing = 'prepaid'
          AND (p.id = :plan_id OR CAST(:plan_id AS bigint) IS NULL AND p.id <> ALL(:other_plans))
        UNION ALL
        SELECT s.id, coalesce(s.payer_id, s.subscriber_id), s.state, s.site_id, s.grace_days, s.lent_through,
            bill.due_at
        FROM (
            SELECT subscription_id, min(due_at) AS due_at FROM invoices
            WHERE open_cents > 0 AND kind = 'bill' AND purchase_id IS NULL GROUP BY subscription_id
        ) bill
        JOIN subscriptions s ON s.id = bill.subscription_id JOIN plans p ON p.id = s.plan_id
        WHERE s.state = ANY(:states) AND bill.due_at > :since AND bill.due_at <= :until
          AND p.kind = 'pppoe' AND p.billing = 'postpaid'
          AND (p.id = :plan_id OR CAST(:plan_id AS bigint) IS NULL AND p.id <> ALL(:other_plans))
    ), placed AS (
        SELECT line.*, coalesce(site_id, 0) AS site, coalesce(grace_days, -1) AS grace,
            CAST((zero_at - interval '1 microsecond') AT TIME ZONE 'Africa/Nairobi' AS date) AS day_zero,
            CASE WHEN greatest(lent_through, held.until_at) > zero_at
                THEN greatest(lent_through, held.until_at) END AS waits_until
        FROM line LEFT JOIN held ON held.subscription_id = line.id
    )
"""
GROUPED = """
    wanted AS (
        SELECT site, day_zero, grace, coalesce(waits_until, '-infinity') AS waits_until, place
        FROM unnest(CAST(:sites AS bigint[]), CAST(:days AS date[]), CAST(:graces AS int[]),
            CAST(:waits AS timestamptz[])) WITH ORDINALITY AS one (site, day_zero, grace, waits_until, place)
    ), due AS (
        SELECT placed.*, wanted.place FROM placed JOIN wanted
            ON wanted.site = placed.site AND wanted.day_zero = placed.day_zero AND wanted.grace = placed.grace
            AND wanted.waits_until = coalesce(placed.waits_until, '-infinity')
    )
"""
"""The lines of the groups that are handed in. place: which of the groups, counted from 1."""
UNTAKEN = """
    (SELECT true FROM dunning_steps_taken t
     WHERE t.subscription_id = due.id AND t.day_zero = due.day_zero AND t.step_key = :key LIMIT 1) IS NULL
"""
"""Of a line in `due`: that the step `key` was not taken. Looked up for each line: what was taken a minute ago is in no
statistics yet, and a planner that joins by them would take hours."""
_GROUPS = text(
    f"WITH {LINES} SELECT DISTINCT site, day_zero, grace, waits_until FROM placed"  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that stand alike. site: 0 for none; grace: -1 for the policy's."""

    site: int
    day_zero: date
    grace: int
    waits_until: datetime | None

    def stand(self, still: Standstills) -> Stand:
        return Stand(
            day_zero=self.day_zero,
            grace_days=None if self.grace < 0 else self.grace,
            waits_until=self.waits_until,
            still=still.of(self.site),
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """What one run has before it, of one policy."""

    policy: Policy
    values: dict[str, Any]
    calendars: Calendars
    still: Standstills

    def groups(self, work: Work, states: Sequence[str], *, days_after: int) -> list[Group]:
        """How lines of these states stand whose day zero was so many days ago (less than 0: is to come), or before.
        Those for which our side stands still are left out."""
        until = start_of_day(nairobi_day(work.now) - timedelta(days=days_after - 1))
        values = {**self.values, "states": list(states), "since": LONG_AGO, "until": until}
        groups = [Group(*row) for row in work.session.execute(_GROUPS, values)]
        return [group for group in groups if not self.still.is_open(group.site)]

    def of(self, states: Sequence[str], groups: Sequence[Group]) -> dict[str, Any]:
        """The values of LINES, for these groups."""
        days = [group.day_zero for group in groups]
        since, until = start_of_day(min(days)), start_of_day(max(days) + timedelta(days=1))
        return {**self.values, "states": list(states), "since": since, "until": until}


def scope_of(
    work: Work, standing: Standing, others: Sequence[int], calendars: Calendars, still: Standstills
) -> Scope:
    """The lines of a policy: of its own plan, or of all plans but those that have one (`others`)."""
    values = {"plan_id": standing.plan_id, "other_plans": list(others), "lately": work.now - LATELY}
    return Scope(standing.policy, values, calendars, still)


def grouped(groups: Sequence[tuple[Group, datetime]]) -> dict[str, Any]:
    """The values of GROUPED: the groups, each with the instant from which its lines are to be dark."""
    return {
        "sites": [group.site for group, _ in groups],
        "days": [group.day_zero for group, _ in groups],
        "graces": [group.grace for group, _ in groups],
        "waits": [group.waits_until for group, _ in groups],
        "darks": [dark for _, dark in groups],
    }
