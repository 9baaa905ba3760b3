"""Vouchers' jobs: thin, each opens a Work and calls a verb."""

from datetime import UTC, datetime

from sqlalchemy import select

from core.base.database import OpensWork
from core.vouchers.model import ACTIVE, SOLD, USED, Voucher
from core.vouchers.send import send_first


def send_voucher(deps: OpensWork, *, subscription_id: int, at: int) -> None:
    """A router has the code since `at`: now it is worth sending."""
    with deps.work() as work:
        send_first(work, subscription_id=subscription_id)


def mark_in_use(deps: OpensWork, *, subscription_id: int, at: int) -> None:
    """Somebody logged in with it at `at` (epoch seconds)."""
    with deps.work() as work:
        voucher = work.session.scalar(
            select(Voucher).where(Voucher.subscription_id == subscription_id).with_for_update()
        )
        if voucher is not None and voucher.state == SOLD:
            voucher.state, voucher.first_used_at = ACTIVE, datetime.fromtimestamp(at, UTC)


def close_with_its_time(deps: OpensWork, *, subscription_id: int) -> None:
    """Access changed: a voucher whose access has ended is used, whether or not anybody came."""
    with deps.work() as work:
        voucher = work.session.scalar(
            select(Voucher).where(Voucher.subscription_id == subscription_id).with_for_update()
        )
        if voucher is None or voucher.state not in (SOLD, ACTIVE):
            return
        ended = work.scalar("SELECT state = 'ended' FROM subscriptions WHERE id = :id", id=subscription_id)
        if ended:
            voucher.state = USED
