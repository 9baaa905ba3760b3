"""Telegram's Bot API through python-telegram-bot's Bot, for synchronous jobs.

One Bot a process, on an event loop in a thread of its own: the connection to Telegram stays open between jobs.
Both begin with the first call, so that nothing is shared across a fork, and a Telegram that is down stops nothing.
"""

import asyncio
import logging
import random
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as TookTooLong
from datetime import timedelta
from typing import TypeVar

import httpx
from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bots.telegram.settings import TelegramSettings
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.base.settings import is_loopback
from core.messaging.carrier import AccountRefused, BlockedByPerson

CONNECT_SECONDS = 3.0
UPLOAD_SECONDS = 20.0
LONGEST_CALL_SECONDS = 60.0
"""Of all requests of one call together: a job must end before its lease does."""
CONNECTIONS = 8
MAX_SAID = 80
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NOBODY_THERE = ("chat not found", "user is deactivated", "bot was blocked", "bot can't initiate conversation")
"""400 or 403: this person cannot be written to, or does not want it."""

T = TypeVar("T")


class TelegramApi:
    """Calls of one bot. Safe to share between threads, after a fork only where nothing was called before it."""

    def __init__(self, settings: TelegramSettings) -> None:
        self._settings = settings
        # It logs a traceback of its own where Telegram answers with a web page; what happened is said by our errors.
        logging.getLogger("telegram").setLevel(logging.CRITICAL)
        self._starting = threading.Lock()
        self._running: tuple[asyncio.AbstractEventLoop, Bot] | None = None

    def call(self, ask: Callable[[Bot], Awaitable[T]]) -> T:
        """What `ask` returns. Raises our words for Telegram's errors (core.base.errors)."""
        loop, bot = self._start()
        answer = asyncio.run_coroutine_threadsafe(_translated(ask, bot), loop)
        try:
            return answer.result(LONGEST_CALL_SECONDS)
        except TookTooLong:
            answer.cancel()
            raise OutcomeUnknown("Telegram was asked and did not answer in time") from None

    def _start(self) -> tuple[asyncio.AbstractEventLoop, Bot]:
        with self._starting:
            if self._running is None:
                loop = asyncio.new_event_loop()
                threading.Thread(target=loop.run_forever, name="telegram", daemon=True).start()
                # Not initialised: that would ask Telegram who we are, before every first message.
                self._running = loop, _bot(self._settings)
            return self._running


async def _translated(ask: Callable[[Bot], Awaitable[T]], bot: Bot) -> T:
    try:
        return await ask(bot)
    except TelegramError as error:
        raise in_our_words(error) from error


def in_our_words(error: TelegramError) -> OutsideError:
    """Telegram's error as one of core.base.errors or core.messaging.carrier."""
    said = error.message
    if isinstance(error, RetryAfter):
        return Unreachable("Telegram says later", retry_after_seconds=_seconds(error))
    if isinstance(error, Forbidden) or any(words in said.lower() for words in NOBODY_THERE):
        return BlockedByPerson(said, code="403")
    if isinstance(error, InvalidToken):
        return AccountRefused("Telegram does not know our token", code="401")
    if isinstance(error, BadRequest | ChatMigrated):
        return Rejected(said, code="400")
    if isinstance(error, Conflict):
        return Rejected(said, code="409")
    if isinstance(error.__cause__, NEVER_SENT):
        return Unreachable("no connection to Telegram")
    is_answered = not isinstance(error.__cause__, httpx.HTTPError)
    if isinstance(error, NetworkError) and is_answered and not isinstance(error, TimedOut):
        return Unreachable(f"Telegram is not well: {said[:MAX_SAID]}")
    return OutcomeUnknown("Telegram was asked and gave no answer that we can read")


def is_unchanged(error: TelegramError) -> bool:
    """An edit that changes nothing is refused, and harmless."""
    return isinstance(error, BadRequest) and "not modified" in error.message.lower()


def _seconds(error: RetryAfter) -> int:
    """A little more than was asked, so that not all come back at once. The library is moving to timedelta."""
    asked = error.retry_after
    seconds = asked.total_seconds() if isinstance(asked, timedelta) else asked
    return int(seconds) + random.randint(0, 1)


def _bot(settings: TelegramSettings) -> Bot:
    base = settings.base_url.rstrip("/")
    seconds = float(settings.timeout_seconds)
    # A proxy named in the environment is for the world outside, not for this machine.
    options = {"trust_env": not is_loopback(base)}
    request = HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=seconds,
        write_timeout=seconds,
        pool_timeout=seconds,
        media_write_timeout=UPLOAD_SECONDS,
        httpx_kwargs=options,
    )
    updates = HTTPXRequest(connection_pool_size=1, httpx_kwargs=options)
    return Bot(
        settings.token.get_secret_value(),
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request,
        get_updates_request=updates,
    )
