"""How well a talk is proved (threats, section 4): 1 seen, 2 the number was proved within 180 days."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.subscribers.model import PHONE, Address

PROOF_LASTS = timedelta(days=180)
COOLING = timedelta(hours=24)
"""A new number or chat may do little for a day: time for the owner to see what was told elsewhere."""
PROVES_NOTHING = ("sms",)
"""Channels whose sender can be forged (M2): what stands in a message there is never more than seen."""


@dataclass(frozen=True, slots=True)
class Standing:
    """level: 1 or 2. cooling_until: until when this number, or this chat, is new to its account."""

    level: int
    cooling_until: datetime | None


def level_of(now: datetime, number: Address, chat: Address | None = None) -> int:
    """The level of a talk by a number, or of one in a chat that speaks for it: both must be proved then."""
    rows = [number] if chat is None else [number, chat]
    if chat is not None and chat.channel in PROVES_NOTHING:
        return 1
    return min(2 if _is_proved(now, row) else 1 for row in rows)


def standing_of(work: Work, *, number: Msisdn, channel: str = PHONE, external_id: str = "") -> Standing:
    """The standing of whoever talks now. channel, external_id: of the chat, where it is one."""
    chat = aliased(Address)
    found = work.session.execute(
        select(Address, chat)
        .outerjoin(chat, and_(chat.channel == channel, chat.external_id == external_id, chat.is_primary))
        .where(Address.channel == PHONE, Address.external_id == number.digits, Address.is_primary)
    ).first()
    if found is None:
        return Standing(1, None)
    own, here = found
    if channel != PHONE and here is None:
        return Standing(1, own.cooling_until)
    level = level_of(work.now, own, here)
    moments = [row.cooling_until for row in (own, here) if row is not None and row.cooling_until]
    until = max(moments, default=None)
    return Standing(level, until if until is not None and until > work.now else None)


def _is_proved(now: datetime, row: Address) -> bool:
    return row.level >= 2 and row.proved_at is not None and now - row.proved_at < PROOF_LASTS
