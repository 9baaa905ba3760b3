"""The talk by SMS: one numbered text an answer, from the short code, in whole parts and within the day's budget."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from bots.sms.carrier import AfricasTalkingCarrier
from core.base.database import Work
from core.base.errors import Rejected
from core.base.gsm7 import plain, segments
from core.base.log import logger
from core.base.msisdn import Msisdn
from core.conversation.channel import Act, Face, Person, Said, Unreadable
from core.messaging.budget import spend
from core.messaging.carrier import SMS
from core.messaging.settings import SmsSettings
from core.messaging.template import Purpose

MOST_PARTS = 3
"""Parts of one answer; a screen of USSD fills one, the longest list of plans two."""
REPLY = "reply_number"
"""The channel's word that asks for a number; it stands where it costs no part more."""


class SmsChannel:
    """Fits core.conversation.channel.Channel. Safe to share between threads."""

    name = SMS

    def __init__(
        self,
        carrier: AfricasTalkingCarrier,
        open_work: Callable[[], AbstractContextManager[Work]],
        sms: SmsSettings,
    ) -> None:
        self._carrier = carrier
        self._open_work = open_work
        self._sms = sms

    def read(self, body: bytes) -> Said:
        try:
            kept = json.loads(body)
            sender, at = Msisdn(kept["from"]), datetime.fromtimestamp(kept["at"], UTC)
            return Said(
                message_id=kept["id"],
                person=Person(SMS, sender.digits, number=sender),
                at=at,
                act=Act.TYPED,
                text=kept["text"],
            )
        except (KeyError, TypeError, ValueError):
            raise Unreadable("not as the door leaves it") from None

    def show(self, said: Said, face: Face, *, shown: str | None) -> str | None:
        address, text = said.person.id, written(face)
        if not self._sms.allows(address):
            raise Rejected("numbers that begin like this are not in BANDO_SMS_PREFIXES")
        parts = segments(text).parts
        with self._open_work() as work:
            cents = self._carrier.cost_cents(work, parts=parts, window_open=True)
            refused = spend(work, purpose=Purpose.ANSWER, parts=parts, cents=cents)
        if refused:  # an answer of tomorrow answers nothing
            raise Rejected(refused)
        return self._carrier.reply(address, text).message_id


def written(face: Face) -> str:
    """The face as one text: what is said, the numbered choices, the ways on one line."""
    lines = [*face.lines, *(f"{button.number}. {button.label}" for button in face.buttons)]
    if face.ways:
        lines.append("  ".join(f"{way.number} {way.label}" for way in face.ways))
    text = plain("\n".join(lines))
    if face.buttons:
        asking = plain(f"{text}\n{face.words[REPLY]}")
        text = asking if segments(asking).parts == segments(text).parts else text
    parts = segments(text).parts
    if parts > MOST_PARTS:
        logger("sms").warning("long_text", screen=face.id, parts=parts)
    return text
