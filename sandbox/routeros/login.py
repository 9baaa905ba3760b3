"""Both ways to log in to the API: name and password in one sentence, or the challenge of versions before
6.43.
"""

import hashlib
import hmac
import secrets

from sandbox.routeros import traps
from sandbox.routeros.commands import Answer, Command
from sandbox.routeros.spec import RouterSpec
from sandbox.routeros.traps import Trap

CHALLENGE_BYTES = 16


def challenge_response(password: str, challenge: bytes) -> str:
    """Return `00` and the hex MD5 of a zero byte, the password and the challenge."""
    return "00" + hashlib.md5(b"\x00" + password.encode() + challenge).hexdigest()


class Login:
    """The login of one connection. `user` is empty until it has succeeded."""

    def __init__(self, spec: RouterSpec) -> None:
        self._spec = spec
        self._challenge = b""
        self.user = ""

    def take(self, command: Command) -> Answer:
        """Judge a `/login` sentence; raises `Trap` when it is refused."""
        return self._old(command) if self._spec.old_login else self._new(command)

    def _new(self, command: Command) -> Answer:
        name, password = command.attributes.get("name", ""), command.attributes.get("password", "")
        # Versions from 6.45.1 no longer know the challenge: a bare `/login` is a login without a name.
        right = name == self._spec.username and hmac.compare_digest(
            password.encode("utf-8", "surrogateescape"), self._spec.password.encode()
        )
        if not right:
            raise Trap(traps.BAD_LOGIN)
        self.user = name
        return Answer()

    def _old(self, command: Command) -> Answer:
        """A sentence without a response, the new form included, is answered with a challenge."""
        response = command.attributes.get("response")
        if response is None:
            self._challenge = secrets.token_bytes(CHALLENGE_BYTES)
            return Answer(ret=self._challenge.hex())
        challenge, self._challenge = self._challenge, b""
        right = command.attributes.get("name") == self._spec.username and bool(challenge)
        if not right or response != challenge_response(self._spec.password, challenge):
            raise Trap(traps.OLD_BAD_LOGIN)
        self.user = self._spec.username
        return Answer()
