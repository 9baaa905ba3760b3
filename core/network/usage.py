"""Usage: what the sessions of lines whose data has an end have carried, read every five minutes."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from core.base.database import Work
from core.base.log import logger
from core.billing.data_readings import Reading, count_readings
from core.billing.model import ACTIVE, GRACE, Subscription
from core.catalogue.model import Plan
from core.network.accounts import USERNAME_LOOKUP
from core.network.ask import Answer, ask_routers
from core.network.driver import SessionTraffic
from core.network.follow import NetworkDeps
from core.network.logins import SESSIONS_A_ROUTER
from core.network.model import AccessAccount, Router, RouterAccount

LONGEST_UPTIME = 10**9
"""Seconds, some thirty years: what a router says beyond that is its fault, not a session's age."""


def read_all(deps: NetworkDeps) -> None:
    """Read the counters of the routers that hold such lines. What an unreachable one counts meanwhile is in its next
    reading; what a session carried between its last reading and its end is not counted, in the customer's favour.
    """
    with deps.work() as work:
        routers = list(
            work.session.scalars(
                select(RouterAccount.router_id)
                .join(Router, Router.id == RouterAccount.router_id)
                .join(AccessAccount, AccessAccount.id == RouterAccount.account_id)
                .join(Subscription, Subscription.id == AccessAccount.subscription_id)
                .join(Plan, Plan.id == Subscription.plan_id)
                .where(Router.away_since.is_(None), *_counted())
                .distinct()
            )
        )
    for answer in ask_routers(deps, routers, lambda driver, address: driver.traffic(address)):
        with deps.work() as work:
            readings = list(_readings(work, answer))
        lines = count_readings(deps, readings, at=answer.asked_at)
        logger("network").info("usage_read", router=answer.router_id, lines=lines)


def _readings(work: Work, answer: Answer[list[SessionTraffic]]) -> Iterator[Reading]:
    """The sessions of counted lines that this router holds."""
    found = work.session.execute(
        select(AccessAccount.service, AccessAccount.username_lookup, AccessAccount.subscription_id)
        .join(RouterAccount, RouterAccount.account_id == AccessAccount.id)
        .join(Subscription, Subscription.id == AccessAccount.subscription_id)
        .join(Plan, Plan.id == Subscription.plan_id)
        .where(RouterAccount.router_id == answer.router_id, *_counted())
    )
    lines = {(row.service, row.username_lookup): row.subscription_id for row in found}
    if len(answer.said) > SESSIONS_A_ROUTER:
        logger("network").warning("sessions_left_out", router=answer.router_id, listed=len(answer.said))
    for session in answer.said[:SESSIONS_A_ROUTER]:
        for lookup in work.keyring.lookups(session.username, USERNAME_LOOKUP):
            if (session.service, lookup) in lines:
                yield Reading(
                    subscription_id=lines[session.service, lookup],
                    session=f"{answer.router_id}:{session.service}:{session.session}",
                    counter_bytes=session.carried_bytes,
                    begun_at=answer.asked_at - timedelta(seconds=min(session.uptime_seconds, LONGEST_UPTIME)),
                )


def _counted() -> tuple[ColumnElement[bool], ...]:
    """The conditions, on Subscription and Plan, of a line whose data is counted now."""
    return Subscription.state.in_((ACTIVE, GRACE)), Plan.data_cap_bytes.is_not(None)
