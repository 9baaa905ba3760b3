"""What the days to come should bring: open invoices, renewals, postpaid bills, and hotspot sales as of late."""

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from sqlalchemy import text

from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.dated import dated
from core.base.money import Money, round_half_up
from core.billing.reports.debts import collection_rate
from core.billing.reports.period import WHOLE_BP, Period

LOOKS_BACK_DAYS = 90
"""How people pay is judged by the last 90 days; how much hotspot they buy, by the last four whole weeks."""
HOTSPOT_DAYS = 28
OLD_DAYS = 60
"""What is overdue for longer is not expected any more."""

# A prepaid line without an open bill renews on its last paid day; a postpaid one is billed then and pays later.
_AHEAD = text(
    """
    WITH open AS (
        SELECT coalesce(sum(open_cents), 0) AS cents FROM invoices
        WHERE open_cents > 0 AND coalesce(due_at, issued_at) <= :ends
          AND coalesce(due_at, issued_at) > :begins - make_interval(days => :old_days)
    ), renewing AS (
        SELECT
            coalesce(sum(p.price_cents) FILTER (WHERE p.billing = 'prepaid' AND s.paid_through <= :ends), 0) AS prepaid,
            coalesce(sum(p.price_cents) FILTER (WHERE p.billing = 'postpaid'
                AND s.paid_through + make_interval(days => :due_days) <= :ends), 0) AS postpaid
        FROM subscriptions s JOIN plans p ON p.id = coalesce(s.next_plan_id, s.plan_id)
        WHERE p.kind = 'pppoe' AND p.term_unit <> 'seconds' AND s.state IN ('active', 'grace')
          AND s.paid_through > :begins AND NOT EXISTS (
            SELECT FROM invoices i WHERE i.subscription_id = s.id AND i.open_cents > 0 AND i.kind = 'bill'
              AND i.purchase_id IS NULL AND p.billing = 'prepaid'
        )
    ), own AS (
        SELECT coalesce(sum(greatest(0, coalesce(o.cents, 0) - b.cents)), 0) AS cents FROM (
            SELECT a.subscriber_id, sum(p.amount_cents) AS cents FROM accounts a JOIN postings p ON p.account_id = a.id
            WHERE a.subscriber_id IS NOT NULL GROUP BY a.subscriber_id
        ) b LEFT JOIN (
            SELECT subscriber_id, sum(open_cents) AS cents FROM invoices WHERE open_cents > 0 GROUP BY subscriber_id
        ) o ON o.subscriber_id = b.subscriber_id
        WHERE b.subscriber_id IN (
            SELECT coalesce(payer_id, subscriber_id) FROM subscriptions
            WHERE state IN ('active', 'grace') AND renews AND paid_through <= :ends
        )
    ), sold AS (
        SELECT coalesce(sum(o.price_cents), 0) AS cents FROM purchases o JOIN plans p ON p.id = o.plan_id
        WHERE p.kind = 'hotspot' AND o.paid_at >= :sold_from AND o.paid_at < :sold_to
    )
    SELECT open.cents::bigint AS open, renewing.prepaid::bigint AS prepaid, renewing.postpaid::bigint AS postpaid,
        own.cents::bigint AS own, sold.cents::bigint AS sold
    FROM open, renewing, own, sold
    """
)


@dataclass(frozen=True, slots=True)
class ExpectedCash:
    """What the period should bring, taxes inside. rate_bp: paid of what was to be paid in the 90 days before; open
    invoices and renewals are expected by it. own_money: what subscribers who renew have with us already, which
    brings no new money. expected: all together."""

    open: Money
    renewals: Money
    postpaid: Money
    own_money: Money
    rate_bp: int
    hotspot: Money
    expected: Money


def expected_cash(work: Work, period: Period) -> ExpectedCash:
    """What should come in from now on within the period, as things stand now."""
    today = nairobi_day(work.now)
    (due_days,) = dated(work, "home.postpaid_due_days")
    lately = collection_rate(
        work, Period(today - timedelta(days=LOOKS_BACK_DAYS), today - timedelta(days=1))
    ).rate_bp
    rate = WHOLE_BP if lately is None else lately
    whole_weeks = Period(today - timedelta(days=HOTSPOT_DAYS), today - timedelta(days=1))
    row = work.session.execute(
        _AHEAD,
        {
            **period.instants,
            "sold_from": whole_weeks.begins,
            "sold_to": whole_weeks.ends,
            "old_days": OLD_DAYS,
            "due_days": due_days,
        },
    ).one()
    hotspot = round_half_up(Fraction(row.sold * period.days, HOTSPOT_DAYS))
    asked = row.open + row.prepaid + row.postpaid
    lines = max(0, round_half_up(Fraction(asked * rate, WHOLE_BP)) - min(row.own, asked))
    return ExpectedCash(
        open=Money(row.open),
        renewals=Money(row.prepaid),
        postpaid=Money(row.postpaid),
        own_money=Money(min(row.own, asked)),
        rate_bp=rate,
        hotspot=Money(hotspot),
        expected=Money(lines + hotspot),
    )
