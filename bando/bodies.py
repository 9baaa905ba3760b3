"""Bodies of requests, never more of them than a door takes and never longer than a moment."""

import asyncio

from fastapi import HTTPException, Request

SECONDS = 5.0
"""Whoever drips a body slower is none of our providers."""


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The raw body. Raises HTTP 413 above `most_bytes` (by its header, before reading), 408 when it drips."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most_bytes:
        raise HTTPException(413)
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > most_bytes:
                    raise HTTPException(413)
    except TimeoutError:
        raise HTTPException(408) from None
    return bytes(body)
