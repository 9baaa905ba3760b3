"""Whose chat it is, for the message that follows another one: one plain statement that writes nothing.

Who wrote a moment ago has been recognised then, with all that recognising does (core.subscribers.chats).
"""

from datetime import timedelta
from typing import NamedTuple

from core.base.database import Work
from core.base.msisdn import Msisdn
from core.subscribers.model import PHONE

LATELY = timedelta(minutes=1)
"""So much too old may be what is noted of when a person wrote last."""

_MET = """
    SELECT chat.subscriber_id, chat.number FROM addresses chat
    JOIN addresses own ON own.channel = %(phone)s AND own.external_id = chat.number
        AND own.subscriber_id = chat.subscriber_id AND own.unlinked_at IS NULL
    WHERE chat.channel = %(channel)s AND chat.external_id = %(external_id)s AND chat.is_primary
      AND chat.off_at IS NULL AND chat.last_inbound_at BETWEEN %(since)s AND %(now)s
      AND (%(also)s = '' OR chat.also = %(also)s)
      AND chat.number = coalesce(CAST(%(vouched)s AS text), chat.number)
"""


class Met(NamedTuple):
    """Whose chat this is."""

    subscriber_id: int
    number: Msisdn


def met_lately(
    work: Work, *, channel: str, external_id: str, also: str = "", vouched: Msisdn | None = None
) -> Met | None:
    """Who wrote here in the last minute, and is the same still. None: `recognise` must look."""
    row = work.at_once(
        _MET,
        {
            "phone": PHONE,
            "channel": channel,
            "external_id": external_id,
            "also": also,
            "vouched": vouched.digits if vouched else None,
            "since": work.now - LATELY,
            "now": work.now,
        },
    )
    return Met(row[0], Msisdn(row[1])) if row is not None else None
