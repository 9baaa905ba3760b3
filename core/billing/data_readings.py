"""A router's counters, all lines at once: most lines only grow a little, and one statement sees to them together.

What needs a thought is left to `count_usage`, line by line: a new session, a wrapped counter, a new period, a mark that
is reached, data that was bought on top.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice

from sqlalchemy import text

from core.base.database import OpensWork, Work
from core.billing.data import count_usage

LINES_AT_ONCE = 500
"""So many lines are locked for the moment of one statement."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A session's counter, both directions together, as `count_usage` takes it."""

    subscription_id: int
    session: str
    counter_bytes: int
    begun_at: datetime


_LOCK = text("SELECT id FROM subscriptions WHERE id = ANY(:ids) ORDER BY id FOR UPDATE SKIP LOCKED")
# What was read here stays true: the lines are locked, by a statement before this one.
_COUNT = text(
    """
    WITH reading AS (
        SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:sessions AS text[]), CAST(:counters AS bigint[]),
            CAST(:begun AS timestamptz[])) AS r (id, session, counter, begun_at)
    ), grown AS (
        SELECT r.id, sum(r.counter - c.counter_bytes) AS bytes
        FROM reading r LEFT JOIN data_counters c ON c.subscription_id = r.id AND c.session = r.session
            AND c.at >= r.begun_at AND c.at < :at AND c.counter_bytes <= r.counter
        GROUP BY r.id HAVING count(*) = count(c.subscription_id)
    ), plain AS (
        SELECT p.id, p.subscription_id, g.bytes, least(g.bytes, p.allowance_bytes - p.from_plan_bytes) AS from_plan
        FROM grown g JOIN subscriptions s ON s.id = g.id JOIN plans ON plans.id = s.plan_id
        JOIN data_periods p ON p.subscription_id = s.id AND p.begins_at <= :at AND p.ends_at > greatest(:at, :now)
        WHERE s.state IN ('active', 'grace') AND p.begins_at <= :now AND s.starts_at <= :at
        AND plans.data_cap_bytes <= p.allowance_bytes
        AND NOT EXISTS (SELECT FROM data_topups t WHERE t.subscription_id = s.id AND (
            t.period_id = p.id OR (t.period_id IS NULL AND t.used_bytes < t.bytes)))
        AND CASE WHEN s.capped_at IS NULL
            THEN p.from_plan_bytes + g.bytes < p.allowance_bytes AND (p.told_80_at IS NOT NULL
                OR (p.allowance_bytes - p.from_plan_bytes - g.bytes) * 5 > p.allowance_bytes)
            ELSE p.from_plan_bytes = p.allowance_bytes AND p.told_100_at IS NOT NULL END
    ), used AS (
        UPDATE data_periods p SET used_bytes = used_bytes + bytes, from_plan_bytes = from_plan_bytes + from_plan
        FROM plain WHERE p.id = plain.id AND bytes > 0
    ), noted AS (
        UPDATE data_counters c SET counter_bytes = r.counter, at = :at
        FROM reading r JOIN plain ON plain.subscription_id = r.id
        WHERE c.subscription_id = r.id AND c.session = r.session
    )
    SELECT subscription_id FROM plain
    """
)


def count_readings(deps: OpensWork, readings: Iterable[Reading], *, at: datetime) -> int:
    """Count what lines used by their counters of the instant `at`. The number of lines. A line that somebody else is
    at is counted by its next reading; whatever ends this in its midst, the next readings say the same and more."""
    count = 0
    ordered = _by_line(readings)
    while batch := list(islice(ordered, LINES_AT_ONCE)):
        with deps.work() as work:
            lines = _locked(work, batch)
            plain = _count_plain(work, [reading for line in lines for reading in line], at=at)
        for line in lines:
            if line[0].subscription_id not in plain:
                with deps.work() as work:
                    _count_with_thought(work, line, at=at)
        count += len(lines)
    return count


def _by_line(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    ordered = sorted(readings, key=lambda reading: (reading.subscription_id, reading.session))
    for _, line in groupby(ordered, key=lambda reading: reading.subscription_id):
        yield list(line)


def _locked(work: Work, lines: Sequence[list[Reading]]) -> list[list[Reading]]:
    ids = [line[0].subscription_id for line in lines]
    free = set(work.session.scalars(_LOCK, {"ids": ids}))
    return [line for line in lines if line[0].subscription_id in free]


def _count_plain(work: Work, readings: Sequence[Reading], *, at: datetime) -> frozenset[int]:
    """Count the lines that need no thought, and return them."""
    values = {
        "ids": [reading.subscription_id for reading in readings],
        "sessions": [reading.session for reading in readings],
        "counters": [reading.counter_bytes for reading in readings],
        "begun": [reading.begun_at for reading in readings],
    }
    return frozenset(work.session.scalars(_COUNT, values | {"at": at, "now": work.now}))


def _count_with_thought(work: Work, line: Sequence[Reading], *, at: datetime) -> None:
    for reading in line:
        count_usage(
            work,
            subscription_id=reading.subscription_id,
            session=reading.session,
            counter_bytes=reading.counter_bytes,
            begun_at=reading.begun_at,
            at=at,
        )
