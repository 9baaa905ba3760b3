"""The door for texts to our short code: POST /sms/africastalking/{secret}. Check, store, answer; the talk reads them.

Africa's Talking signs nothing and repeats a text each minute until it hears 200, for half a day. A sender can be
spoofed on some routes, so a text proves nothing (M2): it may begin a payment that its own phone's PIN decides.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from bots.sms.forms import read_form
from bots.sms.settings import AfricasTalkingSettings
from bots.texts import sane
from bots.webhook import Answer, WebhookDoor
from core.base.bodies import Receive, Scope, read_body
from core.base.callers import is_listed
from core.base.clock import NAIROBI
from core.base.database import OpensWork
from core.base.inbox import Entrance, keep_evidence
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.base.secrets import same_secret
from core.base.settings import Settings
from core.conversation.events import MessageReceived
from core.messaging.carrier import SMS, Unreadable

PREFIX = "/sms/africastalking"
MAX_BODY = 8_192
"""Bytes (M52): a text of ten parts in percent signs has half of that."""
MAX_TEXT = 1_600


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text to us. at: when it was sent, as far as its date can be read."""

    id: str
    sender: Msisdn
    text: str
    at: datetime


class InboundDoor(WebhookDoor):
    """ASGI application for PREFIX and PREFIX/{secret}; the path without a secret exists in trial mode alone."""

    def __init__(self, deps: OpensWork, shared: Settings, settings: AfricasTalkingSettings) -> None:
        super().__init__(SMS, shared.trusted_proxies)
        self._deps = deps
        self._secrets = shared.door_secrets
        self._open = not shared.live
        self._sources = settings.sources
        self._entrance = Entrance(SMS, MessageReceived)

    @staticmethod
    def takes(path: str) -> bool:
        """Whether the path is this door's: the doors for reports and opt-outs lie below it."""
        rest = path.removeprefix(PREFIX)
        return path.startswith(PREFIX) and rest.count("/") <= 1 and rest not in ("/delivery", "/optout")

    async def answer(self, scope: Scope, receive: Receive) -> Answer:
        secret = scope["path"].removeprefix(PREFIX).removeprefix("/")
        if not (self._open if secret == "" else same_secret(secret, self._secrets)):
            return Answer(404)
        if scope["method"] != "POST":
            return Answer(405)
        body = await read_body(scope, receive, MAX_BODY)
        return await self.in_thread(self._take, body, self.source(scope))

    def _take(self, body: bytes, source: str) -> Answer:
        with self._deps.work() as work:
            if self._sources and not is_listed(source, self._sources):
                keep_evidence(work, door=SMS, reason="foreign source", source=source, body=body)
                return Answer(403, noted=True)
            try:
                inbound = read_inbound(body, work.now)
            except Unreadable as why:
                keep_evidence(work, door=SMS, reason=str(why), source=source, body=body)
                return Answer(400, noted=True)
            except NotAPhoneNumber:
                # A name or a number abroad: nobody whom we could answer, and it would come again for half a day.
                keep_evidence(work, door=SMS, reason="no number of Kenya", source=source, body=body)
                return Answer(200)
            self._entrance.take(
                work,
                body=as_stored(inbound),
                key=f"{inbound.sender.digits}|{inbound.id}".encode(),
                order=f"talk:{SMS}:{inbound.sender.digits}",
                source=source,
                trusted=bool(self._sources),
            )
        return Answer(200)


def read_inbound(body: bytes, now: datetime) -> Inbound:
    """`id`, `from`, `text`, `date`. Raises Unreadable, and NotAPhoneNumber for a sender who is no phone."""
    form = read_form(body, MAX_TEXT)
    message_id, sender, text = form.get("id", ""), form.get("from", ""), sane(form.get("text", ""))
    if not message_id or not sender:
        raise Unreadable("a text has an id and a sender")
    return Inbound(message_id, Msisdn.parse(sender), text, _sent_at(form.get("date", ""), now))


def as_stored(inbound: Inbound) -> bytes:
    """As the talk will read it."""
    kept = {
        "id": inbound.id,
        "from": inbound.sender.digits,
        "text": inbound.text,
        "at": int(inbound.at.timestamp()),
    }
    return json.dumps(kept).encode()


def _sent_at(date: str, now: datetime) -> datetime:
    """The text's own date. Format and zone are promised by nobody: one without a zone is read as UTC or as
    Nairobi's, whichever makes it the younger; one that cannot be read, or lies ahead, is now."""
    try:
        found = datetime.fromisoformat(date)
    except ValueError:
        return now
    readings = [found] if found.tzinfo else [found.replace(tzinfo=UTC), found.replace(tzinfo=NAIROBI)]
    past = [reading for reading in readings if reading <= now]
    return max(past) if past else now
