"""The doors that Daraja calls: bare ASGI like the other doors. Checked, stored, answered; jobs do the rest.

They have threads and connections of their own, so that no flood of talk delays a callback. Callbacks that come in at
the same time are stored by one transaction; each is answered when that is committed.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bando.compose import Program
from bots.webhook import Answer, WebhookDoor
from core.base.bodies import Receive, Scope, read_body
from core.base.callers import is_listed
from core.base.database import Work
from core.base.inbox import Letter, keep_evidence
from core.base.log import draw_request_id, following
from core.base.secrets import same_secret
from core.base.together import Together
from core.payments.mpesa import door
from core.payments.mpesa.door import CONFIRMATION, RESULT, STK, Knock, Outcome, Refused

Handle = Callable[[Knock], Awaitable[Answer]]

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
        self._together = {name: self._writer(name) for name in (STK, CONFIRMATION, RESULT)}
        self._fixed: dict[str, Handle] = {
            "c2b/confirmation": lambda knock: self._store(CONFIRMATION, knock, self._read_confirmation),
            "c2b/validation": lambda knock: self._do(knock, self._validate),
            "result": lambda knock: self._store(RESULT, knock, door.read_result),
            "timeout": lambda knock: self._do(knock, _gave_up),
        }

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        """A wrong secret looks like no door."""
        secret, _, rest = scope["path"].removeprefix(PREFIX).partition("/")
        handle = self._handle(rest)
        if handle is None or not same_secret(secret, self._secrets):
            return Answer(404)
        if scope["method"] != "POST":
            return Answer(405)
        body = await read_body(scope, receive, MAX_BODY)
        source = self.source(scope)
        return await handle(Knock(body, source, is_listed(source, self._sources), draw_request_id()))

    def _handle(self, path: str) -> Handle | None:
        kind, _, token = path.partition("/")
        if kind == "stk" and token and "/" not in token:
            keyring = self._program.keyring
            return lambda knock: self._store(STK, knock, lambda stk: door.read_stk(keyring, stk, token))
        return self._fixed.get(path)

    async def _store(self, name: str, knock: Knock, read: Callable[[Knock], Letter]) -> Answer:
        try:
            letter = read(knock)
        except Refused as why:
            keep = partial(door.refuse, door=name, refused=why)
            return await self._do(knock, lambda work, said: _say(keep(work, knock=said)))
        return _say(await self._together[name].put(letter))

    def _writer(self, name: str) -> Together[Letter, Outcome]:
        def write(letters: Sequence[Letter]) -> list[Outcome]:
            with self._program.work() as work:
                return door.take(work, name, letters)

        return Together(write, self._threads)

    async def _do(self, knock: Knock, act: Callable[[Work, Knock], Answer]) -> Answer:
        """In a thread, in a Work of its own."""

        def do(_: bytes, __: str) -> Answer:
            with following(knock.request_id), self._program.work() as work:
                return act(work, knock)

        return await self.in_thread(do, knock.body, knock.source)

    def _read_confirmation(self, knock: Knock) -> Letter:
        return door.read_confirmation(knock, self._program.paybill)

    def _validate(self, work: Work, knock: Knock) -> Answer:
        return Answer(200, json.dumps(door.validate(work, knock, self._program.paybill)), JSON)


def _say(outcome: Outcome) -> Answer:
    return ACCEPTED if outcome is Outcome.STORED else Answer(outcome.value, noted=True)


def _gave_up(work: Work, knock: Knock) -> Answer:
    """Daraja's queue gave up: the outcome is unknown and will be asked for again. Kept, moves nothing."""
    keep_evidence(work, door="mpesa.timeout", reason="queue timeout", source=knock.source, body=knock.body)
    return ACCEPTED
