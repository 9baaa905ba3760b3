"""The doors that Daraja calls: bare ASGI like the USSD door, for the same reason. Checked, stored, answered; jobs
do the rest.

They have threads and connections of their own, so that no flood of talk delays a callback.
"""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import HTTPException, Request, Response

from bando.compose import Program
from core.base.bodies import BodyRefused, Receive, Scope, Send, read_body
from core.base.callers import caller, is_listed
from core.base.database import Work
from core.base.inbox import keep_evidence
from core.base.log import draw_request_id, following, logger
from core.base.secrets import same_secret
from core.payments.mpesa import door
from core.payments.mpesa.door import Knock, Outcome

Act = Callable[[Work, Knock], dict[str, Any] | Outcome]
"""Takes a knock in; what to say to it, or how it came out."""

PREFIX = "/pay/"
MAX_BODY = 8_192
"""A callback has under a thousand bytes."""
THREADS = 4
ACCEPTED = {"ResultCode": 0, "ResultDesc": "Accepted"}


class PayDoor:
    """ASGI application for every path below PREFIX: /pay/{secret}/stk/{token} and the fixed ones."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._secrets = program.settings.shared.door_secrets
        self._proxies = program.settings.shared.trusted_proxies
        self._sources = program.settings.daraja.sources
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pay")
        paybill = program.paybill
        self._fixed: dict[str, Act] = {
            "c2b/confirmation": lambda work, knock: door.receive_confirmation(work, knock, paybill),
            "c2b/validation": lambda work, knock: door.validate(work, knock, paybill),
            "result": door.receive_result,
            "timeout": _gave_up,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except HTTPException as refused:
            logger("web").info("request_refused", door="pay", status=refused.status_code)
            response = Response(status_code=refused.status_code)
        except BodyRefused as refused:
            logger("web").info("request_refused", door="pay", status=refused.status)
            response = Response(status_code=refused.status)
        except Exception as error:  # the caller sees no traceback
            logger("web").error("request_failed", door="pay", error=type(error).__name__, exc_info=error)
            response = Response("Something went wrong here. Nothing was changed.", status_code=500)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """Raises HTTPException and BodyRefused. A wrong secret looks like no door."""
        secret, _, rest = request.scope["path"].removeprefix(PREFIX).partition("/")
        act = self._act(rest)
        if act is None or not same_secret(secret, self._secrets):
            raise HTTPException(404)
        if request.method != "POST":
            raise HTTPException(405)
        peer = request.client.host if request.client else ""
        source = caller(peer, request.headers.get("x-forwarded-for", ""), self._proxies)
        body = await read_body(request.scope, request.receive, MAX_BODY)
        knock = Knock(body, source, is_listed(source, self._sources))
        said = await asyncio.get_running_loop().run_in_executor(self._threads, self._in_work, act, knock)
        if isinstance(said, Outcome) and said is not Outcome.STORED:
            return Response(status_code=said.value)
        answer = ACCEPTED if isinstance(said, Outcome) else said
        return Response(json.dumps(answer), media_type="application/json")

    def _act(self, path: str) -> Act | None:
        kind, _, token = path.partition("/")
        if kind == "stk" and token and "/" not in token:
            return lambda work, knock: door.receive_stk(work, knock, token)
        return self._fixed.get(path)

    def _in_work(self, act: Act, knock: Knock) -> dict[str, Any] | Outcome:
        with following(draw_request_id()), self._program.work() as work:
            return act(work, knock)


def _gave_up(work: Work, knock: Knock) -> Outcome:
    """Daraja's queue gave up: the outcome is unknown and will be asked for again. Kept, moves nothing."""
    keep_evidence(work, door="mpesa.timeout", reason="queue timeout", source=knock.source, body=knock.body)
    return Outcome.STORED
