"""What Meta tells afterwards of a notice: sent, delivered, read or failed, in any order and more than once."""

from typing import Any

from bots.whatsapp.errors import kind_of
from core.messaging.carrier import BlockedByPerson, Fate, Report, Unreadable

OPAQUE = "biz_opaque_callback_data"
"""Our own word, given back: the notice's id. A status can come before our request has been answered."""
FATES = {"delivered": Fate.DELIVERED, "read": Fate.READ, "played": Fate.READ, "failed": Fate.FAILED}
"""`sent` is not final, and a word that we do not know is not taken for one that is."""
MAX_SAID = 120
MAX_ID = 256


def read_status(status: dict[str, Any]) -> Report:
    """One of `value.statuses`. Raises Unreadable."""
    try:
        message_id, word = str(status["id"])[:MAX_ID], str(status["status"])
        user_id, wa_id = str(status.get("recipient_user_id") or ""), str(status.get("recipient_id") or "")
        errors = status.get("errors") or []
        code = int(errors[0]["code"]) if errors else None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Unreadable("not a status as Meta writes them") from None
    if not message_id or not (user_id or wa_id):
        raise Unreadable("a status has a message and a recipient")
    known = kind_of(code) if code is not None else None
    fate = FATES.get(word, Fate.UNDER_WAY)
    if fate is Fate.FAILED and known is not None and known[1] is BlockedByPerson:
        fate = Fate.BLOCKED
    reason = "" if code is None else f" {code} {known[0] if known else ''}".rstrip()
    return Report(
        message_id,
        (user_id or wa_id)[:MAX_ID],
        fate,
        f"{word}{reason}"[:MAX_SAID],
        also=wa_id[:MAX_ID] if user_id else "",
        notice_id=_notice(status.get(OPAQUE)),
    )


def _notice(opaque: object) -> int | None:
    text = str(opaque)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
