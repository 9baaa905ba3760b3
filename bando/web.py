"""The web: one ASGI application. USSD, Daraja and the chats are answered before FastAPI is asked; all other
doors are its routes."""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import redis.asyncio
from fastapi import FastAPI, HTTPException, Request, Response
from starlette.responses import PlainTextResponse

from admin.app import application as staff_pages
from bando import health
from bando.chats import Door
from bando.compose import Program, assemble, check_database, read_settings
from bando.pay_door import PREFIX as PAY
from bando.pay_door import PayDoor
from bots.sms import doors as sms_doors
from core.base.log import logger, set_up_logging
from ussd.door import PREFIX as USSD
from ussd.door import UssdDoor
from ussd.talk import Talk
from ussd.valkey import Limits

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

VALKEY_SECONDS = 2.0
"""A Valkey that hangs must not hang a caller: the answer is a polite END."""


class Web:
    """The application that uvicorn runs."""

    def __init__(self, program: Program) -> None:
        settings = program.settings
        assert settings.shared.redis_url is not None
        self._valkey = redis.asyncio.Redis.from_url(
            settings.shared.redis_url,
            socket_timeout=VALKEY_SECONDS,
            socket_connect_timeout=VALKEY_SECONDS,
        )
        self._talk = Talk(
            redis=self._valkey,
            open_work=program.work,
            clock=program.clock,
            keyring=program.keyring,
            brand=settings.brand,
            sends_mail=settings.email.configured,
            push_after=timedelta(seconds=settings.ussd.push_after_seconds),
            budget=settings.ussd.budget,
            limits=Limits(
                turns_a_minute=settings.ussd.turns_a_minute,
                sessions_an_hour=settings.ussd.sessions_an_hour,
                door_turns_a_minute=settings.ussd.door_turns_a_minute,
            ),
        )
        self._ussd = UssdDoor(
            self._talk,
            secrets=settings.shared.door_secrets,
            open_without_secret=not settings.shared.live,
            sources=settings.ussd.sources,
            proxies=settings.shared.trusted_proxies,
        )
        self._pay = PayDoor(program)
        self._chats = program.chats.doors()
        self._pages = _pages(program, self._close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(USSD):
            await self._ussd(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PAY):
            await self._pay(scope, receive, send)
        else:
            await self._other(scope)(scope, receive, send)

    def _other(self, scope: Scope) -> Door:
        """The chats' doors, and the pages for what is left."""
        if scope["type"] == "http":
            for takes, door in self._chats:
                if takes(scope["path"]):
                    return door
        return self._pages

    async def _close(self) -> None:
        self._talk.close()
        await self._valkey.aclose()


def _pages(program: Program, close: Callable[[], Awaitable[None]]) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await close()

    app = FastAPI(title="Bando", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.include_router(sms_doors.router(program, program.settings.shared, program.settings.africastalking))
    app.include_router(health.routes(program))
    app.mount("/admin", staff_pages(program, program.settings.shared))

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        """The route template is logged, never the path: it holds secrets. The caller sees no traceback."""
        route = getattr(request.scope.get("route"), "path", "no route")
        logger("web").error("request_failed", route=route, error=type(error).__name__, exc_info=error)
        return PlainTextResponse("Something went wrong here. Nothing was changed.", status_code=500)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        route = getattr(request.scope.get("route"), "path", "no route")
        logger("web").info("request_refused", route=route, status=error.status_code)
        return Response(status_code=error.status_code)

    return app


def create() -> Web:
    """Uvicorn's factory: the application of this environment's settings."""
    settings = read_settings()
    set_up_logging("web", settings.shared.log_level, settings.shared.log_folder)
    program = assemble(settings)
    check_database(program)
    return Web(program)
