"""What is paid runs again at full speed, whatever paid for it: a purchase says so itself, at once; here is everything
else (days given, a bill taken back, a postpaid bill paid from own money), within a minute."""

from sqlalchemy import text

from core.base.database import Work
from core.billing.events import AccessChanged

# Paid: its last paid day is to come; or, after the period, nothing that is due is open.
_IS_PAID = """
    CASE p.billing WHEN 'prepaid' THEN s.paid_through > :now ELSE NOT EXISTS (
        SELECT FROM invoices i WHERE i.subscription_id = s.id AND i.open_cents > 0 AND i.kind = 'bill'
          AND i.purchase_id IS NULL AND i.due_at <= :now
    ) END
"""
_FULL_SPEED = text(
    f"""
    WITH paid AS (
        SELECT s.id FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        WHERE s.slowed_at IS NOT NULL AND (s.state NOT IN ('active', 'grace') OR {_IS_PAID})
        ORDER BY s.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    )
    UPDATE subscriptions s SET slowed_at = NULL FROM paid WHERE s.id = paid.id RETURNING s.id
    """  # noqa: S608
)
_BACK = text(
    f"""
    WITH paid AS (
        SELECT s.id FROM subscriptions s JOIN plans p ON p.id = s.plan_id
        WHERE s.state = 'suspended' AND p.billing = 'postpaid' AND {_IS_PAID}
        ORDER BY s.id LIMIT :limit FOR UPDATE OF s SKIP LOCKED
    ), moved AS (
        UPDATE subscriptions s SET state = 'awaiting_network', dark_since = NULL FROM paid WHERE s.id = paid.id
        RETURNING s.id
    ), noted AS (
        INSERT INTO subscription_moves (subscription_id, at, from_state, to_state, cause)
        SELECT id, :now, 'suspended', 'awaiting_network', 'what was due is paid' FROM moved
    )
    SELECT id FROM moved
    """  # noqa: S608
)


def restore(work: Work, *, limit: int) -> int:
    """Bring back what is slow or off and paid; how many lines that were."""
    values = {"now": work.now, "limit": limit}
    lines = [*work.session.scalars(_FULL_SPEED, values), *work.session.scalars(_BACK, values)]
    work.record_all([AccessChanged(line) for line in lines])
    return len(lines)
