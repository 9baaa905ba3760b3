"""JSON over HTTP for many threads, each with a connection of its own that is kept open: a general client took more of
the machine than all people who talk."""

import json
import threading
import time
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

MOST_IDLE_SECONDS = 3.0
"""Uvicorn ends a connection after five."""


class NoAnswer(Exception):
    """Nobody answered, or with another status than 2xx."""


class Answer(NamedTuple):
    status_code: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def raise_for_status(self) -> "Answer":
        """Raises NoAnswer."""
        if not 200 <= self.status_code < 300:
            raise NoAnswer(f"{self.status_code}: {self.body[:200].decode(errors='replace')}")
        return self


class Line:
    """To one server. What fails is not tried again: it may have been done."""

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        self._place, self._timeout = urlsplit(base_url).netloc, timeout_seconds
        self._mine = threading.local()

    def get(self, door: str, params: Mapping[str, Any] | None = None) -> Answer:
        """Raises NoAnswer where nobody answers."""
        return self._ask("GET", f"{door}?{urlencode(params)}" if params else door)

    def post(self, door: str, json: Any = None) -> Answer:
        """Raises NoAnswer where nobody answers."""
        return self._ask("POST", door, json)

    def _ask(self, method: str, door: str, told: Any = None) -> Answer:
        body = None if told is None else json.dumps(told).encode()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection = self._connection()
        try:
            connection.request(method, door, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        except (HTTPException, OSError) as error:
            connection.close()  # the next request opens it again
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        self._mine.used_at = time.monotonic()
        return answer

    def _connection(self) -> HTTPConnection:
        """This thread's. One that has been idle is opened anew: the server is about to end it."""
        mine = self._mine
        if not hasattr(mine, "connection"):
            mine.connection = HTTPConnection(self._place, timeout=self._timeout)
        elif time.monotonic() - mine.used_at > MOST_IDLE_SECONDS:
            mine.connection.close()
        mine.used_at = time.monotonic()
        connection: HTTPConnection = mine.connection
        return connection
