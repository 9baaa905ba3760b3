"""Access tokens: an hour each, and each new one ends the one before (portal FAQ)."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import TrialClock
from sandbox.daraja.errors import DarajaRefusal, bad_token, no_token
from sandbox.world import DarajaAccount

LIFE_SECONDS = 3_600
SAID_SECONDS = 3_599  # what Daraja writes in `expires_in`


@dataclass
class Token:
    word: str
    ends_at: datetime
    pushes: int = 0


class Tokens:
    """One living token at a time, as the one consumer key of the trial has it."""

    def __init__(self, account: DarajaAccount, clock: TrialClock) -> None:
        self._account, self._clock = account, clock
        self._living: Token | None = None

    def grant(self, authorization: str | None, grant_type: str | None) -> str:
        """A new token for `Basic base64(key:secret)`; raises DarajaRefusal."""
        scheme, _, encoded = (authorization or "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        wanted = f"{self._account.consumer_key}:{self._account.consumer_secret}"
        if scheme.lower() != "basic" or not secrets.compare_digest(given.encode(), wanted.encode()):
            raise DarajaRefusal(400, "400.008.01", "Invalid Authentication passed")
        if grant_type != "client_credentials":
            raise DarajaRefusal(400, "400.008.02", "Invalid grant type passed")
        ends_at = self._clock.now() + timedelta(seconds=LIFE_SECONDS)
        self._living = Token(secrets.token_urlsafe(21), ends_at)
        return self._living.word

    def check(self, authorization: str | None) -> Token:
        """The living token a `Bearer` header names; raises DarajaRefusal."""
        scheme, _, word = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not word:
            raise no_token()
        token = self._living
        if (
            token is None
            or not secrets.compare_digest(token.word.encode(), word.encode())
            or token.ends_at <= self._clock.now()
        ):
            raise bad_token()
        return token

    def end(self) -> None:
        """The living token dies before its time."""
        self._living = None
