"""What a run of the cycle would bill, for a person to look at first: totals, who is left out and why, and the ten
strangest bills. Reads and changes nothing; ids alone, so that a kept review holds nobody's name."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.base.database import Work
from core.billing.cycle_sql import (
    DUE,
    HAS_OPEN_BILL,
    IN_TIME,
    IS_BILL,
    IS_BILLED,
    PLANS_OF_LINE,
    TERM_OF_LINE,
    TERMS,
)

STRANGEST = 10
EXAMPLES = 5
LATE_DAYS = 14
"""A bill whose period began longer ago than this should have been raised before."""
LONG_DAYS = 45
"""A bill for a month has 28 to 31 days; a common payday and given days add some."""
FIRST_POINTS = 20
"""As strange as a price that moved by a fifth."""


@dataclass(frozen=True, slots=True)
class Sum:
    """The bills of one plan at one site, taxes apart. site_id 0: lines without a site."""

    plan_id: int
    site_id: int
    bills: int
    cents: int
    excise_cents: int
    vat_cents: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Lines that are not billed for one reason, with the first of them."""

    why: str
    lines: int
    examples: list[int]


@dataclass(frozen=True, slots=True)
class Strange:
    """A bill that a person should look at. last_cents: the bill or purchase before it, if any. why: of FIRST, PRICE,
    DISCOUNT, LATE, LONG."""

    subscription_id: int
    holder_id: int
    plan_id: int
    cents: int
    last_cents: int | None
    first_day: str
    last_day: str
    why: list[str]


@dataclass(frozen=True, slots=True)
class Review:
    sums: list[Sum]
    left_out: list[LeftOut]
    strangest: list[Strange]

    @property
    def bills(self) -> int:
        return sum(each.bills for each in self.sums)

    @property
    def cents(self) -> int:
        return sum(each.cents for each in self.sums)

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Review":
        return cls(
            [Sum(**each) for each in kept["sums"]],
            [LeftOut(**each) for each in kept["left_out"]],
            [Strange(**each) for each in kept["strangest"]],
        )


_BILLS = f"""
    WITH due AS MATERIALIZED ({DUE}), terms AS MATERIALIZED ({TERMS}),
    bill AS (
        SELECT d.*, t.final_day, t.cents, t.excise, t.vat FROM due d JOIN terms t ON {TERM_OF_LINE} WHERE {IS_BILL}
    )
"""  # noqa: S608
_SUMS = f"""
    {_BILLS} SELECT plan_id, site_id, count(*) AS bills, sum(cents)::bigint AS cents,
        sum(excise)::bigint AS excise_cents, sum(vat)::bigint AS vat_cents
    FROM bill GROUP BY plan_id, site_id ORDER BY plan_id, site_id
"""  # noqa: S608
_LEFT_OUT = f"""
    SELECT why, count(*) AS lines, (array_agg(id ORDER BY id))[1:{EXAMPLES}] AS examples FROM (
        SELECT s.id, CASE
            WHEN s.state NOT IN ('active', 'grace') THEN s.state
            WHEN s.ended_at IS NOT NULL THEN 'ending'
            WHEN p.term_unit = 'seconds' THEN 'by_the_second'
            WHEN p.price_cents = 0 THEN 'free'
            WHEN NOT ({IN_TIME}) THEN 'not_due'
            WHEN p.billing <> c.billing THEN 'changes_billing'
            WHEN c.billing = 'prepaid' AND ({HAS_OPEN_BILL}) THEN 'open_bill'
            WHEN c.billing = 'prepaid' AND ({IS_BILLED}) THEN 'billed'
        END AS why
        FROM {PLANS_OF_LINE} WHERE s.state <> 'ended'
    ) AS lines WHERE why IS NOT NULL GROUP BY why ORDER BY why
"""  # noqa: S608
_STRANGEST = f"""
    {_BILLS}, seen AS (
        SELECT b.*, p.price_cents, p.term_count, p.term_unit, coalesce(
            (SELECT i.total_cents FROM invoices i WHERE i.subscription_id = b.id AND i.kind = 'bill'
             AND i.credited_cents = 0 ORDER BY i.period_from DESC LIMIT 1),
            (SELECT o.price_cents FROM purchases o WHERE o.subscription_id = b.id AND o.state = 'served'
             ORDER BY o.id DESC LIMIT 1)) AS last_cents
        FROM bill b JOIN plans p ON p.id = b.plan_id
    ), judged AS (
        SELECT *, CASE WHEN last_cents > 0 THEN abs(cents - last_cents) * 100 / last_cents ELSE 0 END AS moved,
            greatest(0, nairobi_day(%(now)s) - after_day - 1 - {LATE_DAYS}) AS late,
            greatest(0, price_cents - cents) * 100 / price_cents AS less,
            CASE WHEN term_unit = 'months' THEN greatest(0, final_day - after_day - {LONG_DAYS} * term_count)
                ELSE 0 END AS long
        FROM seen
    )
    SELECT id AS subscription_id, holder_id, plan_id, cents, last_cents, (after_day + 1)::text AS first_day,
        final_day::text AS last_day, array_remove(ARRAY[
            CASE WHEN last_cents IS NULL THEN 'first' END, CASE WHEN moved > 0 THEN 'price' END,
            CASE WHEN less > 0 THEN 'discount' END, CASE WHEN late > 0 AND billing = 'prepaid' THEN 'late' END,
            CASE WHEN long > 0 THEN 'long' END], NULL) AS why
    FROM judged
    WHERE last_cents IS NULL OR moved > 0 OR less > 0 OR late > 0 AND billing = 'prepaid' OR long > 0
    ORDER BY greatest(moved, less, late, long, CASE WHEN last_cents IS NULL THEN {FIRST_POINTS} ELSE 0 END) DESC, id
    LIMIT {STRANGEST}
"""  # noqa: S608


def review_of(work: Work, terms: Mapping[str, Any]) -> Review:
    """What a run by these terms (`cycle.terms_of`) would bill at this moment."""

    def rows(statement: str) -> list[dict[str, Any]]:
        found = work.session.connection().exec_driver_sql(statement, terms)
        return [dict(row) for row in found.mappings()]

    return Review(
        [Sum(**row) for row in rows(_SUMS)],
        [LeftOut(**row) for row in rows(_LEFT_OUT)],
        [Strange(**row) for row in rows(_STRANGEST)],
    )
