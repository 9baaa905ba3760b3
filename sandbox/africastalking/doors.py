"""Africa's Talking's own HTTP doors: send, fetch, balance. Form in, JSON out without a charset."""

import asyncio
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.background import BackgroundTask

from sandbox.africastalking.sms import SmsGateway
from sandbox.faults import StandingFaults
from sandbox.world import AfricasTalkingAccount

# The official SDK parses an answer only if its content type is exactly this, without a charset.
JSON = "application/json"
_FORM = {
    "type": "object",
    "required": ["username", "to", "message"],
    "properties": {
        name: {"type": "string"} for name in ("username", "to", "message", "from", "bulkSMSMode", "enqueue")
    },
}
_BULK = {
    "type": "object",
    "required": ["username", "message", "senderId", "phoneNumbers"],
    "properties": {
        **{name: {"type": "string"} for name in ("username", "message", "senderId")},
        "phoneNumbers": {"type": "array", "items": {"type": "string"}},
        "enqueue": {"type": "integer"},
    },
}


def sms_doors(account: AfricasTalkingAccount, gateway: SmsGateway, faults: StandingFaults) -> APIRouter:
    router = APIRouter(tags=["africastalking"])

    def stranger(request: Request, username: Any) -> Response | None:
        """The answer to a wrong key or user name."""
        key = request.headers.get("apikey", "")
        if username == account.username and secrets.compare_digest(key.encode(), account.api_key.encode()):
            return None
        return PlainTextResponse("The supplied authentication is invalid", status_code=401)

    async def send(sender: str | None, numbers: list[str], message: str) -> Response:
        fault, seconds = faults.now.sms, faults.now.slow_seconds
        if fault == "500":
            return PlainTextResponse("Internal Server Error", status_code=500)
        body, reports = gateway.send(sender, numbers, message)
        if fault == "slow":
            await asyncio.sleep(seconds)  # real seconds: the caller's time-out is real too
        return _answer(body, 201, BackgroundTask(gateway.report, reports))

    @router.post("/version1/messaging", openapi_extra=_body("application/x-www-form-urlencoded", _FORM))
    async def send_form(request: Request) -> Response:
        """The older door: a form, numbers joined by commas."""
        form = dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))
        if (refusal := stranger(request, form.get("username"))) is not None:
            return refusal
        numbers = [number.strip() for number in form.get("to", "").split(",") if number.strip()]
        if not numbers or not form.get("message"):
            return PlainTextResponse("Must have to and message", status_code=400)
        return await send(form.get("from"), numbers, form["message"])

    @router.post("/version1/messaging/bulk", openapi_extra=_body(JSON, _BULK))
    async def send_bulk(request: Request) -> Response:
        """The newer door: JSON, numbers in a list, a sender required."""
        try:
            asked = json.loads(await request.body())
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return PlainTextResponse("The request body is not JSON", status_code=400)
        if (refusal := stranger(request, asked.get("username"))) is not None:
            return refusal
        numbers, message, sender = asked.get("phoneNumbers"), asked.get("message"), asked.get("senderId")
        if not (
            isinstance(numbers, list) and numbers and isinstance(message, str) and isinstance(sender, str)
        ):
            return PlainTextResponse("Must have senderId, phoneNumbers and message", status_code=400)
        return await send(sender, [str(number) for number in numbers], message)

    @router.get("/version1/messaging")
    async def fetch(request: Request, username: str = "", lastReceivedId: int = 0) -> Response:
        """Messages phones sent, after the given id."""
        if (refusal := stranger(request, username)) is not None:
            return refusal
        return _answer({"SMSMessageData": {"Messages": gateway.fetch(max(0, lastReceivedId))}}, 200)

    @router.get("/version1/user")
    async def user(request: Request, username: str = "") -> Response:
        """The account's balance."""
        if (refusal := stranger(request, username)) is not None:
            return refusal
        return _answer({"UserData": {"balance": gateway.balance}}, 200)

    return router


def _body(content_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {content_type: {"schema": schema}}}}


def _answer(body: dict[str, Any], status: int, background: BackgroundTask | None = None) -> Response:
    return Response(json.dumps(body), status_code=status, media_type=JSON, background=background)
