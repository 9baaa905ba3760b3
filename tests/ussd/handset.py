"""A phone in the hand of a test: it speaks Africa's Talking's protocol to the real door, on real servers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

from redis.asyncio import Redis

from core.base.clock import SetClock
from core.base.database import Database
from core.base.secrets import Keyring
from core.base.settings import Brand
from ussd.door import UssdDoor
from ussd.talk import Talk
from ussd.valkey import Limits

SECRET = "5ec2e7" * 6
PHONE = "+254712345678"
FORM = {
    "phoneNumber": PHONE,
    "serviceCode": "*384*123#",
    "sessionId": "ATUid_0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "networkCode": "63902",
    "text": "",
}
"""A first request as Africa's Talking sends it."""
GONE_WRONG = "END Sorry, that did not work. Please dial again.\nSamahani, haikuwezekana. Tafadhali piga tena."
Result = TypeVar("Result")


class Reply:
    """What the door answered."""

    def __init__(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.text = body.decode()


class Service:
    """The USSD door with all that stands behind it, in an event loop of its own. Use as a context manager."""

    def __init__(
        self, database: Database, redis_url: str, clock: SetClock, keyring: Keyring, **options: Any
    ) -> None:
        self.database = database
        self.clock = clock
        self.brand = options.pop("brand", Brand())
        self._redis_url = redis_url
        self._keyring = keyring
        self._limits = options.pop("limits", Limits())
        self._budget = options.pop("budget", 160)
        self._door_options = {"secrets": [SECRET], "open_without_secret": True, **options}
        self.sessions = itertools.count(1)

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self.redis = self.run(self._connect())
        self.talk = Talk(
            redis=self.redis,
            open_work=self.database.work,
            clock=self.clock,
            keyring=self._keyring,
            brand=self.brand,
            push_after=timedelta(seconds=4),
            limits=self._limits,
            budget=self._budget,
        )
        self.door = UssdDoor(self.talk, **self._door_options)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.talk.close()
        self.run(self.redis.aclose())
        self._runner.close()

    async def _connect(self) -> Redis:
        return Redis.from_url(self._redis_url, socket_timeout=2, socket_connect_timeout=2)

    def run(self, doing: Awaitable[Result]) -> Result:
        async def wait() -> Result:
            return await doing

        return self._runner.run(wait())

    async def post(
        self,
        fields: Mapping[str, str] | bytes,
        path: str = f"/ussd/africastalking/{SECRET}",
        *,
        method: str = "POST",
        client: str = "127.0.0.1",
        headers: Mapping[bytes, bytes] | None = None,
    ) -> Reply:
        """One HTTP request, as the server would hand it to the door."""
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": list((headers or {}).items()),
            "client": (client, 40_000),
        }
        chunks = [body[start : start + 4096] for start in range(0, len(body), 4096)] or [b""]
        waiting = [
            {"type": "http.request", "body": chunk, "more_body": index < len(chunks) - 1}
            for index, chunk in enumerate(chunks)
        ]
        sent: list[Any] = []

        async def receive() -> Any:
            return waiting.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        await self.door(scope, receive, send)
        return Reply(sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"])


class Handset:
    """One phone. It remembers what was typed, as the network does."""

    def __init__(self, service: Service, number: str, network: str = "63902") -> None:
        self.service = service
        self.number = number
        self.network = network
        self.fields: dict[str, str] = {}

    def dial(self, code: str = "*384*123#", text: str = "") -> str:
        """A new session."""
        self.fields = {
            "phoneNumber": self.number,
            "serviceCode": code,
            "sessionId": f"ATUid_{next(self.service.sessions):032x}",
            "networkCode": self.network,
            "text": text,
        }
        return self.again()

    def press(self, typed: str) -> str:
        """An answer in the session that is open."""
        before = self.fields["text"]
        self.fields["text"] = f"{before}*{typed}" if before else typed
        return self.again()

    def again(self) -> str:
        """The same request once more."""
        reply = self.service.run(self.service.post(self.fields))
        assert reply.status == 200
        assert reply.text.startswith(("CON ", "END "))
        return reply.text

    def keys(self, *typed: str) -> str:
        """Several answers, one after the other."""
        for one in typed:
            shown = self.press(one)
        return shown


def rows(database: Database, table: str) -> int:
    with database.work() as work:
        return int(work.scalar(f"SELECT count(*) FROM {table}"))


def rows_before(service: Service) -> int:
    """Purchases that the scene was set with."""
    with service.database.work() as work:
        return int(work.scalar("SELECT count(*) FROM purchases WHERE channel = 'test'"))
