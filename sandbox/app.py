"""Puts the outside world together: one process, one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from sandbox.africastalking.doors import sms_doors
from sandbox.africastalking.sms import SmsGateway
from sandbox.africastalking.ussd import UssdGateway
from sandbox.chat_doors import Hand, Place, chat_doors
from sandbox.chats import ChatLog
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
from sandbox.documents import Documents, document_doors
from sandbox.faults import StandingFaults
from sandbox.guard import Guard
from sandbox.mail.office import PostOffice
from sandbox.meta.doors import whatsapp_doors
from sandbox.meta.hand import WhatsAppHand
from sandbox.meta.media import Media
from sandbox.meta.number import WhatsAppNumber
from sandbox.meta.webhooks import MetaWebhooks
from sandbox.page import pages
from sandbox.phone_doors import phone_doors
from sandbox.phones import Phones
from sandbox.routers import RouterRack, router_doors
from sandbox.scene import scene_doors
from sandbox.telegram.bot import Bot
from sandbox.telegram.chats import BotChats
from sandbox.telegram.doors import telegram_doors
from sandbox.telegram.hand import TelegramHand
from sandbox.telegram.updates import Updates
from sandbox.windows import Desk
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
    documents = Documents(state)
    post = PostOffice(state, world.mail, documents, faults, clock)
    telegram, telegram_hand, telegram_log = _telegram(world, state, phones, documents, courier, faults, clock)
    whatsapp, whatsapp_hand, whatsapp_log = _whatsapp(world, state, phones, documents, courier, faults, clock)
    desk = Desk(phones, whatsapp_log, telegram_log, sms, faults)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await rack.start()
        await post.start()
        for prompt in prompts.still_open():
            courier.errand(prompts.play_out(prompt, "none"))
        try:
            yield
        finally:
            await courier.stop()
            await post.stop()
            await rack.stop()

    app = FastAPI(
        title="Sandbox", description=__doc__, lifespan=lifespan, docs_url=None, redoc_url=None, version="1"
    )
    app.add_middleware(Guard)
    app.add_exception_handler(DarajaRefusal, refuse)
    app.add_exception_handler(StarletteHTTPException, _not_a_door)
    for doors in (
        control_doors(world, faults, courier, clock, mover, paybill, rack, post),
        phone_doors(phones, prompts, paybill, ussd, sms),
        scene_doors(world, phones, prompts, desk, ledger, rack, courier, faults, clock),
        router_doors(rack),
        stk_doors(account, tokens, prompts, announcer, courier, faults),
        paybill_doors(account, tokens, paybill, ledger),
        pull_doors(account, tokens, ledger, faults, clock, state),
        back_office_doors(office, initiators, ledger, tokens, courier, faults, clock),
        sms_doors(world.africastalking, sms, faults),
        telegram,
        whatsapp,
        chat_doors(
            {
                "telegram": Place(telegram_hand, telegram_log),
                "whatsapp": Place(whatsapp_hand, whatsapp_log),
            },
            post,
        ),
        document_doors(documents),
        pages(world, app),
    ):
        app.include_router(doors)
    return app


def _telegram(
    world: World,
    state: Path,
    phones: Phones,
    documents: Documents,
    courier: Courier,
    faults: StandingFaults,
    clock: TrialClock,
) -> tuple[APIRouter, Hand, ChatLog]:
    """The Bot API's doors, the hand that writes to the bot, and what stands in its chats."""
    updates = Updates(world, state, courier, faults, clock)
    chats = BotChats(state, world.telegram, phones, faults, clock)
    bot = Bot(chats, updates, documents, clock)
    doors = telegram_doors(world.telegram, bot, documents, faults)
    return doors, TelegramHand(chats, bot, updates, clock), chats.log


def _whatsapp(
    world: World,
    state: Path,
    phones: Phones,
    documents: Documents,
    courier: Courier,
    faults: StandingFaults,
    clock: TrialClock,
) -> tuple[APIRouter, Hand, ChatLog]:
    """The Graph's doors, the hand that writes to the number, and what stands in its chats."""
    log, media = ChatLog(state / "whatsapp.jsonl"), Media(documents, clock)
    webhooks = MetaWebhooks(world, courier, faults, clock)
    number = WhatsAppNumber(world.whatsapp, log, phones, media, webhooks, courier, faults, clock)
    hand = WhatsAppHand(world.whatsapp, number, phones, webhooks, faults, clock)
    return whatsapp_doors(world, number, media, faults), hand, log


async def _not_a_door(request: Request, error: Exception) -> Response:
    """A wrong address or method, in Daraja's words where Daraja was meant."""
    assert isinstance(error, StarletteHTTPException)
    if request.url.path.startswith(PREFIXES):
        known = {404: ("404.001.01", "Resource not found"), 405: ("405.001", "Method Not Allowed")}
        if error.status_code in known:
            refusal = DarajaRefusal(error.status_code, *known[error.status_code])
            return JSONResponse(refusal.body(), status_code=error.status_code)
    return await http_exception_handler(request, HTTPException(error.status_code, error.detail))
