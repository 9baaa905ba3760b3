"""Reads about routers, for staff's screens, readiness and support."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Row

from core.base.database import Work
from core.catalogue.model import PPPOE, Site
from core.network.model import PRESENT, AccessAccount, Router, RouterAccount


@dataclass(frozen=True, slots=True)
class RouterLine:
    """A router as staff see it. behind: accounts that it has not followed yet."""

    id: int
    name: str
    site_id: int
    site_name: str
    serves_pppoe: bool
    serves_hotspot: bool
    away_since: datetime | None
    last_seen_at: datetime | None
    last_error: str | None
    accounts: int
    behind: int


def routers(work: Work) -> list[RouterLine]:
    """Every router, by site and name."""
    return [_line(row) for row in work.session.execute(_routers().order_by(Site.name, Router.name))]


def router_of_line(work: Work, subscription_id: int) -> RouterLine | None:
    """The router that a home line hangs on; None where it has none (or is a voucher, which holds at many)."""
    found = work.session.execute(
        _routers().where(
            Router.id.in_(
                select(RouterAccount.router_id)
                .join(AccessAccount, AccessAccount.id == RouterAccount.account_id)
                .where(
                    AccessAccount.subscription_id == subscription_id,
                    AccessAccount.service == PPPOE,
                    ~RouterAccount.withdrawn,
                )
            )
        )
    ).first()
    return _line(found) if found else None


def _routers() -> Select[Router, str, int, int]:
    of_router = (
        select(func.count())
        .select_from(RouterAccount)
        .join(AccessAccount, AccessAccount.id == RouterAccount.account_id)
        .where(RouterAccount.router_id == Router.id)
        .correlate(Router)
    )
    behind = of_router.where(RouterAccount.applied_revision < AccessAccount.revision)
    held = of_router.where(~RouterAccount.withdrawn, AccessAccount.desired == PRESENT)
    return select(Router, Site.name, held.scalar_subquery(), behind.scalar_subquery()).join(
        Site, Site.id == Router.site_id
    )


def _line(row: Row[Router, str, int, int]) -> RouterLine:
    router, site_name, accounts, behind = row
    return RouterLine(
        id=router.id,
        name=router.name,
        site_id=router.site_id,
        site_name=site_name,
        serves_pppoe=router.serves_pppoe,
        serves_hotspot=router.serves_hotspot,
        away_since=router.away_since,
        last_seen_at=router.last_seen_at,
        last_error=router.last_error,
        accounts=accounts,
        behind=behind,
    )
