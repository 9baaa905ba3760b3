"""The command line's words with routers."""

from sqlalchemy import select

from bando.processes import start
from core.base.errors import Refusal
from core.base.words import say
from core.catalogue.model import Site
from core.network.model import Router
from core.network.register import check_router, register_router


def add_router(
    *, name: str, site: str, host: str, port: int, username: str, password: str, pppoe: bool, hotspot: bool
) -> str:
    """Register a router at a site. What was done, in words. Raises Refusal."""
    program = start("cli")
    shared = program.settings.shared
    with program.work() as work:
        place = work.session.scalar(select(Site).where(Site.name == site))
        if place is None:
            raise Refusal(say("There is no site named {name}.", name=site))
        register_router(
            work,
            name=name,
            site_id=place.id,
            host=host,
            port=port,
            username=username,
            password=password,
            serves_pppoe=pppoe,
            serves_hotspot=hotspot,
            networks=shared.router_networks,
            live=shared.live,
            own_ports=[shared.port, shared.sandbox_port],
        )
    answered, words = check(name)
    return f"{name} is registered. {words}" if answered else f"{name} is registered, but: {words}"


def check(name: str) -> tuple[bool, str]:
    """Whether a router can be worked with, and what it said or what is wrong."""
    program = start("cli")
    with program.work() as work:
        router_id = work.session.scalar(select(Router.id).where(Router.name == name))
    if router_id is None:
        raise Refusal(say("There is no router named {name}.", name=name))
    shared = program.settings.shared
    checkup = check_router(
        program,
        router_id=router_id,
        networks=shared.router_networks,
        live=shared.live,
        own_ports=[shared.port, shared.sandbox_port],
    )
    if checkup.problems:
        return False, " ".join(checkup.problems)
    facts = checkup.facts
    return True, f"It answers: {facts.identity}, RouterOS {facts.version}." if facts else "It answers."
