"""The doors that Daraja calls: bare ASGI like the other doors. Checked, stored, answered; jobs do the rest.

They have threads and connections of their own, so that no flood of talk delays a callback.
"""

import json
from collections.abc import Callable
from typing import Any

from bando.compose import Program
from bots.webhook import Answer, WebhookDoor
from core.base.bodies import Receive, Scope, read_body
from core.base.callers import is_listed
from core.base.database import Work
from core.base.inbox import keep_evidence
from core.base.log import draw_request_id, following
from core.base.secrets import same_secret
from core.payments.mpesa import door
from core.payments.mpesa.door import Knock, Outcome

Act = Callable[[Work, Knock], dict[str, Any] | Outcome]
"""Takes a knock in; what to say to it, or how it came out."""

PREFIX = "/pay/"
MAX_BODY = 8_192
"""A callback has under a thousand bytes."""
JSON = "application/json"
ACCEPTED = Answer(200, '{"ResultCode": 0, "ResultDesc": "Accepted"}', JSON)


class PayDoor(WebhookDoor):
    """ASGI application for every path below PREFIX: /pay/{secret}/stk/{token} and the fixed ones."""

    def __init__(self, program: Program) -> None:
        super().__init__("pay", program.settings.shared.trusted_proxies)
        self._program = program
        self._secrets = program.settings.shared.door_secrets
        self._sources = program.settings.daraja.sources
        paybill = program.paybill
        self._fixed: dict[str, Act] = {
            "c2b/confirmation": lambda work, knock: door.receive_confirmation(work, knock, paybill),
            "c2b/validation": lambda work, knock: door.validate(work, knock, paybill),
            "result": door.receive_result,
            "timeout": _gave_up,
        }

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """A wrong secret looks like no door."""
        secret, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        act = self._act(rest)
        if act is None or not same_secret(secret, self._secrets):
            return Answer(404)
        if scope["method"] != "POST":
            return Answer(405)
        body = await read_body(scope, receive, MAX_BODY)
        return await self.in_thread(
            lambda body, source: self._take(act, body, source), body, self.source(scope)
        )

    def _act(self, path: str) -> Act | None:
        kind, _, token = path.partition("/")
        if kind == "stk" and token and "/" not in token:
            return lambda work, knock: door.receive_stk(work, knock, token)
        return self._fixed.get(path)

    def _take(self, act: Act, body: bytes, source: str) -> Answer:
        knock = Knock(body, source, is_listed(source, self._sources))
        with following(draw_request_id()), self._program.work() as work:
            said = act(work, knock)
        if not isinstance(said, Outcome):
            return Answer(200, json.dumps(said), JSON)
        return ACCEPTED if said is Outcome.STORED else Answer(said.value, noted=True)


def _gave_up(work: Work, knock: Knock) -> Outcome:
    """Daraja's queue gave up: the outcome is unknown and will be asked for again. Kept, moves nothing."""
    keep_evidence(work, door="mpesa.timeout", reason="queue timeout", source=knock.source, body=knock.body)
    return Outcome.STORED
