"""Passwords of staff: Argon2id, a few at a time."""

import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.base.errors import Refusal
from core.base.words import say

MIN_CHARACTERS = 12
MAX_CHARACTERS = 128
"""A sentence fits; a megabyte to be hashed does not."""
MIN_DIFFERENT = 6
MIN_NAME = 4
"""A shorter name of an address stands in many a good sentence."""
AT_ONCE = 2
"""A hash takes 64 MiB and about 0.1 s of one core: more at once would starve the rest of the process."""
PATIENCE_SECONDS = 2.0

_hasher = PasswordHash([Argon2Hasher()])
_room = threading.BoundedSemaphore(AT_ONCE)
# A real hash of nothing that anybody types: an unknown address costs the time of a known one.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$8Kt/tG1SWF7qXHWxE1rfng$eQ85QerVEasx8LF9OqZnC/8Jmi6kY2P+3+1/CbHyzh8"


class TooBusy(Exception):
    """Too many passwords are being checked at this moment."""


def check_rules(password: str, *, email: str) -> None:
    """Raises Refusal, with the reason, for a password that is too easy."""
    if len(password) < MIN_CHARACTERS:
        raise Refusal(say("A password needs at least {count} characters.", count=MIN_CHARACTERS))
    if len(password) > MAX_CHARACTERS:
        raise Refusal(say("A password has at most {count} characters.", count=MAX_CHARACTERS))
    name = email.partition("@")[0].lower()
    if len(set(password)) < MIN_DIFFERENT or (len(name) >= MIN_NAME and name in password.lower()):
        raise Refusal(say("That password is too easy to guess: choose another one."))


def hash_password(password: str) -> str:
    """The hash to store, with its salt and cost."""
    return _hasher.hash(password)


def is_right(password: str, stored: str | None) -> bool:
    """Whether a password fits its stored hash; none stored (an unknown address) takes as long and is wrong.
    Raises TooBusy when many are being checked already."""
    if not _room.acquire(timeout=PATIENCE_SECONDS):
        raise TooBusy
    try:
        fits = _hasher.verify(password[:MAX_CHARACTERS], stored or _NOBODY)
        return fits and stored is not None
    finally:
        _room.release()
