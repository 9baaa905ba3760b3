"""Africa's Talking's forms, read into our words. Source: their USSD pages; they promise no field."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from core.base.msisdn import Msisdn, NotAPhoneNumber

MOST_FIELDS = 20
"""A request has five, an end notice twelve."""
LONGEST_SESSION_ID = 100
"""ATUid_ and 32 hex; anything much longer was not made by them."""


NO_MPESA = frozenset({"63903", "63907", "63999"})
"""Airtel, Telkom, Equitel. Safaricom is 63902; an unknown code is given the benefit of the doubt."""


class Malformed(ValueError):
    """The form is not one of theirs: fields missing, too many, or not text."""


class UssdRequest(NamedTuple):
    """One key press. text: all that was typed in the session so far. network: the caller's operator."""

    session_id: str
    phone: str
    service_code: str
    text: str
    network: str = ""

    @property
    def may_have_mpesa(self) -> bool:
        """Numbers move between operators, so the operator tells more than the number."""
        return self.network not in NO_MPESA


@dataclass(frozen=True, slots=True)
class EndNotice:
    """How a session ended: Success, Incomplete (the person left) or Failed. What was typed is not read."""

    status: str
    hops: int
    milliseconds: int


def read_request(body: bytes) -> UssdRequest:
    """Raises Malformed."""
    fields = _fields(body)
    try:
        request = UssdRequest(
            session_id=_clear(fields[b"sessionId"]).strip(),
            phone=_clear(fields[b"phoneNumber"]),
            service_code=_clear_code(fields[b"serviceCode"]),
            text=_clear(fields.get(b"text", b"")),
            network=_clear_code(fields.get(b"networkCode", b"")),
        )
    except KeyError as missing:
        raise Malformed(f"no {missing.args[0].decode()}") from None
    if not 0 < len(request.session_id) <= LONGEST_SESSION_ID:
        raise Malformed("no session id of theirs")
    return request


def read_end_notice(body: bytes) -> EndNotice:
    """Raises Malformed."""
    fields = _fields(body)
    return EndNotice(
        status=_clear(fields.get(b"status", b""))[:20],
        hops=_whole(_clear(fields.get(b"hopsCount", b""))),
        milliseconds=_whole(_clear(fields.get(b"durationInMillis", b""))),
    )


@lru_cache(maxsize=4096)
def phone_number(text: str) -> Msisdn | None:
    """The caller, or None. Remembered: reading a number costs more than answering a key press.

    A `+` that was not encoded arrives as a space.
    """
    try:
        return Msisdn.parse(text.strip())
    except NotAPhoneNumber:
        return None


def _fields(body: bytes) -> dict[bytes, bytes]:
    """The values as they were sent. What the library's reader does beyond this (names in signs of percent, nested text
    encodings, lists of values) no form of theirs has."""
    parts = body.split(b"&")
    if len(parts) > MOST_FIELDS:
        raise Malformed("too many fields")
    pairs = (part.partition(b"=") for part in parts)
    return {name: value for name, _, value in pairs}


def _clear(part: bytes) -> str:
    plain = part.replace(b"+", b" ")
    return (unquote_to_bytes(plain) if b"%" in plain else plain).decode("utf-8", "replace")


_clear_code = lru_cache(maxsize=64)(_clear)
"""For what is the same in nearly all requests."""


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0
