"""What Africa's Talking answers to a message, in our words. Success is each recipient's code, not HTTP 201.

Source: the provider's table of status codes and recorded answers. `Message` is prose (its currency and its
"Message parts" come and go) and is never read, but for staff where nobody was accepted.
"""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
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
_COST = re.compile(r"KES (\d{1,7}(?:\.\d{1,6})?)")


def read_answer(status: int, retry_after: str | None, body: bytes, address: str, parts: int) -> Sent:
    """Our words for the HTTP answer about one text to `address` (digits). Raises the errors of the port."""
    answer = read_answers(status, retry_after, body, [address], parts)[address]
    if isinstance(answer, OutsideError):
        raise answer
    return answer


def read_answers(
    status: int, retry_after: str | None, body: bytes, addresses: Sequence[str], parts: int
) -> Mapping[str, Sent | OutsideError]:
    """Our words for the HTTP answer about one text to many: one for each of `addresses` (digits), by number, for
    order and completeness are not promised. Raises what concerns the call as a whole."""
    _check_http(status, retry_after)
    try:
        answer = json.loads(body)["SMSMessageData"]
        recipients, message = answer["Recipients"], str(answer.get("Message", ""))[:MAX_PROSE]
        told = {_digits(str(recipient["number"])): recipient for recipient in recipients}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OutcomeUnknown(f"HTTP {status}, but no answer that we can read") from None
    if not recipients:
        # Seen with an unknown sender name: {"Message": "InvalidSenderId", "Recipients": []}.
        raise AccountRefused(f"nobody was accepted: {message}", code=message or "none")
    return {
        address: _read_recipient(told[address], parts)
        if address in told
        else OutcomeUnknown("the answer does not speak of our number")
        for address in addresses
    }


def _read_recipient(recipient: dict[str, Any], parts: int) -> Sent | OutsideError:
    try:
        code = int(recipient["statusCode"])
    except (KeyError, TypeError, ValueError):
        return OutcomeUnknown("the recipient has no status code")
    if code in ACCEPTED:
        given = recipient.get("messageId")
        message_id = str(given) if given and given != NO_ID else None
        return Sent(message_id, parts, read_cost(recipient.get("cost")))
    if code not in REFUSED:
        return OutcomeUnknown(f"status code {code}, which we do not know")
    name, kind = REFUSED[code]
    if issubclass(kind, Rejected):
        return kind(f"{code} {name}", code=str(code))
    return kind(f"{code} {name}")


def read_cost(said: object) -> int | None:
    """ "KES 0.8000" in cents, rounded half up; None for another currency or no price at all."""
    found = _COST.fullmatch(said) if isinstance(said, str) else None
    if found is None:
        return None
    return int((Decimal(found[1]) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


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
