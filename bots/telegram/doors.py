"""The door for Telegram's updates: POST /telegram/{secret}. Check, store, answer; the talk reads them.

Telegram signs nothing. It knows the secret in the path and repeats another one in a header; who does not is told
404 or 403, and leaves no row. What passes both and is no update is kept as evidence.
"""

from bots.objects import parse
from bots.telegram.messages import NAME, read_update
from bots.telegram.settings import TelegramSettings
from bots.webhook import Answer, WebhookDoor
from core.base.bodies import Receive, Scope, header, read_body
from core.base.database import OpensWork
from core.base.inbox import Entrance, keep_evidence
from core.base.secrets import same_secret
from core.base.settings import Settings
from core.conversation.channel import Unreadable
from core.conversation.events import MessageReceived

PREFIX = "/telegram/"
MAX_BODY = 262_144
"""Bytes. A text of 4,096 emoji that answers to another one is some 100,000 as Telegram writes them; a larger
update would be repeated for a day and hold up all others."""
SECRET_HEADER = b"x-telegram-bot-api-secret-token"

TAKEN = Answer(200)


class TelegramDoor(WebhookDoor):
    """ASGI application for every path below PREFIX."""

    def __init__(self, deps: OpensWork, shared: Settings, settings: TelegramSettings) -> None:
        super().__init__(NAME, shared.trusted_proxies)
        self._deps = deps
        self._secrets = shared.door_secrets
        expected = settings.webhook_secret.get_secret_value()
        self._tokens = [expected] if expected else []  # no header is no proof of an empty secret
        self._bot = settings.bot_id
        self._entrance = Entrance(NAME, MessageReceived)

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        if not same_secret(scope["path"].removeprefix(PREFIX), self._secrets):
            return Answer(404)
        if scope["method"] != "POST":
            return Answer(405)
        if not same_secret(header(scope, SECRET_HEADER), self._tokens):
            return Answer(403)
        body = await read_body(scope, receive, MAX_BODY)
        return await self.in_thread(self._take, body, self.source(scope))

    def _take(self, body: bytes, source: str) -> Answer:
        """Store the update, once, with the second in which it came."""
        with self._deps.work() as work:
            try:
                update = read_update(parse(body), work.now)
            except Unreadable as why:
                keep_evidence(work, door=NAME, reason=str(why), source=source, body=body)
                return Answer(400, noted=True)
            if update is not None:
                self._entrance.take(
                    work,
                    body=b'{"at":%d,"update":%b}' % (int(work.now.timestamp()), body),
                    key=f"{self._bot}|{update.key}".encode(),
                    order=f"talk:{NAME}:{update.said.person.id}",
                    source=source,
                    trusted=True,
                )
        return TAKEN
