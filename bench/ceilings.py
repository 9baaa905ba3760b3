"""The ceilings' web: bare ASGI on the product's server settings, doing only the input and output of an operation.

/session      parse the form, one Valkey read, one write of as many bytes as our session has
/collection   parse the form, one statement that writes the rows of a collection, in a thread, one transaction
/callback     take the body, one row written, in a thread, one transaction
/webhook/...  the same, once what proves the sender is checked: Meta's HMAC of the body, Telegram's header, the path
"""

import asyncio
import hashlib
import hmac
import os
import secrets
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from redis.asyncio import Redis
from sqlalchemy import create_engine, text

from bando.processes import CONCURRENT_REQUESTS, HEADER_BYTES, KEEP_ALIVE_SECONDS
from bots.webhook import THREADS as WEBHOOK_THREADS
from ussd.talk import THREADS as USSD_THREADS

POOL = 10
VALKEY_CONNECTIONS = 1_000
"""One for each request that may be under way."""
LIFE_SECONDS = 600

_COLLECTION = text(
    """
    WITH purchase AS (
        INSERT INTO purchases (channel, session, step, buyer_id, beneficiary_id, plan_id, price_cents, term_unit,
            term_count, request_id, created_at)
        VALUES ('ceiling', :session, '3.buy.bundle', :buyer, :buyer, :plan, 1000, 'seconds', 3600, :request, :now)
        RETURNING id
    ), collection AS (
        INSERT INTO collections (purchase_id, gateway, payer, amount_cents, reference, state, created_at, push_due_at)
        SELECT id, 'mpesa', :payer, 1000, :reference, 'requested', :now, :now FROM purchase RETURNING id
    ), noted AS (
        INSERT INTO collection_moves (collection_id, at, to_state, cause)
        SELECT id, :now, 'requested', 'asked for' FROM collection
    ), said AS (
        INSERT INTO outbox (event, payload, request_id, recorded_at)
        SELECT 'CollectionRequested', jsonb_build_object('collection_id', id), :request, :now FROM collection
        RETURNING id
    )
    INSERT INTO deliveries (outbox_id, listener, queue, available_at)
    SELECT id, 'payments.ask_gateway', 'money', :now FROM said
    """
)
_CALLBACK = text(
    "INSERT INTO inbox (door, body_hash, received_at, source, trusted) "
    "VALUES ('ceiling', :hash, :now, '127.0.0.1', true)"
)


class Ceilings:
    """The ASGI application."""

    def __init__(self) -> None:
        self._valkey = Redis.from_url(
            os.environ["BANDO_REDIS_URL"],
            socket_timeout=2,
            socket_connect_timeout=2,
            max_connections=VALKEY_CONNECTIONS,
        )
        self._engine = create_engine(os.environ["BANDO_DATABASE_URL"], pool_size=POOL, max_overflow=POOL)
        self._talk = ThreadPoolExecutor(USSD_THREADS)
        self._pay = ThreadPoolExecutor(WEBHOOK_THREADS)
        self._chat = ThreadPoolExecutor(WEBHOOK_THREADS)
        self._app_secret = os.environ["BANDO_WHATSAPP_APP_SECRETS"].encode()
        self._hook_secret = os.environ["BANDO_TELEGRAM_WEBHOOK_SECRET"].encode()
        self._sms_path = f"/webhook/sms/{os.environ['BANDO_DOOR_SECRETS'].split(',')[0]}"
        with self._engine.connect() as connection:
            self._plan = connection.scalar(text("SELECT min(id) FROM plans WHERE price_cents = 1000"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        body = (await receive()).get("body", b"") if scope["type"] == "http" else b""
        if path == "/session":
            answer = await self._session(dict(parse_qsl(body.decode())))
        elif path == "/collection":
            answer = await self._in_thread(self._talk, self._collection, dict(parse_qsl(body.decode())))
        elif path == "/callback":
            answer = await self._in_thread(self._pay, self._callback, body)
        elif path.startswith("/webhook/"):
            proved = self._is_proved(path, dict(scope["headers"]), body)
            answer = await self._in_thread(self._chat, self._callback, body) if proved else b"who are you?"
        else:
            answer = b""
        length = str(len(answer)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        await send({"type": "http.response.body", "body": answer})

    async def _session(self, form: dict[str, str]) -> bytes:
        """The answer is the phone as it was kept by the step before."""
        key, phone = f"bench:{form['sessionId']}", form["phoneNumber"].encode()
        kept = await self._valkey.get(key)
        await self._valkey.set(key, phone.ljust(int(form["bytes"])), ex=LIFE_SECONDS)
        return b"CON " + (kept if isinstance(kept, bytes) else phone)[: len(phone)]

    async def _in_thread(self, threads: ThreadPoolExecutor, do: Callable[[Any], bytes], what: Any) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(threads, do, what)

    def _is_proved(self, path: str, headers: dict[bytes, bytes], body: bytes) -> bool:
        if path == "/webhook/whatsapp":
            signature = "sha256=" + hmac.new(self._app_secret, body, hashlib.sha256).hexdigest()
            return hmac.compare_digest(signature.encode(), headers[b"x-hub-signature-256"])
        if path == "/webhook/telegram":
            return hmac.compare_digest(self._hook_secret, headers[b"x-telegram-bot-api-secret-token"])
        return hmac.compare_digest(path, self._sms_path)

    def _collection(self, form: dict[str, str]) -> bytes:
        buyer = int(form["buyer"])
        with self._engine.begin() as connection:
            connection.execute(
                _COLLECTION,
                {
                    "session": form["sessionId"],
                    "buyer": buyer,
                    "plan": self._plan,
                    "payer": form["phoneNumber"],
                    "reference": f"C{buyer}",
                    "request": secrets.token_hex(8),
                    "now": datetime.now(UTC),
                },
            )
        return b"END " + form["phoneNumber"].encode()

    def _callback(self, body: bytes) -> bytes:
        with self._engine.begin() as connection:
            connection.execute(_CALLBACK, {"hash": hashlib.sha256(body).digest(), "now": datetime.now(UTC)})
        return b'{"ResultCode": 0}'


def main(port: int) -> None:
    """The server settings are those of `bando web`."""
    uvicorn.run(
        "bench.ceilings:Ceilings",
        factory=True,
        host="127.0.0.1",
        port=port,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=int(os.environ.get("BANDO_WEB_CONCURRENCY", CONCURRENT_REQUESTS)),
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=HEADER_BYTES,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
