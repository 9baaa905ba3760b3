"""First logins: hotspot time runs from them, so the live users of each hotspot are read every minute."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from core.base.database import Work
from core.base.log import logger
from core.billing.model import AWAITING_NETWORK, Subscription
from core.billing.queries import request_of
from core.catalogue.model import HOTSPOT, Plan
from core.network.accounts import USERNAME_LOOKUP
from core.network.ask import ask_routers
from core.network.driver import LiveSession
from core.network.events import FirstLogin
from core.network.follow import NetworkDeps
from core.network.model import PRESENT, AccessAccount, Router, RouterAccount

SESSIONS_A_ROUTER = 20_000
"""More live users than any board serves: a router that lists more is broken or hostile (M34)."""


def watch_all(deps: NetworkDeps) -> None:
    """Look for first logins at every hotspot where somebody's first login is awaited. One router's trouble is
    not the others'.
    """
    with deps.work() as work:
        routers = list(
            work.session.scalars(
                select(RouterAccount.router_id)
                .join(Router, Router.id == RouterAccount.router_id)
                .where(Router.away_since.is_(None), Router.serves_hotspot, *_awaited())
                .join(AccessAccount, AccessAccount.id == RouterAccount.account_id)
                .join(Subscription, Subscription.id == AccessAccount.subscription_id)
                .join(Plan, Plan.id == Subscription.plan_id)
                .distinct()
            )
        )
    for answer in ask_routers(deps, routers, lambda driver, address: driver.sessions(address, "hotspot")):
        with deps.work() as work:
            note_logins(work, router_id=answer.router_id, sessions=answer.said)


def note_logins(work: Work, *, router_id: int, sessions: list[LiveSession]) -> None:
    """Record FirstLogin once for each awaited account of this router that is live: now less its uptime, and
    never before the network had it (an uptime is the router's word).
    """
    uptimes: dict[bytes, int] = {}
    for session in sessions[:SESSIONS_A_ROUTER]:
        if session.service == HOTSPOT:
            for lookup in work.keyring.lookups(session.username, USERNAME_LOOKUP):
                uptimes[lookup] = max(session.uptime_seconds, uptimes.get(lookup, 0))
    if not uptimes:
        return
    found = work.session.scalars(
        select(AccessAccount)
        .join(RouterAccount, RouterAccount.account_id == AccessAccount.id)
        .join(Subscription, Subscription.id == AccessAccount.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(
            RouterAccount.router_id == router_id,
            AccessAccount.username_lookup.in_(uptimes),
            *_awaited(),
        )
        .order_by(AccessAccount.id)
        .with_for_update(of=AccessAccount, key_share=True)
        .execution_options(populate_existing=True)
    )
    site_id = work.session.get_one(Router, router_id).site_id
    for account in found:
        at = _login_instant(work.now, uptimes[account.username_lookup], account.granted_at)
        account.first_login_at = at
        work.request_id = request_of(work, account.subscription_id) or work.request_id
        work.record(FirstLogin(account.subscription_id, int(at.timestamp()), site_id))
        logger("network").info("first_login", account=account.id)


def _login_instant(now: datetime, uptime_seconds: int, granted_at: datetime | None) -> datetime:
    earliest = min(granted_at or now, now)
    longest = int((now - earliest).total_seconds())
    return now - timedelta(seconds=min(uptime_seconds, longest))


def _awaited() -> tuple[ColumnElement[bool], ...]:
    """The conditions, on AccessAccount, Subscription and Plan, of a first login that is waited for."""
    return (
        AccessAccount.desired == PRESENT,
        AccessAccount.granted_at.is_not(None),
        AccessAccount.first_login_at.is_(None),
        Subscription.state == AWAITING_NETWORK,
        Plan.starts == "first_login",
    )
