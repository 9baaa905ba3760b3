"""The cookie of a login: the session's token, signed, so that a forged one is refused without asking the database;
and the form token that is derived from it."""

import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

from core.base.secrets import Keyring, same_secret
from core.staff.sessions import LIFE

SESSION = "bando_staff"
FORM = "bando_staff_form"
"""Before a login there is no session: the login form's token hangs on this one."""
MAX_COOKIE_CHARACTERS = 256


class Cookies:
    """Writes and reads the staff web's two cookies. secure: sent over https only."""

    def __init__(self, keyring: Keyring, *, secure: bool) -> None:
        self._keyring = keyring
        self._secure = secure

    def token(self, request: Request) -> str | None:
        """The session token of the request, if its signature is ours."""
        token, _, signature = request.cookies.get(SESSION, "")[:MAX_COOKIE_CHARACTERS].partition(".")
        ours = [found.hex() for found in self._keyring.lookups(token, "staff-cookie")]
        return token if token and same_secret(signature, ours) else None

    def give(self, request: Request, response: Response, token: str) -> None:
        signature = self._keyring.lookup(token, "staff-cookie").hex()
        self._set(request, response, SESSION, f"{token}.{signature}", int(LIFE.total_seconds()))

    def take(self, request: Request, response: Response) -> None:
        response.delete_cookie(SESSION, path=_path(request), httponly=True, samesite="lax")

    def anchor(self, request: Request) -> str:
        """What a form's token hangs on: the session, or before a login the form cookie, or a fresh one."""
        return self.token(request) or request.cookies.get(FORM, "")[:MAX_COOKIE_CHARACTERS] or _draw()

    def give_anchor(self, request: Request, response: Response, anchor: str) -> None:
        """Remember a login form's anchor, where the browser does not have it yet."""
        if request.cookies.get(FORM) != anchor:
            self._set(request, response, FORM, anchor, int(LIFE.total_seconds()))

    def form_token(self, anchor: str) -> str:
        return self._keyring.tag(anchor, "staff-form")

    def fits(self, request: Request, given: str) -> bool:
        """Whether a form was made by us for this browser."""
        anchor = self.token(request) or request.cookies.get(FORM, "")[:MAX_COOKIE_CHARACTERS]
        if not anchor:
            return False
        return hmac.compare_digest(given.encode(errors="surrogatepass"), self.form_token(anchor).encode())

    def _set(self, request: Request, response: Response, name: str, value: str, seconds: int) -> None:
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path=_path(request),
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )


def _path(request: Request) -> str:
    return str(request.scope.get("root_path", "")) or "/"


def _draw() -> str:
    return secrets.token_urlsafe(16)
