"""Vouchers' jobs: thin, each opens a Work and calls a verb."""

from datetime import UTC, datetime

from sqlalchemy import select

from core.base.database import OpensWork
from core.vouchers.model import ACTIVE, SOLD, Voucher

# Where its time never began, and still could have, it was taken back.
_CLOSE = """
    UPDATE vouchers v SET state = CASE WHEN s.starts_at IS NULL AND v.use_by > %(now)s THEN 'void' ELSE 'used' END
    FROM subscriptions s
    WHERE v.subscription_id = %(subscription_id)s AND s.id = v.subscription_id AND s.state = 'ended'
      AND v.state IN ('sold', 'active')
    RETURNING v.id
"""


def mark_in_use(deps: OpensWork, *, subscription_id: int, at: int, site_id: int = 0) -> None:
    """Somebody logged in with it at `at` (epoch seconds)."""
    with deps.work() as work:
        voucher = work.session.scalar(
            select(Voucher).where(Voucher.subscription_id == subscription_id).with_for_update()
        )
        if voucher is not None and voucher.state == SOLD:
            voucher.state, voucher.first_used_at = ACTIVE, datetime.fromtimestamp(at, UTC)


def close_with_its_time(deps: OpensWork, *, subscription_id: int) -> None:
    """Access has ended: its voucher is used, also where nobody came in time; or it was withdrawn."""
    with deps.work() as work:
        work.at_once(_CLOSE, {"subscription_id": subscription_id, "now": work.now})
