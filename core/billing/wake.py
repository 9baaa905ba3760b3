"""Own money that came by no payment (goodwill, a credit note, a deposit, another payer) brings back what is off or
slow for want of it: whoever has enough is neither any longer."""

from sqlalchemy import text

from core.base.database import Work
from core.billing.events import LineDue

_OFF = text(
    """
    SELECT s.id FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    WHERE (s.state = 'suspended' OR s.state = 'grace' AND s.slowed_at IS NOT NULL) AND s.renews
      AND p.kind = 'pppoe' AND p.billing = 'prepaid'
      AND (s.payer_id = :holder_id OR s.subscriber_id = :holder_id AND s.payer_id IS NULL)
    ORDER BY s.paid_through, s.id
    """
)


def wake_lines(work: Work, holder_id: int) -> None:
    """Have the account's lines that are off or slow renewed as far as its own money goes, once this is committed."""
    work.session.flush()
    work.record_all([LineDue(line) for line in work.session.scalars(_OFF, {"holder_id": holder_id})])
