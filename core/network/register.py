"""Register a router, and check that one can be worked with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.base.database import Work
from core.base.errors import OutsideError, Refusal
from core.base.settings import Network
from core.base.words import say
from core.network.addresses import check_address
from core.network.driver import RouterFacts
from core.network.events import RouterReturned
from core.network.follow import NetworkDeps
from core.network.model import Router
from core.network.routers import address_of


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a router said of itself, if it answered, and what is wrong in plain words."""

    facts: RouterFacts | None
    problems: tuple[str, ...]


def register_router(
    work: Work,
    *,
    name: str,
    site_id: int,
    host: str,
    port: int,
    username: str,
    password: str,
    serves_pppoe: bool,
    serves_hotspot: bool,
    networks: Sequence[Network],
    live: bool,
    own_ports: Collection[int],
    driver: str = "routeros",
) -> Router:
    """A new router, its password sealed. It is then looked over and given what its site's subscriptions need.

    Raises Refusal for an address where no router may be, a name in use, or a router that serves nothing.
    """
    place = check_address(host, port, networks=networks, live=live, own_ports=own_ports)
    if not serves_pppoe and not serves_hotspot:
        raise Refusal(say("A router serves home lines, the hotspot, or both."))
    if work.session.scalar(select(Router.id).where(Router.name == name)) is not None:
        raise Refusal(say("There is a router named {name} already.", name=name))
    router_id = work.next_id("routers")
    router = Router(
        id=router_id,
        site_id=site_id,
        name=name,
        driver=driver,
        host=place,
        port=port,
        username=username,
        password_sealed=work.keyring.seal(password, table="routers", column="password_sealed", row=router_id),
        serves_pppoe=serves_pppoe,
        serves_hotspot=serves_hotspot,
        recheck=True,
    )
    work.session.add(router)
    work.session.flush()
    work.record(RouterReturned(router_id))
    return router


def check_router(
    deps: NetworkDeps,
    *,
    router_id: int,
    networks: Sequence[Network],
    live: bool,
    own_ports: Collection[int],
) -> Checkup:
    """Whether the address is still allowed, the router answers, lets us in and shows what we read of it."""
    with deps.work() as work:
        router = work.session.get_one(Router, router_id)
        address, driver = address_of(work, router), deps.drivers[router.driver]
        services = (("pppoe", router.serves_pppoe), ("hotspot", router.serves_hotspot))
    try:
        check_address(address.host, address.port, networks=networks, live=live, own_ports=own_ports)
    except Refusal as refusal:
        return Checkup(None, (refusal.sentence.msgid.format(**refusal.sentence.values),))
    facts, problems = None, []
    try:
        facts = driver.probe(address)
        if services[0][1]:
            driver.holds(address, "pppoe")
        if services[1][1]:
            driver.holds(address, "hotspot")
    except OutsideError as error:
        problems.append(str(error))
    return Checkup(facts, tuple(problems))
