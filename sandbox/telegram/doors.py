"""The Bot API over HTTP: /bot<token>/<method>, JSON, form or multipart in, {"ok": …} out."""

import asyncio
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.datastructures import UploadFile

from sandbox.documents import Documents
from sandbox.faults import StandingFaults
from sandbox.telegram.bot import Arguments, Bot, Upload
from sandbox.telegram.errors import TelegramRefusal, bad_request, too_many_requests
from sandbox.world import WorldTelegram

MOST_UPLOAD_BYTES = 50 * 1024 * 1024
RETRY_AFTER_SECONDS = 3  # what the fault 429 asks for
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def telegram_doors(
    account: WorldTelegram, bot: Bot, documents: Documents, faults: StandingFaults
) -> APIRouter:
    router = APIRouter(tags=["telegram"])

    def stranger(token: str) -> TelegramRefusal | None:
        if secrets.compare_digest(token.encode(), account.token.encode()):
            return None
        number, _, rest = token.partition(":")
        # A token of the wrong form is no address at all; one of the right form is not authorized.
        formed = number.isdecimal() and bool(rest)
        return TelegramRefusal(401, "Unauthorized") if formed else TelegramRefusal(404, "Not Found")

    async def answer(request: Request, token: str, method: str) -> Any:
        if (refusal := stranger(token)) is not None:
            raise refusal
        if faults.now.telegram == "500":
            raise TelegramRefusal(500, "Internal Server Error")
        if faults.now.telegram == "429":
            raise too_many_requests(RETRY_AFTER_SECONDS)
        if not bot.knows(method):
            raise TelegramRefusal(404, "Not Found")
        return bot.call(method, *await _read(request))

    @router.post("/bot{token}/{method}", openapi_extra=_BODY)
    @router.get("/bot{token}/{method}", include_in_schema=False)
    async def call(request: Request, token: str, method: str) -> Response:
        """A method of the Bot API."""
        standing = faults.now
        if standing.telegram == "down":
            return HTMLResponse(BAD_GATEWAY, status_code=502)
        try:
            reply: Response = JSONResponse({"ok": True, "result": await answer(request, token, method)})
        except TelegramRefusal as refusal:
            reply = JSONResponse(refusal.body(), status_code=refusal.code)
        if standing.telegram == "slow":
            await asyncio.sleep(standing.slow_seconds)  # done, but the caller does not know it yet
        return reply

    @router.get("/file/bot{token}/documents/{id}")
    async def download(token: str, id: str) -> Response:
        """A file whose path getFile told."""
        document = documents.find(id)
        if stranger(token) is not None or document is None:
            return JSONResponse(TelegramRefusal(404, "Not Found").body(), status_code=404)
        return Response(documents.content(document), media_type="application/octet-stream")

    return router


_BODY: dict[str, Any] = {
    "requestBody": {
        "content": {
            kind: {"schema": {"type": "object"}}
            for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
        }
    }
}


async def _read(request: Request) -> tuple[Arguments, dict[str, Upload]]:
    """Arguments from query and body, and the files. Raises TelegramRefusal."""
    if int(request.headers.get("content-length", 0)) > MOST_UPLOAD_BYTES + 65_536:
        raise TelegramRefusal(413, "Request Entity Too Large")
    asked: Arguments = dict(request.query_params)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        uploads = {}
        async with request.form(max_part_size=1024 * 1024) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    content = await value.read()
                    media_type = value.content_type or "application/octet-stream"
                    uploads[name] = Upload(value.filename or name, media_type, content)
                else:
                    asked[name] = value
        return asked, uploads
    raw = await request.body()
    if kind == "application/json" and raw:
        try:
            found = json.loads(raw)
        except ValueError as error:
            raise bad_request("can't parse JSON object") from error
        if not isinstance(found, dict):
            raise bad_request("JSON object expected")
        return asked | found, {}
    return asked | dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)), {}
