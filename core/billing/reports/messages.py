"""What messages cost, by channel and for each sale."""

from dataclasses import dataclass

from sqlalchemy import text

from core.base.database import Work
from core.base.money import Money
from core.billing.reports.period import Period, each, share_bp

_MESSAGES = text(
    """
    SELECT coalesce(channel, 'all') AS channel, count(DISTINCT notice_id) AS notices, sum(parts)::bigint AS parts,
        sum(cost_cents)::bigint AS cents
    FROM notice_tries WHERE sent_at >= :begins AND sent_at < :ends
    GROUP BY GROUPING SETS ((channel), ()) HAVING count(*) > 0 ORDER BY channel IS NULL, channel
    """
)
_SALES = text(
    """
    SELECT count(*) AS sales, coalesce(sum(price_cents), 0)::bigint AS cents FROM purchases
    WHERE paid_at >= :begins AND paid_at < :ends
    """
)


@dataclass(frozen=True, slots=True)
class Messages:
    """What the messages of a channel (of all: the last row) cost. sales: purchases paid in the period; a_sale: what
    falls on each of them; share_bp: of the money of those sales."""

    channel: str
    notices: int
    parts: int
    cost: Money
    sales: int
    a_sale: Money
    share_bp: int | None


def cost_of_messages(work: Work, period: Period) -> list[Messages]:
    """What messages handed to a carrier in the period cost, as the carrier said or as expected."""
    sold = work.session.execute(_SALES, period.instants).one()
    return [
        Messages(
            channel=row.channel,
            notices=row.notices,
            parts=row.parts,
            cost=Money(row.cents),
            sales=sold.sales,
            a_sale=Money(each(row.cents, sold.sales)),
            share_bp=share_bp(row.cents, sold.cents),
        )
        for row in work.session.execute(_MESSAGES, period.instants)
    ]
