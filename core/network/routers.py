"""Routers as rows: where they are, and what is known of their answering."""

from datetime import timedelta

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import Rejected
from core.base.inbox import raise_incident
from core.base.log import logger
from core.network.driver import RouterAddress
from core.network.events import RouterReturned
from core.network.model import Router

SEEN_EVERY = timedelta(minutes=1)
"""last_seen_at is written no more often: a busy router's row must not be a queue of writers."""


def address_of(work: Work, router: Router) -> RouterAddress:
    """Where the router is, with the clear password."""
    return RouterAddress(
        router_id=router.id,
        name=router.name,
        host=router.host,
        port=router.port,
        username=router.username,
        password=work.keyring.unseal(
            router.password_sealed, table="routers", column="password_sealed", row=router.id
        ),
    )


def note_away(work: Work, *, router_id: int, why: str) -> None:
    """The router did not answer. From now on it is left alone but for the probe of each minute."""
    router = _locked(work, router_id)
    router.last_error, router.recheck = why, True
    if router.away_since is None:
        router.away_since = work.now
        logger("network").warning("router_away", router=router.name, why=why)


def note_answered(work: Work, *, router_id: int) -> None:
    """The router did what it was asked. One that counts as away comes back through its probe."""
    router = work.session.get_one(Router, router_id)
    if router.last_seen_at is None or work.now - router.last_seen_at >= SEEN_EVERY:
        router.last_seen_at = work.now


def note_back(work: Work, *, router_id: int) -> None:
    """The router answers its probe and is behind, or may be: it is to be caught up with."""
    router = _locked(work, router_id)
    if router.away_since is not None:
        away_seconds = int((work.now - router.away_since).total_seconds())
        logger("network").info("router_back", router=router.name, away_seconds=away_seconds)
    router.away_since = router.last_error = None
    router.last_seen_at = work.now
    work.record(RouterReturned(router_id))


def note_router_refused(work: Work, *, router_id: int, error: Rejected) -> None:
    """The router answers and does not let us work: for a person to mend."""
    router = work.session.get_one(Router, router_id)
    router.last_error = str(error)
    raise_incident(
        work,
        kind="router_refused",
        key=f"router_refused:{router_id}:{error.code}",
        detail=f"router {router.name}: {error}",
    )


def _locked(work: Work, router_id: int) -> Router:
    return work.session.scalars(
        select(Router)
        .where(Router.id == router_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
