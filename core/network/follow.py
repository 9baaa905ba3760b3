"""One router follows what is wanted of one account: claim, call, record, no transaction over the call."""

from collections.abc import Mapping
from datetime import timedelta
from enum import Enum
from typing import Protocol

from sqlalchemy import select

from core.base.database import OpensWork, Work
from core.base.errors import Rejected, Unreachable
from core.base.inbox import raise_incident
from core.base.log import logger
from core.network.driver import LOGIN, PERMISSION, RouterDriver
from core.network.model import AccessAccount, RouterAccount
from core.network.orders import Order, claim, note_held
from core.network.routers import note_away

LONGEST_WAIT = timedelta(hours=6)
"""Between two tries of what a router refuses: its setting up is mended by a person, in hours."""
TURNS = 3
"""How often a job follows changes that arrive while it is at work; the clock task takes up what is left."""
WHOLE_ROUTER = (LOGIN, PERMISSION)
"""Refusals that concern every account of the router, and make one incident together."""


class NetworkDeps(OpensWork, Protocol):
    """What this area needs of the assembled program: drivers by the name that stands in routers.driver."""

    @property
    def drivers(self) -> Mapping[str, RouterDriver]: ...


class Outcome(Enum):
    """FOLLOWED: nothing is left to do now. AWAY: no answer. REFUSED: the router said no to this account and
    is asked later. SHUT: it says no to everything.
    """

    FOLLOWED = "followed"
    AWAY = "away"
    REFUSED = "refused"
    SHUT = "shut"


def follow(deps: NetworkDeps, *, account_id: int, router_id: int) -> Outcome:
    """Make the router hold what is wanted of the account, while it is behind and nobody else is at it."""
    for _ in range(TURNS):
        with deps.work() as work:
            order = claim(work, account_id=account_id, router_id=router_id)
        if order is None:
            return Outcome.FOLLOWED
        try:
            outcome, again = _call_and_record(deps, order)
        except BaseException:
            with deps.work() as work:
                _release(work, order)
            raise
        if not again:
            return outcome
    return Outcome.FOLLOWED


def _call_and_record(deps: NetworkDeps, order: Order) -> tuple[Outcome, bool]:
    """The outcome, and whether more is wanted already."""
    try:
        applied = deps.drivers[order.driver].apply(order.address, order.desired)
    except Unreachable as error:
        with deps.work() as work:
            _release(work, order)
            note_away(work, router_id=order.router_id, why=str(error))
        return Outcome.AWAY, False
    except Rejected as error:
        with deps.work() as work:
            _note_refused(work, order, error)
        return Outcome.SHUT if error.code in WHOLE_ROUTER else Outcome.REFUSED, False
    with deps.work() as work:
        again = note_held(work, order)
    logger("network").info(
        "followed",
        router=order.address.name,
        account=order.account_id,
        state=order.desired.state,
        changed=applied.changed,
        sessions_ended=applied.sessions_ended,
    )
    return Outcome.FOLLOWED, again


def _note_refused(work: Work, order: Order, error: Rejected) -> None:
    account, row = _locked(work, order.account_id, order.router_id)
    row.claimed_until, row.last_error = None, str(error)
    if account.revision == order.revision:
        row.failures += 1
        row.retry_at = work.now + min(timedelta(minutes=2 ** min(row.failures, 10)), LONGEST_WAIT)
    about = error.code if error.code in WHOLE_ROUTER else f"{order.account_id}:{order.revision}"
    raise_incident(
        work,
        kind="router_refused",
        key=f"router_refused:{order.router_id}:{about}",
        detail=f"router {order.address.name}, access account {order.account_id}: {error}",
    )


def _release(work: Work, order: Order) -> None:
    _, row = _locked(work, order.account_id, order.router_id)
    row.claimed_until = None


def _locked(work: Work, account_id: int, router_id: int) -> tuple[AccessAccount, RouterAccount]:
    """Both rows, the account's first, as everywhere."""
    fresh = {"populate_existing": True}
    account = work.session.scalars(
        select(AccessAccount)
        .where(AccessAccount.id == account_id)
        .with_for_update(key_share=True)
        .execution_options(**fresh)
    ).one()
    row = work.session.scalars(
        select(RouterAccount)
        .where(RouterAccount.account_id == account_id, RouterAccount.router_id == router_id)
        .with_for_update(key_share=True)
        .execution_options(**fresh)
    ).one()
    return account, row
