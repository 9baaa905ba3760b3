"""Convergence: routers are brought to what the database says they should hold, and again until they are."""

from typing import cast

from sqlalchemy import ColumnElement, or_, select, text

from core.base.database import Work
from core.base.errors import Rejected, Unreachable
from core.network.desire import desire
from core.network.driver import Service
from core.network.events import RouterReturned
from core.network.follow import NetworkDeps, Outcome, follow
from core.network.model import AccessAccount, Router, RouterAccount
from core.network.placement import enrol
from core.network.routers import address_of, note_away, note_router_refused

ACCOUNTS_A_BATCH = 50
"""A job of about ten seconds on a small board; a router with more behind gets the next job."""

# What stands on the router (held: account ids that can log in) against what it was said to hold.
_MARK_DIFFERING = text(
    """
    UPDATE router_accounts r SET applied_revision = 0
    FROM access_accounts a
    WHERE a.id = r.account_id AND r.router_id = :router_id AND r.applied_revision > 0
      AND a.service = :service
      AND (a.desired = 'present' AND NOT r.withdrawn) <> (a.id = ANY (CAST(:held AS bigint[])))
    """
)


def converge_subscription(deps: NetworkDeps, *, subscription_id: int) -> None:
    """Compute what is wanted and bring every router that is behind. A router that is away stays behind."""
    with deps.work() as work:
        behind = desire(work, subscription_id=subscription_id)
    if behind is None:
        return
    for router_id in behind.router_ids:
        follow(deps, account_id=behind.account_id, router_id=router_id)


def catch_up_router(deps: NetworkDeps, *, router_id: int) -> None:
    """Apply what is behind on a router, a batch at a time over its one connection; more takes another job."""
    if not _look_over(deps, router_id):
        return
    with deps.work() as work:
        behind = accounts_due(work, router_id, limit=ACCOUNTS_A_BATCH)
    for account_id in behind:
        if follow(deps, account_id=account_id, router_id=router_id) in (Outcome.AWAY, Outcome.SHUT):
            return
    with deps.work() as work:
        if accounts_due(work, router_id, limit=1):
            work.record(RouterReturned(router_id))


def accounts_due(work: Work, router_id: int, *, limit: int) -> list[int]:
    """Accounts that the router is behind on and may be tried for now, oldest first."""
    return list(
        work.session.scalars(
            select(RouterAccount.account_id)
            .join(AccessAccount, AccessAccount.id == RouterAccount.account_id)
            .where(RouterAccount.router_id == router_id, *due(work))
            .order_by(RouterAccount.account_id)
            .limit(limit)
        )
    )


def due(work: Work) -> tuple[ColumnElement[bool], ...]:
    """The conditions, on RouterAccount joined with AccessAccount, of being behind and free to be tried."""
    return (
        RouterAccount.applied_revision < AccessAccount.revision,
        or_(RouterAccount.claimed_until.is_(None), RouterAccount.claimed_until <= work.now),
        or_(RouterAccount.retry_at.is_(None), RouterAccount.retry_at <= work.now),
    )


def _look_over(deps: NetworkDeps, router_id: int) -> bool:
    """Compare what a router that was away holds with what it should, by one listing a service. False where
    it cannot be worked with.
    """
    with deps.work() as work:
        router = work.session.get_one(Router, router_id)
        if router.away_since is not None:
            return False  # news of its return that was overtaken: the next probe says when it answers
        if not router.recheck:
            return True
        address, driver = address_of(work, router), deps.drivers[router.driver]
        served = {"pppoe": router.serves_pppoe, "hotspot": router.serves_hotspot}
        services = cast(list[Service], [service for service, serves in served.items() if serves])
    try:
        held = {service: driver.holds(address, service) for service in services}
    except Unreachable as error:
        with deps.work() as work:
            note_away(work, router_id=router_id, why=str(error))
        return False
    except Rejected as error:
        with deps.work() as work:
            note_router_refused(work, router_id=router_id, error=error)
        return False
    with deps.work() as work:
        for service, account_ids in held.items():
            found = {"router_id": router_id, "service": service, "held": sorted(account_ids)}
            work.session.execute(_MARK_DIFFERING, found)
        enrol(work, router_id=router_id)
        work.session.get_one(Router, router_id).recheck = False
    return True
