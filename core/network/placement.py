"""Which routers must hold an account: one for a home line, every one at the plan's sites for a voucher."""

from sqlalchemy import func, select, text

from core.base.database import Work
from core.base.inbox import raise_incident
from core.billing.model import Subscription
from core.catalogue.model import PPPOE, plan_sites
from core.network.model import PRESENT, AccessAccount, Router, RouterAccount

# Accounts that came into being before the router did, or before their plan was sold at its site.
_ENROL = text(
    """
    INSERT INTO router_accounts (account_id, router_id)
    SELECT a.id, r.id
    FROM routers r
    JOIN access_accounts a ON a.desired = 'present'
    JOIN subscriptions s ON s.id = a.subscription_id
    WHERE r.id = :router_id AND (
        a.service = 'hotspot' AND r.serves_hotspot AND EXISTS (
            SELECT 1 FROM plan_sites p WHERE p.plan_id = s.plan_id AND p.site_id = r.site_id)
        OR a.service = 'pppoe' AND r.serves_pppoe AND s.site_id = r.site_id AND NOT EXISTS (
            SELECT 1 FROM router_accounts x WHERE x.account_id = a.id AND NOT x.withdrawn)
    )
    ON CONFLICT DO NOTHING
    """
)


def place(work: Work, account: AccessAccount, line: Subscription) -> None:
    """Make the rows of the routers that must hold the account, and withdraw it from those that need not any
    more.

    The caller holds the account's row. A line that no router can serve becomes an incident.
    """
    rows = {
        row.router_id: row
        for row in work.session.scalars(select(RouterAccount).where(RouterAccount.account_id == account.id))
    }
    kept = {router_id for router_id, row in rows.items() if not row.withdrawn}
    wanted = _pppoe_router(work, line, kept) if account.service == PPPOE else _hotspot_routers(work, line)
    for router_id, row in rows.items():
        if row.withdrawn is (router_id in wanted):
            row.withdrawn, row.applied_revision = not row.withdrawn, 0
    if account.desired == PRESENT:
        work.session.add_all(
            RouterAccount(account_id=account.id, router_id=router_id)
            for router_id in sorted(wanted - rows.keys())
        )
        if not wanted:
            raise_incident(
                work,
                kind="no_router",
                key=f"no_router:{line.id}",
                detail=f"no router serves subscription {line.id} at its site",
            )


def enrol(work: Work, *, router_id: int) -> None:
    """Give a router the accounts that it should hold and has no row for."""
    work.session.execute(_ENROL, {"router_id": router_id})


def _pppoe_router(work: Work, line: Subscription, kept: set[int]) -> set[int]:
    """One router at the line's site: the one it is on, or else the one with the fewest lines."""
    load = select(func.count()).where(RouterAccount.router_id == Router.id, ~RouterAccount.withdrawn)
    found = list(
        work.session.scalars(
            select(Router.id)
            .where(Router.serves_pppoe, Router.site_id == line.site_id)
            .order_by(load.scalar_subquery(), Router.id)
        )
    )
    return set([router_id for router_id in found if router_id in kept][:1] or found[:1])


def _hotspot_routers(work: Work, line: Subscription) -> set[int]:
    return set(
        work.session.scalars(
            select(Router.id)
            .join(plan_sites, plan_sites.c.site_id == Router.site_id)
            .where(Router.serves_hotspot, plan_sites.c.plan_id == line.plan_id)
        )
    )
