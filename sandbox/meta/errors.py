"""Refusals in Meta's words: the code decides, not the HTTP status."""

import secrets
from typing import Any

TITLES = {
    0: "AuthException",
    1: "An unknown error has occurred.",
    100: "Invalid parameter",
    190: "Invalid OAuth access token - Cannot parse access token",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131052: "Media download error",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    131062: "Business-scoped user IDs are not supported for this message",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132005: "Translated text too long",
    132012: "Parameter format does not match format in the created template",
    132015: "Template is paused",
    132016: "Template is disabled",
}
_STATUS = {0: 401, 1: 500, 190: 401, 130429: 429, 132001: 404}


class GraphRefusal(Exception):
    """An error of the Graph API; its HTTP status is 400 where the code has no other."""

    def __init__(self, code: int, details: str = "", *, kind: str = "OAuthException") -> None:
        super().__init__(f"{code} {details}")
        self.code, self.details, self.kind = code, details, kind

    @property
    def status(self) -> int:
        return _STATUS.get(self.code, 400)

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {TITLES[self.code]}",
            "type": self.kind,
            "code": self.code,
            "fbtrace_id": secrets.token_urlsafe(12),
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": error}


def in_status(code: int, details: str) -> dict[str, Any]:
    """The same error as a `failed` status carries it."""
    title = TITLES[code]
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}}
