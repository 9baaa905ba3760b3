"""The staff web as one ASGI application, to be mounted at /admin."""

from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from admin import statics
from admin.desk import Desk, Door, StaffWebDeps, root
from admin.pages import (
    audit,
    contacts,
    coupons,
    cycle,
    dunning,
    dunning_policy,
    home,
    journal,
    lines,
    login,
    machines,
    many,
    messages,
    money,
    new_plan,
    orders,
    own,
    papers,
    person,
    plans,
    receipt,
    records,
    search,
    vouchers,
)
from admin.polite import Polite
from core.base.clock import Clock
from core.base.log import logger
from core.base.settings import Settings

DOORS: tuple[Door, ...] = (
    *home.DOORS,
    *search.DOORS,
    *person.DOORS,
    *journal.DOORS,
    *contacts.DOORS,
    *lines.DOORS,
    *money.DOORS,
    *records.DOORS,
    *receipt.DOORS,
    *orders.DOORS,
    *papers.DOORS,
    *cycle.DOORS,
    *dunning.DOORS,
    *dunning_policy.DOORS,
    *new_plan.DOORS,
    *plans.DOORS,
    *coupons.DOORS,
    *vouchers.DOORS,
    *machines.DOORS,
    *messages.DOORS,
    *many.DOORS,
    *audit.DOORS,
    *own.DOORS,
)
"""Every page that needs a login, and what it asks of a role."""


def application(deps: StaffWebDeps, shared: Settings, *, machine: Clock | None = None) -> ASGIApp:
    """The staff web. machine: the machine's clock, by which sessions and authenticator codes run."""
    desk = Desk(deps, shared, machine=machine)
    routes: list[BaseRoute] = [
        *statics.mounts(),
        *login.routes(desk),
        *(desk.route(door) for door in DOORS),
    ]

    async def refused(request: Request, error: Exception) -> Response:
        """The route template is logged, never the path."""
        assert isinstance(error, HTTPException)
        route = getattr(request.scope.get("route"), "path", "no route")
        logger("admin").info("request_refused", route=route, status=error.status_code)
        return desk.renderer.status(error.status_code, root=root(request))

    async def failed(scope: Scope, receive: Receive, send: Send) -> None:
        await desk.renderer.status(500, root=str(scope.get("root_path", "")))(scope, receive, send)

    # Not a whole Starlette application: that would answer a crash in its own words before Polite sees it.
    pages = ExceptionMiddleware(Router(routes), handlers={HTTPException: refused})
    return Polite(pages, failed=failed)
