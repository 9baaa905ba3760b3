"""Many routers asked the same, side by side; who does not answer is noted, and holds up nobody."""

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import NotReady, Rejected, Unreachable
from core.network.driver import RouterAddress, RouterDriver
from core.network.follow import NetworkDeps
from core.network.model import Router
from core.network.routers import address_of, note_answered, note_away, note_router_refused

AT_ONCE = 8
"""Fifty dead routers at three seconds each are then asked within twenty."""

Said = TypeVar("Said")
Question = Callable[[RouterDriver, RouterAddress], Said]
Failure = Unreachable | Rejected | NotReady


@dataclass(frozen=True, slots=True)
class Answer(Generic[Said]):
    """What a router said. asked_at: the instant before it was asked."""

    router_id: int
    asked_at: datetime
    said: Said


def ask_routers(
    deps: NetworkDeps, router_ids: Collection[int], question: Question[Said]
) -> Iterator[Answer[Said]]:
    """The answers of those that answer, one after the other. One with which another thread is talking is left out."""
    with deps.work() as work:
        routers = work.session.scalars(select(Router).where(Router.id.in_(router_ids)).order_by(Router.id))
        asked = [(router.driver, address_of(work, router)) for router in routers]
    if not asked:
        return

    def ask(one: tuple[str, RouterAddress]) -> Answer[Said | Failure]:
        driver, address = one
        with deps.work() as work:
            at = work.now
        return Answer(address.router_id, at, _said(deps.drivers[driver], address, question))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        for answer in threads.map(ask, asked):
            if isinstance(answer.said, Unreachable | Rejected | NotReady):
                with deps.work() as work:
                    _note_failure(work, answer.router_id, answer.said)
            else:
                with deps.work() as work:
                    note_answered(work, router_id=answer.router_id)
                yield Answer(answer.router_id, answer.asked_at, answer.said)


def _said(driver: RouterDriver, address: RouterAddress, question: Question[Said]) -> Said | Failure:
    try:
        return question(driver, address)
    except (Unreachable, Rejected, NotReady) as error:
        return error


def _note_failure(work: Work, router_id: int, error: Failure) -> None:
    """Busy is no failure: the next time looks again."""
    if isinstance(error, Unreachable):
        note_away(work, router_id=router_id, why=str(error))
    elif isinstance(error, Rejected):
        note_router_refused(work, router_id=router_id, error=error)
