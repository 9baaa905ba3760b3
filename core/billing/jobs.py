"""Billing's jobs: thin, each opens a Work and calls a verb."""

from datetime import UTC, datetime

from core.base.database import OpensWork
from core.base.log import logger
from core.billing.expire import LINES_A_SWEEP, sweep
from core.billing.serve import start_at_login, start_paid_time


def begin_granted(deps: OpensWork, *, subscription_id: int, at: int) -> None:
    """A router has the access since `at` (epoch seconds)."""
    with deps.work() as work:
        start_paid_time(work, subscription_id=subscription_id, at=datetime.fromtimestamp(at, UTC))


def begin_logged_in(deps: OpensWork, *, subscription_id: int, at: int) -> None:
    """The first login was at `at` (epoch seconds)."""
    with deps.work() as work:
        start_at_login(work, subscription_id=subscription_id, at=datetime.fromtimestamp(at, UTC))


def close_the_day(deps: OpensWork) -> None:
    """The night's sweep, five minutes past midnight: the hour at which home lines change."""
    end_what_is_over(deps)


def end_what_is_over(deps: OpensWork) -> None:
    """The sweep of each minute, repeated while it is full."""
    while True:
        with deps.work() as work:
            moved = sweep(work)
        if any(moved.values()):
            logger("billing").info("swept", **moved)
        if max(moved.values()) < LINES_A_SWEEP:
            return
