"""The doors for what Africa's Talking tells us: reports and opt-outs. Check, store, answer; a job reads them.

Africa's Talking signs nothing, so the secret in the path and, where set, the source address are the whole
check (M1). A wrong secret looks like a page that does not exist and leaves no row.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from bots.sms import forms
from bots.sms.settings import AfricasTalkingSettings
from core.base.bodies import BodyRefused, read_body
from core.base.callers import caller, is_listed
from core.base.clock import nairobi_day
from core.base.database import OpensWork, Work
from core.base.events import Event
from core.base.inbox import keep_evidence, store
from core.base.log import logger
from core.base.secrets import same_secret
from core.base.settings import Network, Settings
from core.messaging.carrier import Unreadable
from core.messaging.events import OptOutReceived, ReportReceived

MAX_BODY = 8_192
"""Bytes (M52); a report has two hundred."""


@dataclass(frozen=True, slots=True)
class Door:
    """One kind of news. about: what makes the same words a new message, None where they say it themselves."""

    name: str
    read: Callable[[bytes], object]
    event: Callable[[int], Event]
    about: Callable[[Work], int | None]


DELIVERY = Door("sms.delivery", forms.read_report, lambda row: ReportReceived(row), lambda _: None)
# An opt-out has neither id nor date: on another day it is another one, for the person may have changed his
# mind in between.
OPT_OUT = Door(
    "sms.optout",
    forms.read_opt_out,
    lambda row: OptOutReceived(row),
    lambda work: nairobi_day(work.now).toordinal(),
)


def router(deps: OpensWork, shared: Settings, settings: AfricasTalkingSettings) -> APIRouter:
    """The routes. The paths without a secret exist in trial mode alone."""
    routes = APIRouter(include_in_schema=False)

    def open_door(path: str, door: Door) -> None:
        async def knock(request: Request) -> Response:
            secret = request.path_params.get("secret")
            if secret is not None and not same_secret(secret, shared.door_secrets):
                raise HTTPException(status_code=404)
            return await _take(request, door, deps, shared.trusted_proxies, settings.sources)

        routes.add_api_route(f"{path}/{{secret}}", knock, methods=["POST"])
        if not shared.live:
            routes.add_api_route(path, knock, methods=["POST"])

    open_door("/sms/africastalking/delivery", DELIVERY)
    open_door("/sms/africastalking/optout", OPT_OUT)
    return routes


async def _take(
    request: Request, door: Door, deps: OpensWork, proxies: list[Network], sources: list[Network]
) -> Response:
    peer = request.client.host if request.client else ""
    source = caller(peer, request.headers.get("x-forwarded-for", ""), proxies)
    try:
        body = await read_body(request.scope, request.receive, MAX_BODY)
    except BodyRefused as refused:
        logger("doors").warning("refused", door=door.name, status=refused.status, source=source)
        return Response(status_code=refused.status)
    known = not sources or is_listed(source, sources)
    return await run_in_threadpool(_keep, deps, door, body, source, known=known, trusted=bool(sources))


def _keep(deps: OpensWork, door: Door, body: bytes, source: str, *, known: bool, trusted: bool) -> Response:
    """Store what passes its check and leave its event; keep the rest as evidence."""
    with deps.work() as work:
        if not known:
            keep_evidence(work, door=door.name, reason="foreign source", source=source, body=body)
            return Response(status_code=403)
        try:
            door.read(body)
        except Unreadable as why:
            keep_evidence(work, door=door.name, reason=str(why), source=source, body=body)
            return Response(status_code=400)
        row = store(work, door=door.name, body=body, source=source, trusted=trusted, about=door.about(work))
        if row is not None:
            work.record(door.event(row))
    return Response(status_code=200)
