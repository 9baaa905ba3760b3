"""The clock's look at routers: those that are away, and those that are behind."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy import exists, or_, select

from core.base.database import Work
from core.base.errors import NotReady, Rejected, Unreachable
from core.network.converge import due
from core.network.driver import RouterAddress
from core.network.follow import NetworkDeps
from core.network.model import AccessAccount, Router, RouterAccount
from core.network.routers import address_of, note_away, note_back, note_router_refused

PROBES_AT_ONCE = 8
"""Fifty dead routers at three seconds each are then asked within twenty."""


@dataclass(frozen=True, slots=True)
class _Probe:
    driver: str
    address: RouterAddress


def probe_all(deps: NetworkDeps) -> None:
    """Probe the routers that are away, behind or to be looked over; say of those that answer that they do."""
    with deps.work() as work:
        probes = [_Probe(router.driver, address_of(work, router)) for router in _to_be_probed(work)]
    if not probes:
        return
    with ThreadPoolExecutor(PROBES_AT_ONCE) as threads:
        answers = list(threads.map(lambda probe: _ask(deps, probe), probes))
    for probe, answer in zip(probes, answers, strict=True):
        router_id = probe.address.router_id
        with deps.work() as work:
            if answer is None:
                note_back(work, router_id=router_id)
            elif isinstance(answer, Rejected):
                note_router_refused(work, router_id=router_id, error=answer)
            else:
                note_away(work, router_id=router_id, why=str(answer))


def _ask(deps: NetworkDeps, probe: _Probe) -> Unreachable | Rejected | None:
    try:
        deps.drivers[probe.driver].probe(probe.address)
    except (Unreachable, Rejected) as error:
        return error
    except NotReady:
        pass  # another thread is talking to it at this moment
    return None


def _to_be_probed(work: Work) -> list[Router]:
    behind = exists(
        select(RouterAccount.account_id)
        .join(AccessAccount, AccessAccount.id == RouterAccount.account_id)
        .where(RouterAccount.router_id == Router.id, *due(work))
    )
    return list(
        work.session.scalars(
            select(Router)
            .where(or_(Router.away_since.is_not(None), Router.recheck, behind))
            .order_by(Router.id)
        )
    )
