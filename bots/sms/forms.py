"""What Africa's Talking posts to our doors (application/x-www-form-urlencoded), in our words."""

from urllib.parse import parse_qsl

from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.messaging.carrier import Fate, Report, Unreadable

MAX_FIELDS = 20
"""A report has six."""
MAX_WORD = 100
"""Characters of an id or a status; an id has 38."""

FATES = {
    "success": Fate.DELIVERED,
    "failed": Fate.FAILED,
    "rejected": Fate.FAILED,
    "absentsubscriber": Fate.FAILED,
    "expired": Fate.FAILED,
}
"""Sent, Submitted and Buffered are not final; an unknown word is not taken for one that is."""
BLOCKED = "userinblacklist"


def read_report(body: bytes) -> Report:
    """`id`, `status`, `phoneNumber`, and `failureReason` when it failed. Raises Unreadable."""
    form = read_form(body)
    message_id, status = form.get("id", ""), form.get("status", "")
    if not message_id or message_id == "None" or not status:
        raise Unreadable("a delivery report has an id and a status")
    reason = form.get("failureReason", "")
    fate = FATES.get(status.lower(), Fate.UNDER_WAY)
    if fate is Fate.FAILED and reason.lower() == BLOCKED:
        fate = Fate.BLOCKED
    return Report(message_id, _address(form), fate, f"{status} {reason}".strip())


def read_opt_out(body: bytes) -> str:
    """`phoneNumber` (and `senderId`: we have one). Raises Unreadable."""
    return _address(read_form(body))


def read_form(body: bytes, longest: int = MAX_WORD) -> dict[str, str]:
    """The fields, none longer than `longest` characters. Raises Unreadable."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Unreadable("not a form") from None
    return {name: value.strip()[:longest] for name, value in pairs}


def _address(form: dict[str, str]) -> str:
    try:
        return Msisdn.parse(form.get("phoneNumber", "")).digits
    except NotAPhoneNumber:
        raise Unreadable("no number that we send to") from None
