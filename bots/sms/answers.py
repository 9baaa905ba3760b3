"""What Africa's Talking answers to a message, in our words. Success is each recipient's code, not HTTP 201.

Source: the provider's table of status codes and recorded answers. `Message` is prose (its currency and its
"Message parts" come and go) and is never read, but for staff where nobody was accepted.
"""

import json
from typing import Any

from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.messaging.carrier import AccountRefused, BlockedByPerson, Sent

ACCEPTED = {100: "Processed", 101: "Sent", 102: "Queued"}
REFUSED: dict[int, tuple[str, type[OutsideError]]] = {
    401: ("RiskHold", AccountRefused),
    402: ("InvalidSenderId", AccountRefused),
    403: ("InvalidPhoneNumber", Rejected),
    404: ("UnsupportedNumberType", Rejected),
    405: ("InsufficientBalance", AccountRefused),
    406: ("UserInBlacklist", BlockedByPerson),
    407: ("CouldNotRoute", Unreachable),
    409: ("DoNotDisturbRejection", Rejected),
    500: ("InternalServerError", Unreachable),
    501: ("GatewayError", Unreachable),
    502: ("RejectedByGateway", Unreachable),
}
NO_ID = "None"
MAX_PROSE = 60


def read_answer(status: int, retry_after: str | None, body: bytes, address: str, parts: int) -> Sent:
    """Our words for the HTTP answer about one text to `address` (digits). Raises the errors of the port."""
    _check_http(status, retry_after)
    try:
        answer = json.loads(body)["SMSMessageData"]
        recipients, message = answer["Recipients"], str(answer.get("Message", ""))[:MAX_PROSE]
        ours = [recipient for recipient in recipients if _digits(str(recipient["number"])) == address]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutcomeUnknown(f"HTTP {status}, but no answer that we can read") from None
    if not recipients:
        # Seen with an unknown sender name: {"Message": "InvalidSenderId", "Recipients": []}.
        raise AccountRefused(f"nobody was accepted: {message}", code=message or "none")
    if not ours:
        raise OutcomeUnknown("the answer does not speak of our number")
    return _read_recipient(ours[0], parts)


def _read_recipient(recipient: dict[str, Any], parts: int) -> Sent:
    try:
        code = int(recipient["statusCode"])
    except (KeyError, TypeError, ValueError):
        raise OutcomeUnknown("the recipient has no status code") from None
    if code in ACCEPTED:
        given = recipient.get("messageId")
        message_id = str(given) if given and given != NO_ID else None
        cost = recipient.get("cost")
        return Sent(message_id, parts, str(cost)[:MAX_PROSE] if cost is not None else None)
    if code not in REFUSED:
        raise OutcomeUnknown(f"status code {code}, which we do not know")
    name, kind = REFUSED[code]
    if issubclass(kind, Rejected):
        raise kind(f"{code} {name}", code=str(code))
    raise kind(f"{code} {name}")


def _check_http(status: int, retry_after: str | None) -> None:
    if 200 <= status < 300:
        return
    if status == 429 or status >= 500:
        seconds = int(retry_after) if retry_after and retry_after.isdecimal() else None
        raise Unreachable(f"HTTP {status}", retry_after_seconds=seconds)
    if status in (400, 413, 422):
        raise Rejected(f"HTTP {status}", code=f"http-{status}")
    # 401 and 403: the key or the account; a redirect or 404: the base URL.
    raise AccountRefused(f"HTTP {status}", code=f"http-{status}")


def _digits(number: str) -> str:
    try:
        return Msisdn.parse(number).digits
    except NotAPhoneNumber:
        return ""
