"""Keeps strangers' web pages away: loopback hosts only, no foreign origin, JSON on our own doors."""

import json
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.daraja.desk import PREFIXES as DARAJA
from sandbox.world import LOOPBACK_HOSTS

PROVIDERS = (*DARAJA, "/version1/")  # their doors speak their own formats
_TELEGRAM_OR_META = re.compile(r"/(?:file/)?bot[^/]*/|/v\d+\.\d+/", re.ASCII)
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Guard:
    """ASGI middleware. A browser cannot send a foreign page's request without Host and Origin giving it
    away, and a page of another origin cannot send JSON unasked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope["method"], scope["path"], dict(_headers(scope["headers"])))
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, why = refusal
        body = json.dumps({"detail": why}).encode()
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": body})


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str, str]]:
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


def _refusal(method: str, path: str, headers: dict[str, str]) -> tuple[int, str] | None:
    if urlsplit(f"//{headers.get('host', '')}").hostname not in LOOPBACK_HOSTS:
        return 403, "the sandbox answers on 127.0.0.1 only"
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).hostname not in LOOPBACK_HOSTS:
        return 403, "no page of another origin may drive the sandbox"
    if method not in CHANGING or path.startswith(PROVIDERS) or _TELEGRAM_OR_META.match(path):
        return None
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if kind == "application/json" or (empty and not kind and origin is None):
        return None
    return 415, "send application/json"
