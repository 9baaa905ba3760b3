"""A turn: one key press in, one screen out.

The turn is first taken on the event loop without a database; a step that asks for one sends the whole turn to
a thread, where it is taken again inside a Work. That Work is committed before the session is kept and the
screen is sent, so no screen promises what was not written down.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from typing import NamedTuple

from redis import RedisError
from redis.asyncio import Redis

from core.base.clock import Clock
from core.base.database import Work
from core.base.log import draw_request_id, following, logger
from core.base.msisdn import Msisdn
from core.base.secrets import Keyring
from core.base.settings import Brand
from core.conversation import engine
from core.conversation.offer_book import OfferBook
from core.conversation.step import Context, NeedsWork, OffersUnknown
from ussd import phrases
from ussd.form import UssdRequest, phone_number
from ussd.keypresses import Heard, dialled_keys, newest
from ussd.pager import BUDGET
from ussd.session import Session, begin, press, show
from ussd.valkey import Closed, Limits, Opened, Sessions

CHANNEL = "ussd"
THREADS = 8
"""For turns that ask the database: a pool of their own, so that a flood of dialling delays no callback."""

log = logger("ussd")


class Turn(NamedTuple):
    """One request on its way. opened: the session, whose lock we hold. typed: what it adds to what was heard."""

    caller: Msisdn
    has_mpesa: bool
    keys: tuple[str, ...]
    typed: str
    now: datetime
    request_id: str
    opened: Opened


class Talk:
    """Everything that a turn needs. One a process.

    redis: returns bytes. open_work: begins a transaction for a request id (Database.work). push_after: how
    long M-PESA waits after a session's end before it asks. budget: septets a screen. sends_mail: whether there is a
    mail server.
    """

    def __init__(
        self,
        *,
        redis: Redis,
        open_work: Callable[[str], AbstractContextManager[Work]],
        clock: Clock,
        keyring: Keyring,
        brand: Brand,
        push_after: timedelta,
        budget: int = BUDGET,
        limits: Limits | None = None,
        book: OfferBook | None = None,
        threads: int = THREADS,
        sends_mail: bool = True,
    ) -> None:
        self._sessions = Sessions(redis, keyring, limits or Limits())
        self._open_work = open_work
        self._clock = clock
        self._keyring = keyring
        self._brand = brand
        self._sends_mail = sends_mail
        self._push_after = push_after
        self._budget = budget
        self._book = book or OfferBook()
        self._reading_offers: asyncio.Event | None = None
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="ussd")

    def close(self) -> None:
        """Let running turns end and give their threads back."""
        self._threads.shutdown()

    async def turn(self, request: UssdRequest) -> str:
        """The reply to a request, CON or END and all. Whatever fails, the caller gets a polite END.

        Whoever calls bounds the time.
        """
        request_id = draw_request_id()
        with following(request_id):
            try:
                return await self._turn(request, request_id)
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("ussd_turn_not_answered", error=type(error).__name__)
            except Exception:
                log.exception("ussd_turn_failed")
        return phrases.polite_end(phrases.DIAL_AGAIN)

    async def _turn(self, request: UssdRequest, request_id: str) -> str:
        began = time.perf_counter()
        caller = phone_number(request.phone)
        if caller is None:
            log.info("ussd_turn_refused", why="number")
            return phrases.polite_end(phrases.ONLY_KENYA)
        keys = dialled_keys(request.service_code, request.text, self._brand)
        if keys is None:
            log.info("ussd_turn_refused", why="service code")
            return phrases.polite_end(phrases.not_our_code(self._brand.service_code))
        now = self._clock.now()
        opened = await self._sessions.open(request.session_id, caller, now, request_id)
        if isinstance(opened, Closed):
            log.info("ussd_turn_refused", why=opened.value, caller=caller)
            return phrases.polite_end(phrases.WAIT if opened is Closed.OFTEN else phrases.DIAL_AGAIN)
        before = opened.session
        typed = newest(request.text, before.heard, self._tag) if before is not None else ""
        if before is not None and typed is None:
            await self._sessions.release(opened)
            session = before._replace(input="repeat")
        else:
            has_mpesa = request.may_have_mpesa and caller.looks_mpesa_capable
            turn = Turn(caller, has_mpesa, keys, typed or "", now, request_id, opened)
            session = await self._answer(turn, Heard.of(request.text, self._tag))
        log.info(
            "ussd_turn",
            screen=session.shown.id,
            language=session.shown.language,
            input=session.input,
            page=session.page,
            caller=caller,
            milliseconds=round((time.perf_counter() - began) * 1000),
        )
        return session.reply

    async def _answer(self, turn: Turn, heard: Heard) -> Session:
        """The session after this answer, kept."""
        try:
            session = await self._take(turn)
        except engine.Declined as declined:  # its Work is undone; the screen that says why needs none
            session = show(declined.turn, self._budget, "invalid")
        except Exception:
            with suppress(RedisError, OSError):  # the lock ends by itself; the first error is the one to tell
                await self._sessions.release(turn.opened)
            raise
        session = session._replace(heard=heard, at=int(turn.now.timestamp()))
        try:
            await self._sessions.save(turn.opened, session)
        except (RedisError, OSError):
            if not session.ends:  # the next key would not find its session
                raise
            log.warning("ussd_session_not_kept")  # what the last screen says is true: it was committed
        return session

    async def _take(self, turn: Turn) -> Session:
        """Without the database if it can be, else in a thread with it."""
        try:
            return self._think(turn, None)
        except OffersUnknown:
            return await self._take_with_offers(turn)
        except NeedsWork:
            return await self._take_in_thread(turn)

    async def _take_with_offers(self, turn: Turn) -> Session:
        """One turn reads the offers for all, who then go on together: through a lock they would pass one by one, each
        a round of the loop later, and the last of 500 would wait for seconds."""
        while self._reading_offers is not None:
            await self._reading_offers.wait()
            try:
                return self._think(turn, None)
            except OffersUnknown:
                continue  # it could not be read, or was about something else
            except NeedsWork:
                return await self._take_in_thread(turn)
        reading = self._reading_offers = asyncio.Event()
        try:
            return await self._take_in_thread(turn)
        finally:
            self._reading_offers = None
            reading.set()

    async def _take_in_thread(self, turn: Turn) -> Session:
        in_this_context = contextvars.copy_context().run
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, in_this_context, self._think_with_work, turn
        )

    def _think_with_work(self, turn: Turn) -> Session:
        with self._open_work(turn.request_id) as work:
            return self._think(turn, work)

    def _think(self, turn: Turn, work: Work | None) -> Session:
        """Raises NeedsWork where there is no `work` and a step asks for it."""
        opened = turn.opened
        context = Context(
            caller=turn.caller,
            caller_has_mpesa=turn.has_mpesa,
            channel=CHANNEL,
            session=opened.name,
            now=turn.now,
            brand=self._brand,
            sends_mail=self._sends_mail,
            book=self._book,
            push_after=self._push_after,
            work=work,
        )
        if opened.session is not None:
            return press(context, opened.session, turn.typed, self._budget)
        unfinished = engine.unfinished(context, opened.last) if opened.last is not None else ()
        return begin(context, turn.keys, unfinished, self._budget)

    def _tag(self, text: str) -> str:
        return self._keyring.tag(text, "ussd text")
