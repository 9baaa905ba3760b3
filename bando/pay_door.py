"""The doors that Daraja calls. Checked, stored, answered; jobs do the rest.

They have threads and connections of their own, so that no flood of talk delays a callback.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from bando.bodies import read_body
from bando.compose import Program
from core.base.callers import caller, is_listed
from core.base.database import Work
from core.base.inbox import keep_evidence
from core.base.log import draw_request_id, following
from core.base.secrets import same_secret
from core.payments.mpesa import door
from core.payments.mpesa.door import Knock, Outcome

MAX_BODY = 8_192
"""A callback has under a thousand bytes."""
THREADS = 4
ACCEPTED = {"ResultCode": 0, "ResultDesc": "Accepted"}


def routes(program: Program) -> APIRouter:
    """The routes below /pay."""
    router = APIRouter(include_in_schema=False)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pay")
    shared, daraja = program.settings.shared, program.settings.daraja

    async def knock(request: Request, secret: str) -> Knock:
        if not same_secret(secret, shared.door_secrets):
            raise HTTPException(404)
        peer = request.client.host if request.client else ""
        source = caller(peer, request.headers.get("x-forwarded-for", ""), shared.trusted_proxies)
        body = await read_body(request, MAX_BODY)
        return Knock(body, source, is_listed(source, daraja.sources))

    async def in_thread(act: Callable[[Work], Any]) -> Any:
        def run() -> Any:
            with following(draw_request_id()), program.work() as work:
                return act(work)

        return await asyncio.get_running_loop().run_in_executor(threads, run)

    async def take(request: Request, secret: str, receive: Callable[[Work, Knock], Outcome]) -> Response:
        knocked = await knock(request, secret)
        outcome = await in_thread(lambda work: receive(work, knocked))
        return JSONResponse(ACCEPTED) if outcome is Outcome.STORED else Response(status_code=outcome.value)

    @router.post("/pay/{secret}/stk/{token}")
    async def stk(request: Request, secret: str, token: str) -> Response:
        return await take(request, secret, lambda work, knocked: door.receive_stk(work, knocked, token))

    @router.post("/pay/{secret}/c2b/confirmation")
    async def confirmation(request: Request, secret: str) -> Response:
        return await take(
            request,
            secret,
            lambda work, knocked: door.receive_confirmation(work, knocked, program.paybill),
        )

    @router.post("/pay/{secret}/c2b/validation")
    async def validation(request: Request, secret: str) -> Response:
        knocked = await knock(request, secret)
        return JSONResponse(await in_thread(lambda work: door.validate(work, knocked, program.paybill)))

    @router.post("/pay/{secret}/result")
    async def result(request: Request, secret: str) -> Response:
        return await take(request, secret, door.receive_result)

    @router.post("/pay/{secret}/timeout")
    async def timeout(request: Request, secret: str) -> Response:
        """Daraja's queue gave up: the outcome is unknown and will be asked for again. Kept, moves nothing."""
        knocked = await knock(request, secret)
        await in_thread(
            lambda work: keep_evidence(
                work, door="mpesa.timeout", reason="queue timeout", source=knocked.source, body=knocked.body
            )
        )
        return JSONResponse(ACCEPTED)

    return router
