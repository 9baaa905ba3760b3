"""The doors for Meta's webhooks: GET /whatsapp is its test of our address, POST /whatsapp brings what happened.
Check, cut up, store, answer; the talk and the notices read it.

The signature covers the raw bytes, so it is checked before anything is parsed; who cannot sign is told 403 and
leaves no row. 500 where storing failed: Meta repeats for seven days, and what was stored already is stored once.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from urllib.parse import parse_qs

from bots.objects import Json, parse
from bots.webhook import Answer, WebhookDoor
from bots.whatsapp.messages import NAME, cut_up, read_message
from bots.whatsapp.reports import OPAQUE, read_status
from bots.whatsapp.settings import WhatsAppSettings
from core.base.bodies import Receive, Scope, header, read_body
from core.base.database import OpensWork
from core.base.inbox import Entrance, keep_evidence
from core.base.log import logger
from core.base.secrets import same_secret
from core.base.settings import Settings
from core.conversation.channel import Unreadable
from core.conversation.events import MessageReceived
from core.messaging import carrier
from core.messaging.events import StatusReceived

PATH = "/whatsapp"
STATUS = "whatsapp.status"
MAX_BODY = 3_145_728
"""Bytes: what Meta sends at most."""
SIGNATURE_HEADER = b"x-hub-signature-256"
ALGORITHM = "sha256="
MAX_CHALLENGE = 256
MAX_QUERY_FIELDS = 10


class WhatsAppDoor(WebhookDoor):
    """ASGI application for PATH."""

    def __init__(self, deps: OpensWork, shared: Settings, settings: WhatsAppSettings) -> None:
        super().__init__(NAME, shared.trusted_proxies)
        self._deps = deps
        secrets = [secret.get_secret_value() for secret in settings.app_secrets]
        self._secrets = [secret.encode() for secret in secrets if secret]
        expected = settings.verify_token.get_secret_value()
        self._verify_tokens = [expected] if expected else []
        self._phone_number_id = settings.phone_number_id
        self._messages = Entrance(NAME, MessageReceived)
        self._statuses = Entrance(STATUS, StatusReceived)

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        if scope["path"] != PATH:
            return Answer(404)
        if scope["method"] == "GET":
            return self._verify(scope["query_string"])
        if scope["method"] != "POST":
            return Answer(405)
        body = await read_body(scope, receive, MAX_BODY)
        if not is_signed(body, header(scope, SIGNATURE_HEADER), self._secrets):
            return Answer(403)
        return await self.in_thread(self._take, body, self.source(scope))

    def _verify(self, query: bytes) -> Answer:
        """The challenge, as it came, for who knows the token."""
        try:
            fields = parse_qs(query.decode("latin-1"), max_num_fields=MAX_QUERY_FIELDS)
        except ValueError:
            return Answer(403)
        mode, token, challenge = (
            fields.get(f"hub.{name}", [""])[-1] for name in ("mode", "verify_token", "challenge")
        )
        if mode != "subscribe" or not same_secret(token, self._verify_tokens):
            return Answer(403)
        return Answer(200, challenge[:MAX_CHALLENGE])

    def _take(self, body: bytes, source: str) -> Answer:
        try:
            post = cut_up(parse(body), self._phone_number_id)
        except Unreadable as why:
            return self._refuse(400, str(why), body, source)
        for message in post.messages:
            self._take_message(message, source)
        for status in post.statuses:
            self._take_status(status, source)
        if post.foreign:
            # Whatever was ours is stored; repeated, it changes nothing.
            return self._refuse(403, "about another number than ours", body, source)
        return Answer(200)

    def _take_message(self, cut: Json, source: str) -> None:
        """Each in a Work of its own: one statement, one commit."""
        body = json.dumps(cut).encode()
        with self._deps.work() as work:
            try:
                said = read_message(cut)
            except Unreadable as why:
                keep_evidence(work, door=NAME, reason=str(why), source=source, body=body)
                return
            if said is not None:
                self._messages.take(
                    work,
                    body=body,
                    key=said.message_id.encode(),
                    order=f"talk:{NAME}:{said.person.id}",
                    source=source,
                    trusted=True,
                )

    def _take_status(self, status: Json, source: str) -> None:
        """Notices bear a mark of ours. What became of a talk's answer is of no use to anybody but the log."""
        body = json.dumps(status).encode()
        if OPAQUE not in status:
            _tell(status)
            return
        with self._deps.work() as work:
            try:
                report = read_status(status)
            except carrier.Unreadable as why:
                keep_evidence(work, door=STATUS, reason=str(why), source=source, body=body)
                return
            key = f"{report.message_id}|{status['status']}".encode()
            self._statuses.take(work, body=body, key=key, source=source, trusted=True)

    def _refuse(self, status: int, why: str, body: bytes, source: str) -> Answer:
        with self._deps.work() as work:
            keep_evidence(work, door=NAME, reason=why, source=source, body=body)
        return Answer(status, noted=True)


def is_signed(body: bytes, given: str, secrets: Sequence[bytes]) -> bool:
    """Whether one of the app's secrets has signed these bytes; all are tried, in constant time each."""
    found = False
    for secret in secrets:
        signature = ALGORITHM + hmac.new(secret, body, hashlib.sha256).hexdigest()
        found |= hmac.compare_digest(signature.encode(), given.encode())
    return found


def _tell(status: Json) -> None:
    if status.get("status") == "failed":
        errors = status.get("errors")
        code = errors[0].get("code") if isinstance(errors, list) and errors else None
        logger("whatsapp").warning("answer_failed", code=str(code))
