"""What the network's jobs are handed, with routers in memory; and short ways to sell, log in and look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from sqlalchemy import select

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.inbox import Incident
from core.base.msisdn import Msisdn
from core.base.outbox import OutboxEntry
from core.billing.events import AccessChanged
from core.billing.model import AWAITING_NETWORK, Subscription
from core.billing.moves import move, note_move
from core.catalogue.model import Plan, Site
from core.network import jobs
from core.network.accounts import account_of, username_of
from core.network.driver import Applied, DesiredAccount, RouterAddress
from core.network.model import AccessAccount, Router, RouterAccount
from core.network.register import register_router
from core.subscribers.meet import meet
from core.vouchers.codes import draw_code
from core.vouchers.mint import code_of
from core.vouchers.model import Voucher
from tests.fakes.router import FakeRouter, FakeRouterDriver

AMINA, JUMA = Msisdn("254712345678"), Msisdn("254722000111")


class Network:
    """The assembled program, as far as this area knows it."""

    def __init__(self, database: Database, clock: SetClock) -> None:
        self.database, self.clock = database, clock
        self.driver = FakeRouterDriver()
        self.drivers = {"routeros": self.driver}

    @contextmanager
    def work(self, request_id: str | None = None) -> Iterator[Work]:
        with self.database.work(request_id) as work:
            yield work

    # -- the provider

    def site(self, name: str) -> int:
        with self.work() as work:
            found = Site(name=name)
            work.session.add(found)
            work.session.flush()
            return found.id

    def router_at(self, site_id: int, name: str, *, pppoe: bool = True, hotspot: bool = True) -> int:
        with self.work() as work:
            return register_router(
                work,
                name=name,
                site_id=site_id,
                host="127.0.0.1",
                port=18_728,
                username="bando",
                password=f"password of {name}",
                serves_pppoe=pppoe,
                serves_hotspot=hotspot,
                networks=[ip_network("10.99.0.0/16")],
                live=False,
                own_ports=(8000, 8100),
            ).id

    def plan(self, code: str, kind: str, *sites: int, **changes: Any) -> int:
        hotspot = kind == "hotspot"
        values: dict[str, Any] = {
            "code": code,
            "name": code[:12],
            "kind": kind,
            "price_cents": 5_000,
            "term_unit": "seconds" if hotspot else "months",
            "term_count": 86_400 if hotspot else 1,
            "download_kbps": 10_000,
            "upload_kbps": 5_000,
            "starts": "first_login" if hotspot else "grant",
            "state": "on_sale",
        } | changes
        with self.work() as work:
            found = Plan(**values, created_at=work.now)
            found.sites = [work.session.get_one(Site, site_id) for site_id in sites]
            work.session.add(found)
            work.session.flush()
            return found.id

    # -- what billing does

    def sell(self, plan_id: int, site_id: int | None = None, msisdn: Msisdn = AMINA) -> int:
        """A paid subscription that waits for the network; a hotspot plan with its voucher."""
        with self.work() as work:
            subscriber = meet(work, msisdn=msisdn)
            line = Subscription(
                subscriber_id=subscriber.id,
                plan_id=plan_id,
                site_id=site_id,
                state=AWAITING_NETWORK,
                created_at=work.now,
            )
            work.session.add(line)
            work.session.flush()
            note_move(work, line, AWAITING_NETWORK, "a test")
            if line.plan.kind == "hotspot":
                _mint(work, line)
            work.record(AccessChanged(line.id))
            return line.id

    def move(self, subscription_id: int, *states: str) -> None:
        with self.work() as work:
            line = work.session.get_one(Subscription, subscription_id)
            line.paid_through = work.now + timedelta(days=30)
            for state in states:
                move(work, line, state, "a test")

    def slow(self, subscription_id: int, slow: bool) -> None:
        with self.work() as work:
            line = work.session.get_one(Subscription, subscription_id)
            line.slowed_at = work.now if slow else None

    # -- jobs

    def converge(self, subscription_id: int) -> None:
        jobs.converge(self, subscription_id=subscription_id)

    def minute(self) -> None:
        """The clock tasks of one minute, and what they cause."""
        self.clock.advance(timedelta(minutes=1))
        heard = len(self.said("RouterReturned"))
        jobs.probe_routers(self)
        for event in self.said("RouterReturned")[heard:]:
            jobs.catch_up(self, router_id=event["router_id"])
        jobs.watch_logins(self)

    # -- looking

    def said(self, event: str) -> list[dict[str, Any]]:
        with self.work() as work:
            statement = select(OutboxEntry).where(OutboxEntry.event == event).order_by(OutboxEntry.id)
            return [entry.payload for entry in work.session.scalars(statement)]

    def granted(self) -> list[int]:
        """The subscriptions that the network said yes to, in order."""
        return [said["subscription_id"] for said in self.said("AccessGranted")]

    def incidents(self) -> list[str]:
        with self.work() as work:
            return list(work.session.scalars(select(Incident.key).order_by(Incident.id)))

    def account(self, subscription_id: int) -> AccessAccount:
        with self.work() as work:
            found = account_of(work, subscription_id)
            assert found is not None
            return found

    def username(self, subscription_id: int) -> str:
        with self.work() as work:
            found = account_of(work, subscription_id)
            assert found is not None
            return username_of(work, found)

    def code(self, subscription_id: int) -> str:
        with self.work() as work:
            voucher = work.session.scalars(
                select(Voucher).where(Voucher.subscription_id == subscription_id)
            ).one()
            return code_of(work, voucher)

    def row(self, subscription_id: int, router_id: int) -> RouterAccount:
        with self.work() as work:
            account = account_of(work, subscription_id)
            assert account is not None
            return work.session.get_one(RouterAccount, (account.id, router_id))

    def router(self, router_id: int) -> Router:
        with self.work() as work:
            return work.session.get_one(Router, router_id)

    def box(self, router_id: int) -> FakeRouter:
        return self.driver.router(router_id)

    def held(self, router_id: int) -> dict[str, str]:
        """Name to state of everything on the router."""
        return {name: held.state for (_, name), held in self.box(router_id).accounts.items()}


class Meddling:
    """The fake driver, with something that happens once right after its next apply, or before it."""

    def __init__(self, network: Network) -> None:
        self._plain = network.driver
        self.before: Callable[[], Any] | None = None
        self.after: Callable[[], Any] | None = None
        network.drivers["routeros"] = self  # type: ignore[assignment]

    def apply(self, address: RouterAddress, desired: DesiredAccount) -> Applied:
        before, self.before = self.before, None
        if before is not None:
            before()
        applied = self._plain.apply(address, desired)
        after, self.after = self.after, None
        if after is not None:
            after()
        return applied

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


def _mint(work: Work, line: Subscription) -> None:
    voucher_id, code = work.next_id("vouchers"), draw_code()
    work.session.add(
        Voucher(
            id=voucher_id,
            code_sealed=work.keyring.seal(code, table="vouchers", column="code_sealed", row=voucher_id),
            code_lookup=work.keyring.lookup(code, "voucher"),
            subscription_id=line.id,
            buyer_id=line.subscriber_id,
            holder_id=line.subscriber_id,
            sold_at=work.now,
            use_by=work.now + timedelta(days=90),
        )
    )


@pytest.fixture
def network(database: Database, clock: SetClock) -> Network:
    return Network(database, clock)


@pytest.fixture
def kilifi(network: Network) -> int:
    return network.site("Kilifi")


@pytest.fixture
def mast(network: Network, kilifi: int) -> int:
    """A router at Kilifi for both services, already looked over."""
    router_id = network.router_at(kilifi, "kilifi-1")
    jobs.catch_up(network, router_id=router_id)
    return router_id


@pytest.fixture
def home(network: Network, kilifi: int, mast: int) -> int:
    return network.plan("home10", "pppoe", kilifi)


@pytest.fixture
def day(network: Network, kilifi: int, mast: int) -> int:
    return network.plan("day1", "hotspot", kilifi)
