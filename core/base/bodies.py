"""Bodies of requests, never more of them than a door takes and never longer than a moment. Bare ASGI, so that any
door can use it, with a framework or without.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SECONDS = 5.0
"""Whoever drips a body slower is none of our providers."""


class BodyRefused(Exception):
    """The body was not taken. `status` is the HTTP status that says why: 413 too large, 408 it drips, 400 cut off."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


async def read_body(scope: Scope, receive: Receive, most_bytes: int) -> bytes:
    """The raw body. Raises BodyRefused: above `most_bytes` by its header, before reading, or by what comes."""
    announced = header(scope, b"content-length")
    if announced.isdecimal() and int(announced) > most_bytes:
        raise BodyRefused(413)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyRefused(400)
                body += message.get("body", b"")
                if len(body) > most_bytes:
                    raise BodyRefused(413)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise BodyRefused(408) from None


def header(scope: Scope, name: bytes) -> str:
    """A header's value, the last one where it was sent twice, "" without it. name: in lower case."""
    found: bytes = b""
    for key, value in scope["headers"]:
        if key == name:
            found = value
    return found.decode("latin-1")
