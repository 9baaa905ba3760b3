"""Puts the outside world together: one process, one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from sandbox.africastalking.doors import sms_doors
from sandbox.africastalking.sms import SmsGateway
from sandbox.africastalking.ussd import UssdGateway
from sandbox.clock import TrialClock
from sandbox.clock_stops import ClockMover
from sandbox.control_doors import control_doors
from sandbox.courier import Courier
from sandbox.daraja.announcer import Announcer
from sandbox.daraja.asynchronous import BackOffice, back_office_doors
from sandbox.daraja.c2b import PaybillDesk
from sandbox.daraja.credentials import InitiatorDesk
from sandbox.daraja.desk import PREFIXES, refuse
from sandbox.daraja.errors import DarajaRefusal
from sandbox.daraja.ledger import MpesaLedger
from sandbox.daraja.paybill import paybill_doors, pull_doors
from sandbox.daraja.prompts import Prompts
from sandbox.daraja.stk import stk_doors
from sandbox.daraja.tokens import Tokens
from sandbox.faults import StandingFaults
from sandbox.guard import Guard
from sandbox.page import pages
from sandbox.phone_doors import phone_doors
from sandbox.phones import Phones
from sandbox.routers import RouterRack, router_doors
from sandbox.scene import scene_doors
from sandbox.world import World


def create_app(world: World, state: Path) -> FastAPI:
    """The sandbox of one world; `state` is the folder in which it remembers."""
    state.mkdir(parents=True, exist_ok=True)
    account = world.daraja
    clock = TrialClock(world.clock_file)
    faults = StandingFaults(state / "faults.json")
    courier = Courier(clock)
    mover = ClockMover(world.web, clock, courier)
    phones = Phones(state, world.network_code)
    ussd = UssdGateway(world, phones, courier, faults, clock)
    sms = SmsGateway(state, world, phones, courier, faults, clock)
    ledger = MpesaLedger(state, account, phones, clock, business=world.sender)
    paybill = PaybillDesk(state, account, phones, ledger, courier, faults, clock)
    announcer = Announcer(account.shortcode, ledger, paybill, courier, faults, clock)
    prompts = Prompts(
        state, account, phones, ledger, faults, clock, in_ussd=ussd.in_session, told=announcer.tell
    )  # fmt: skip
    tokens = Tokens(account, clock)
    initiators = InitiatorDesk(state, account)
    office = BackOffice(account, ledger, initiators, clock)
    rack = RouterRack(world.routers, clock.now, state / "routers", faults)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await rack.start()
        for prompt in prompts.still_open():
            courier.errand(prompts.play_out(prompt, "none"))
        try:
            yield
        finally:
            await courier.stop()
            await rack.stop()

    app = FastAPI(
        title="Sandbox", description=__doc__, lifespan=lifespan, docs_url=None, redoc_url=None, version="1"
    )
    app.add_middleware(Guard)
    app.add_exception_handler(DarajaRefusal, refuse)
    app.add_exception_handler(StarletteHTTPException, _not_a_door)
    for doors in (
        control_doors(world, faults, courier, clock, mover, paybill, rack),
        phone_doors(phones, prompts, paybill, ussd, sms),
        scene_doors(world, phones, prompts, ledger, rack, courier, faults, clock),
        router_doors(rack),
        stk_doors(account, tokens, prompts, announcer, courier, faults),
        paybill_doors(account, tokens, paybill, ledger),
        pull_doors(account, tokens, ledger, faults, clock, state),
        back_office_doors(office, initiators, ledger, tokens, courier, faults, clock),
        sms_doors(world.africastalking, sms, faults),
        pages(world, app),
    ):
        app.include_router(doors)
    return app


async def _not_a_door(request: Request, error: Exception) -> Response:
    """A wrong address or method, in Daraja's words where Daraja was meant."""
    assert isinstance(error, StarletteHTTPException)
    if request.url.path.startswith(PREFIXES):
        known = {404: ("404.001.01", "Resource not found"), 405: ("405.001", "Method Not Allowed")}
        if error.status_code in known:
            refusal = DarajaRefusal(error.status_code, *known[error.status_code])
            return JSONResponse(refusal.body(), status_code=error.status_code)
    return await http_exception_handler(request, HTTPException(error.status_code, error.detail))
