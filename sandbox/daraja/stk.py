"""Doors of M-Pesa Express: the token, the push, the query."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.background import BackgroundTask

from sandbox.courier import Courier
from sandbox.daraja import results
from sandbox.daraja.announcer import Announcer
from sandbox.daraja.desk import check_password, read_json, read_request, shape
from sandbox.daraja.errors import (
    bad_token,
    being_processed,
    request_id,
    server_error,
    spike_arrest,
    subscriber_locked,
    transaction_unknown,
)
from sandbox.daraja.payloads import StkPushRequest, StkQueryRequest, checked
from sandbox.daraja.prompts import Prompt, Prompts
from sandbox.daraja.tokens import SAID_SECONDS, Token, Tokens
from sandbox.faults import StandingFaults
from sandbox.world import DarajaAccount

NEVER_SECONDS = 300.0  # an unanswered call ends with the caller's patience; this bounds a caller without any
MAINTENANCE = "<html><head><title>503</title></head><body><h1>Service under maintenance</h1></body></html>"


def stk_doors(
    account: DarajaAccount,
    tokens: Tokens,
    prompts: Prompts,
    announcer: Announcer,
    courier: Courier,
    faults: StandingFaults,
) -> APIRouter:
    router = APIRouter(tags=["daraja"])

    @router.get("/oauth/v1/generate")
    async def generate_token(request: Request, grant_type: str | None = None) -> dict[str, Any]:
        """A token for an hour; it ends the one before."""
        word = tokens.grant(request.headers.get("authorization"), grant_type)
        return {"access_token": word, "expires_in": SAID_SECONDS}

    @router.post("/mpesa/stkpush/v1/processrequest", openapi_extra=shape(StkPushRequest))
    async def stk_push(request: Request) -> Response:
        """Accepts for processing and lights up a PIN prompt; what became of it comes by callback or query."""
        token = tokens.check(request.headers.get("authorization"))
        if (failing := _failing(faults.now.stk_push, token, tokens)) is not None:
            return failing
        asked = checked(StkPushRequest, await read_json(request))
        check_password(account, asked.BusinessShortCode, asked.Password, asked.Timestamp)
        if faults.now.stk_push == "locked":
            raise subscriber_locked()
        token.pushes += 1
        prompt, standing = prompts.accept(asked), faults.now

        async def begin() -> None:
            courier.errand(prompts.play_out(prompt, standing.stk_result))
            if standing.callback == "forged":
                courier.errand(announcer.forge(prompt))

        if standing.callback == "before_answer":
            await begin()
            await announcer.spread(await prompts.over(prompt))
        elif standing.stk_push in {"slow", "accepted_no_answer"}:
            await begin()
            seconds = standing.slow_seconds if standing.stk_push == "slow" else NEVER_SECONDS
            await _wait_while_connected(request, seconds)
        else:
            return JSONResponse(_accepted(prompt), background=BackgroundTask(begin))
        return JSONResponse(_accepted(prompt))

    @router.post("/mpesa/stkpushquery/v1/query", openapi_extra=shape(StkQueryRequest))
    async def stk_query(request: Request) -> Response:
        """How a push stands. Pending has three shapes; a final answer names neither receipt nor amount."""
        asked = await read_request(request, tokens, StkQueryRequest)
        check_password(account, asked.BusinessShortCode, asked.Password, asked.Timestamp)
        prompt = prompts.find(asked.CheckoutRequestID)
        if prompt is None:
            raise transaction_unknown()
        return _how_it_stands(prompt, faults)

    return router


def _failing(fault: str, token: Token, tokens: Tokens) -> Response | None:
    """The faults that strike before the request is read."""
    if fault == "500":
        raise server_error()
    if fault == "spike":
        raise spike_arrest()
    if fault == "html":
        return HTMLResponse(MAINTENANCE, status_code=503)
    if fault == "token_expired" and token.pushes:
        tokens.end()
        raise bad_token()
    return None


def _accepted(prompt: Prompt) -> dict[str, str]:
    return {
        "MerchantRequestID": prompt.merchant_request_id,
        "CheckoutRequestID": prompt.id,
        "ResponseCode": "0",
        "ResponseDescription": "Success. Request accepted for processing",
        "CustomerMessage": "Success. Request accepted for processing",
    }


def _how_it_stands(prompt: Prompt, faults: StandingFaults) -> Response:
    fault = faults.now.stk_query
    if fault == "500":
        raise server_error()
    if fault == "pending_empty":
        return JSONResponse({"requestId": request_id(), "errorCode": "500.001.1001", "errorMessage": ""})
    if fault == "pending_500" or (fault == "normal" and prompt.state == "open"):
        raise being_processed()
    code = "4999" if fault == "pending_4999" else prompt.result or ""
    still = "The transaction is still under processing"
    return JSONResponse(
        {
            "ResponseCode": "0",
            "ResponseDescription": "The service request has been accepted successfully",
            "MerchantRequestID": prompt.merchant_request_id,
            "CheckoutRequestID": prompt.id,
            "ResultCode": results.as_code(code) if faults.now.stk_query_codes == "number" else code,
            "ResultDesc": results.MEANING_WHEN_ASKED.get(code, still),
        }
    )


async def _wait_while_connected(request: Request, seconds: float) -> None:
    """Real seconds: the caller's time-out is real too."""
    try:
        async with asyncio.timeout(seconds):
            while not await request.is_disconnected():
                await asyncio.sleep(0.05)
    except TimeoutError:
        return
