"""One router follows what is wanted of one account: claim, call, record, no transaction over the call."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Protocol, cast

from sqlalchemy import select

from core.base.database import OpensWork, Work
from core.base.errors import Rejected, Unreachable
from core.base.inbox import raise_incident
from core.base.log import logger
from core.billing.queries import request_of
from core.network.accounts import secret_of, username_of
from core.network.driver import (
    LOGIN,
    PERMISSION,
    DesiredAccount,
    DesiredProfile,
    RouterAddress,
    RouterDriver,
    Service,
    State,
)
from core.network.events import AccessGranted
from core.network.model import ABSENT, PRESENT, AccessAccount, Router, RouterAccount
from core.network.routers import address_of, note_answered, note_away

CLAIM = timedelta(seconds=90)
"""Longer than any orderly apply. After a worker's death the account waits so long to be taken up again."""
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


@dataclass(frozen=True, slots=True)
class Order:
    """One claimed piece of work, with all that the call needs."""

    account_id: int
    router_id: int
    revision: int
    withdrawn: bool
    driver: str
    address: RouterAddress
    desired: DesiredAccount


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


def claim(work: Work, *, account_id: int, router_id: int) -> Order | None:
    """Take the account up for this router. None where the router has followed, is away or refuses for now, or
    where another worker is at it.
    """
    account, row = _locked(work, account_id, router_id)
    router = work.session.get_one(Router, router_id)
    waits = [at for at in (row.claimed_until, row.retry_at) if at is not None and at > work.now]
    if row.applied_revision >= account.revision or waits or router.away_since is not None:
        return None
    row.claimed_until = work.now + CLAIM
    return Order(
        account_id=account_id,
        router_id=router_id,
        revision=account.revision,
        withdrawn=row.withdrawn,
        driver=router.driver,
        address=address_of(work, router),
        desired=_desired(work, account, row),
    )


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
        again = _note_held(work, order)
    logger("network").info(
        "followed",
        router=order.address.name,
        account=order.account_id,
        state=order.desired.state,
        changed=applied.changed,
        sessions_ended=applied.sessions_ended,
    )
    return Outcome.FOLLOWED, again


def _note_held(work: Work, order: Order) -> bool:
    """Record that the router holds the order; True where something else is wanted meanwhile."""
    account, row = _locked(work, order.account_id, order.router_id)
    row.claimed_until = row.retry_at = row.last_error = None
    row.failures = 0
    note_answered(work, router_id=order.router_id)
    if (account.revision, row.withdrawn) != (order.revision, order.withdrawn):
        row.applied_revision = 0
        return True
    row.applied_revision, row.acknowledged_at = order.revision, work.now
    if order.desired.state == PRESENT and (account.granted_revision or 0) < order.revision:
        account.granted_revision, account.granted_at = order.revision, work.now
        work.request_id = request_of(work, account.subscription_id) or work.request_id
        work.record(AccessGranted(account.subscription_id, int(work.now.timestamp())))
    return False


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


def _desired(work: Work, account: AccessAccount, row: RouterAccount) -> DesiredAccount:
    return DesiredAccount(
        account_id=account.id,
        service=cast(Service, account.service),
        username=username_of(work, account),
        secret=secret_of(work, account),
        profile=DesiredProfile(
            name=account.profile,
            download_kbps=account.download_kbps,
            upload_kbps=account.upload_kbps,
            shared_devices=account.shared_devices,
        ),
        state=cast(State, ABSENT if row.withdrawn else account.desired),
        uptime_limit_seconds=account.uptime_limit_seconds,
        data_limit_bytes=account.data_limit_bytes,
    )
