"""The USSD door: bare ASGI, because a framework's form parsing costs more than our step.

POST /ussd/africastalking/{secret}         a key press: 200 with CON or END, whatever happens behind
POST /ussd/africastalking/ended/{secret}   how a session ended: 200
The paths without a secret answer in trial mode alone. A wrong secret and a foreign source look like no door.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from core.base.callers import caller, is_listed
from core.base.log import logger
from core.base.secrets import same_secret
from core.base.settings import Network
from ussd import phrases
from ussd.form import Malformed, read_end_notice, read_request
from ussd.talk import Talk

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/ussd/africastalking"
MOST_BODY_BYTES = 8_192
"""A request has some 200 bytes."""
ANSWER_SECONDS = 5.0
"""From the first byte of a request to our answer. Africa's Talking gives up after ten; by then the person has."""

log = logger("ussd")


class TooLarge(Exception):
    """The body is longer than any of theirs."""


class UssdDoor:
    """ASGI application for every path below PREFIX (mount it before the web framework).

    secrets: accepted in the path, newest first. open_without_secret: trial mode. sources: networks that may
    call, none = any. proxies: whose X-Forwarded-For counts, nearest hop only.
    """

    def __init__(
        self,
        talk: Talk,
        *,
        secrets: Sequence[str],
        open_without_secret: bool,
        sources: Sequence[Network] = (),
        proxies: Sequence[Network] = (),
    ) -> None:
        self._talk = talk
        self._secrets = tuple(secrets)
        self._open = open_without_secret
        self._sources = tuple(sources)
        self._proxies = tuple(proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ended = self._which(scope["path"])
        if ended is None or not self._comes_from_there(scope):
            log.warning("ussd_door_refused", why="secret" if ended is None else "source")
            return await _answer(send, 404, "")
        if scope["method"] != "POST":
            return await _answer(send, 405, "", (b"allow", b"POST"))
        body = None
        try:
            async with asyncio.timeout(
                ANSWER_SECONDS
            ):  # one for all: a timer costs as much as a sealed session
                body = await _body(scope, receive)
                text = self._note_end(body) if ended else await self._reply(body)
        except TooLarge:
            log.warning("ussd_door_refused", why="size")
            return await _answer(send, 413, "")
        except TimeoutError:
            if body is None:  # whoever drips a body is not Africa's Talking
                return await _answer(send, 408, "")
            log.warning("ussd_turn_not_answered", error="TimeoutError")
            text = phrases.polite_end(phrases.DIAL_AGAIN)
        return await _answer(send, 200, text)

    async def _reply(self, body: bytes) -> str:
        try:
            request = read_request(body)
        except Malformed as malformed:
            log.info("ussd_turn_refused", why="form", detail=str(malformed))
            return phrases.polite_end(phrases.DIAL_AGAIN)
        return await self._talk.turn(request)

    def _note_end(self, body: bytes) -> str:
        try:
            notice = read_end_notice(body)
        except Malformed:
            return ""
        log.info("ussd_ended", status=notice.status, hops=notice.hops, milliseconds=notice.milliseconds)
        return ""

    def _which(self, path: str) -> bool | None:
        """False: a key press. True: an end notice. None: no such door, or not for this secret."""
        if path != PREFIX and not path.startswith(PREFIX + "/"):
            return None
        rest = path.removeprefix(PREFIX).strip("/")
        ended = rest == "ended" or rest.startswith("ended/")
        secret = rest.removeprefix("ended").strip("/") if ended else rest
        if secret == "":
            return ended if self._open else None
        return ended if same_secret(secret, self._secrets) else None

    def _comes_from_there(self, scope: Scope) -> bool:
        if not self._sources:
            return True
        peer: str = (scope.get("client") or ("", 0))[0]
        hops = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return is_listed(caller(peer, hops[-1] if hops else "", self._proxies), self._sources)


async def _body(scope: Scope, receive: Receive) -> bytes:
    """The whole body. Raises TooLarge, by the announced length or by what comes."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > MOST_BODY_BYTES:
            raise TooLarge
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


async def _answer(send: Send, status: int, text: str, *headers: tuple[bytes, bytes]) -> None:
    body = text.encode()
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(body)).encode()),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
