"""Around every answer of the staff web: its security headers, and a polite page when we have failed."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.base.log import logger

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""No inline script, style or event handler runs, whatever a page shows. data: for the small pictures within the
style sheet (ticks, arrows)."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

Failed = Callable[[Scope, Receive, Send], Awaitable[None]]


class Polite:
    """ASGI middleware. failed: answers in place of a page that crashed."""

    def __init__(self, app: ASGIApp, *, failed: Failed) -> None:
        self._app = app
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            route = getattr(scope.get("route"), "path", "no route")
            logger("admin").error("page_failed", route=route, error=type(error).__name__, exc_info=error)
            if begun:
                raise
            await self._failed(scope, receive, send_with_headers)
