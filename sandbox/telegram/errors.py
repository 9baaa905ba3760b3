"""Refusals in the Bot API's words, and arguments that may come as JSON text."""

import json
from typing import Any


class TelegramRefusal(Exception):
    """`retry_after` is in whole seconds, given with 429 alone."""

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


def bad_request(why: str) -> TelegramRefusal:
    return TelegramRefusal(400, f"Bad Request: {why}")


def too_many_requests(retry_after: int) -> TelegramRefusal:
    return TelegramRefusal(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def blocked_by_user() -> TelegramRefusal:
    return TelegramRefusal(403, "Forbidden: bot was blocked by the user")


def json_of(found: Any, what: str) -> Any:
    """An argument, which may have come as JSON text. Raises TelegramRefusal."""
    try:
        return json.loads(found) if isinstance(found, str) else found
    except ValueError as error:
        raise bad_request(f"can't parse {what}") from error
