"""The Graph over HTTP: messages and media of one number; and the test of the webhook that Meta's form makes."""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from sandbox.faults import StandingFaults
from sandbox.meta.errors import GraphRefusal
from sandbox.meta.media import Media
from sandbox.meta.number import WhatsAppNumber
from sandbox.world import World

UNAVAILABLE = "<html><head><title>Error</title></head><body>Service Unavailable</body></html>"
CHALLENGE_SECONDS = 10.0
_VERSION = re.compile(r"\d{1,3}\.\d", re.ASCII)
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}


class Challenge(BaseModel):
    """Empty: the verify token of the world."""

    model_config = ConfigDict(extra="forbid")

    verify_token: Annotated[str, Field(max_length=500)] = ""


class Verified(BaseModel):
    """`ok`: answered 200 with the bare challenge. `status` is null where nobody answered."""

    ok: bool
    status: int | None
    answer: str


def whatsapp_doors(world: World, number: WhatsAppNumber, media: Media, faults: StandingFaults) -> APIRouter:
    router = APIRouter(tags=["whatsapp"])
    account = world.whatsapp

    def admit(request: Request, version: str, phone_number_id: str) -> None:
        """Raises GraphRefusal for a wrong token, and for a wrong address after that."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        if not token:
            raise GraphRefusal(0, "An access token is required to request this resource.")
        if faults.now.whatsapp == "token" or not secrets.compare_digest(
            token.encode(), account.token.encode()
        ):
            raise GraphRefusal(190, "The access token is invalid or has expired.")
        if not _VERSION.fullmatch(version) or phone_number_id != account.phone_number_id:
            raise GraphRefusal(
                100, f"Object with ID '{phone_number_id}' does not exist", kind="GraphMethodException"
            )

    async def answered(
        request: Request, version: str, phone_number_id: str, work: Callable[[Request], Awaitable[Any]]
    ) -> Response:
        standing = faults.now
        if standing.whatsapp == "down":
            return HTMLResponse(UNAVAILABLE, status_code=503)
        try:
            if standing.whatsapp == "500":
                raise GraphRefusal(1)
            admit(request, version, phone_number_id)
            reply = JSONResponse(await work(request))
        except GraphRefusal as refusal:
            reply = JSONResponse(refusal.body(), status_code=refusal.status)
        if standing.whatsapp == "slow":
            await asyncio.sleep(standing.slow_seconds)  # accepted: statuses come before this answer
        return reply

    async def send_one(request: Request) -> dict[str, Any]:
        try:
            asked = json.loads(await request.body())
        except ValueError as error:
            raise GraphRefusal(100, "the body is no JSON") from error
        if not isinstance(asked, dict):
            raise GraphRefusal(100, "the body is no object")
        return await number.send(asked)

    async def upload_one(request: Request) -> dict[str, Any]:
        async with request.form() as form:
            file = form.get("file")
            if form.get("messaging_product") != "whatsapp":
                raise GraphRefusal(100, "The parameter messaging_product is required.")
            if not isinstance(file, UploadFile):
                raise GraphRefusal(100, "The parameter file is required.")
            media_type = str(form.get("type") or file.content_type or "")
            kept = media.upload(file.filename or "file", media_type, await file.read())
        return {"id": kept.id}

    @router.post("/v{version}/{phone_number_id}/messages", openapi_extra=_BODY)
    async def messages(request: Request, version: str, phone_number_id: str) -> Response:
        """Sends a text, buttons, a list, a document, a template or a request for the number; marks as read."""
        return await answered(request, version, phone_number_id, send_one)

    @router.post("/v{version}/{phone_number_id}/media")
    async def upload(request: Request, version: str, phone_number_id: str) -> Response:
        """Takes a file as multipart/form-data, to be sent by its id within thirty days."""
        return await answered(request, version, phone_number_id, upload_one)

    @router.post("/whatsapp/verification", tags=["trial"])
    async def verify(asked: Challenge) -> Verified:
        """Calls the product's webhook with a challenge, as saving Meta's form does."""
        challenge = str(secrets.randbelow(10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.verify_token": asked.verify_token or account.verify_token,
            "hub.challenge": challenge,
        }
        try:
            async with httpx.AsyncClient(timeout=CHALLENGE_SECONDS) as client:
                answer = await client.get(world.whatsapp_webhook, params=query)
        except httpx.HTTPError as error:
            return Verified(ok=False, status=None, answer=f"{type(error).__name__}: {error}")
        ok = answer.status_code == 200 and answer.text == challenge
        return Verified(ok=ok, status=answer.status_code, answer=answer.text[:2_000])

    return router
