"""Meta's error codes, in our words. Source: Cloud API, "Error codes" (2026-05-15).

The same code may come in the answer to a request or in a status afterwards. `error.code` alone is read: neither the
text nor the HTTP status says more.
"""

import random
from typing import Any

from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.messaging.carrier import AccountRefused, BlockedByPerson, WindowClosed

PAIR_SECONDS = 6
MINUTES_SECONDS = 300
MAX_SAID = 120


class TooFastForPerson(Unreachable):
    """Too many messages to this one person."""


# Code → what it is called in a log, what it means to us, seconds to wait.
_CODES: dict[int, tuple[str, type[OutsideError], int]] = {
    0: ("token invalid", AccountRefused, 0),
    190: ("token invalid or expired", AccountRefused, 0),
    3: ("no permission", AccountRefused, 0),
    10: ("no permission", AccountRefused, 0),
    368: ("account blocked", AccountRefused, 0),
    131031: ("account locked", AccountRefused, 0),
    131042: ("billing problem", AccountRefused, 0),
    131048: ("spam limit", AccountRefused, 0),
    4: ("app's rate", Unreachable, MINUTES_SECONDS),
    80007: ("account's rate", Unreachable, MINUTES_SECONDS),
    130429: ("throughput", Unreachable, 2),
    131056: ("pair rate", TooFastForPerson, PAIR_SECONDS),
    1: ("unknown API error", Unreachable, 30),
    2: ("API down", Unreachable, 30),
    131000: ("something went wrong", Unreachable, 30),
    131016: ("service overloaded", Unreachable, 30),
    131047: ("window closed", WindowClosed, 0),
    131026: ("undeliverable", BlockedByPerson, 0),
    131050: ("wants no marketing", BlockedByPerson, 0),
    131049: ("held back by Meta", Rejected, 0),
    131062: ("needs a phone number", Rejected, 0),
    131030: ("not in the list of test numbers", Rejected, 0),
    100: ("invalid parameter", Rejected, 0),
    131008: ("parameter missing", Rejected, 0),
    131009: ("parameter invalid", Rejected, 0),
    131051: ("message type", Rejected, 0),
    131052: ("media not downloaded", Rejected, 0),
    131053: ("media not uploaded", Rejected, 0),
    132000: ("template: number of values", Rejected, 0),
    132001: ("template: missing", Rejected, 0),
    132005: ("template: too long", Rejected, 0),
    132007: ("template: against policy", Rejected, 0),
    132012: ("template: format of values", Rejected, 0),
    132015: ("template: paused", Rejected, 0),
    132016: ("template: disabled", Rejected, 0),
}
PERMISSIONS = range(200, 300)


def refusal(status: int, error: dict[str, Any]) -> OutsideError:
    """Our word for the answer of an HTTP request: its status and the object `error` of its body, maybe empty."""
    code = error.get("code")
    if isinstance(code, int) and not isinstance(code, bool):
        known = kind_of(code)
        if known is not None:
            name, kind, seconds = known
            said = f"{code} {name}{_trace(error)}"
            if issubclass(kind, Unreachable):
                wait = seconds + random.randint(0, max(1, seconds // 4))
                return kind(said, retry_after_seconds=wait)
            return kind(said, code=str(code)) if issubclass(kind, Rejected) else kind(said)
    if status == 429 or status >= 500:
        return Unreachable(f"HTTP {status}{_trace(error)}", retry_after_seconds=None)
    if status in (401, 403):
        return AccountRefused(f"HTTP {status}{_trace(error)}", code=f"http-{status}")
    if 400 <= status < 500:
        return Rejected(f"HTTP {status}, code {code}{_trace(error)}", code=str(code or f"http-{status}"))
    return OutcomeUnknown(f"HTTP {status}, but no answer that we can read")


def kind_of(code: int) -> tuple[str, type[OutsideError], int] | None:
    """Its name, what it means to us, and the seconds to wait. None for a code that we do not know."""
    return _CODES[3] if code in PERMISSIONS else _CODES.get(code)


def _trace(error: dict[str, Any]) -> str:
    """What Meta's support asks for."""
    trace = str(error.get("fbtrace_id") or "")[:MAX_SAID]
    return f" (fbtrace_id {trace})" if trace else ""
