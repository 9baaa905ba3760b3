"""Sessions in Valkey: one read and one write an answer.

Keys are keyed hashes: no phone number stands in them. Values are sealed, because a talk may hold numbers and
codes. The read counts, checks whose session it is, and takes the session's lock, all at once; of two parallel
requests of one session the second waits and finds the answer of the first.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from redis.asyncio import Redis

from core.base.msisdn import Msisdn
from core.base.secrets import Keyring, SealBroken
from core.conversation.dialogue import Dialogue, Frame
from ussd.session import Session
from ussd.wire import Script, Wire

SESSION_LIFE = timedelta(minutes=10)
"""The network ends a session after three minutes; a repeated request may come a little later."""
UNFINISHED_LIFE = timedelta(minutes=10)
"""Who dials again later than this has forgotten where the talk stood."""
LOCK_SECONDS = 10
"""A turn is answered within five; the lock of one that died must not outlive the network's patience long."""
POLL_SECONDS = 0.03

_OPEN = Script("""
if ARGV[4] == '1' then
    for i, limit in ipairs({ARGV[5], ARGV[6]}) do
        local key = KEYS[3 + i]
        local count = redis.call('INCR', key)
        if count == 1 then redis.call('EXPIRE', key, 120) end
        if count > tonumber(limit) then return {'often'} end
    end
end
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return {'stranger'} end
if not redis.call('SET', KEYS[3], ARGV[2], 'NX', 'PX', ARGV[3]) then return {'busy'} end
local kept = redis.call('GET', KEYS[2])
if kept then return {'open', kept} end
if not owner then
    local count = redis.call('INCR', KEYS[6])
    if count == 1 then redis.call('EXPIRE', KEYS[6], 7200) end
    if count > tonumber(ARGV[7]) then
        redis.call('DEL', KEYS[3])
        return {'often'}
    end
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[8])
end
return {'new', redis.call('GET', KEYS[7])}
""")

_SAVE = Script("""
if redis.call('GET', KEYS[3]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[3])
if ARGV[4] == '' then redis.call('DEL', KEYS[4]) else redis.call('SET', KEYS[4], ARGV[4], 'EX', ARGV[5]) end
redis.call('DEL', KEYS[3])
return 1
""")

_RELEASE = Script("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0")


class Closed(Enum):
    """Why a session is not opened."""

    OFTEN = "often"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Limits:
    turns_a_minute: int = 30
    sessions_an_hour: int = 20
    door_turns_a_minute: int = 30_000


@dataclass(frozen=True, slots=True)
class Opened:
    """A session whose lock we hold. session: as it was left, None if it begins; then unfinished may stand.

    name: what this session of this number is called wherever it must be named without naming the number.
    """

    name: str
    number: str
    owner: str
    token: str
    session: Session | None
    unfinished: tuple[Frame, ...]


class Sessions:
    """redis: a client that returns bytes. Errors of the client (redis.RedisError) pass through."""

    def __init__(self, redis: Redis, keyring: Keyring, limits: Limits) -> None:
        self._keyring = keyring
        self._limits = limits
        self._wire = Wire(redis)

    async def open(self, session_id: str, caller: Msisdn, now: datetime) -> Opened | Closed:
        """Take the session's lock, waiting for whoever holds it. The caller bounds the wait."""
        number = self._keyring.tag(caller.digits, "ussd number")
        owner = self._keyring.tag(session_id, "ussd session")
        name = self._keyring.tag(f"{session_id}|{caller.digits}", "ussd dialogue")
        token = secrets.token_hex(8)
        epoch = int(now.timestamp())
        keys = [
            f"ussd:owner:{owner}",
            f"ussd:session:{name}",
            f"ussd:lock:{name}",
            f"ussd:turns:{epoch // 60}",
            f"ussd:turns:{number}:{epoch // 60}",
            f"ussd:sessions:{number}:{epoch // 3600}",
            f"ussd:unfinished:{number}",
        ]
        limits, life = self._limits, int(SESSION_LIFE.total_seconds())
        first = 1
        while True:
            answer = await self._wire.run(
                _OPEN,
                keys,
                [
                    number, token, LOCK_SECONDS * 1000, first,
                    limits.door_turns_a_minute, limits.turns_a_minute, limits.sessions_an_hour, life,
                ],
            )  # fmt: skip
            if answer[0] != b"busy":
                break
            first = 0
            await asyncio.sleep(POLL_SECONDS)
        return self._read(answer, name, number, owner, token, now)

    def _read(
        self, answer: list[Any], name: str, number: str, owner: str, token: str, now: datetime
    ) -> Opened | Closed:
        state, kept = answer[0], answer[1] if len(answer) > 1 else None
        if state == b"often":
            return Closed.OFTEN
        if state == b"stranger":
            return Closed.STRANGER
        if state == b"new":
            return Opened(name, number, owner, token, None, self._unfinished(kept, number, now))
        clear = self._unseal(kept, "session", name)
        session = _revived(clear)
        if session is not None and not 0 <= now.timestamp() - session.at < SESSION_LIFE.total_seconds():
            session = None  # the product's clock has moved on
        return Opened(name, number, owner, token, session, ())

    def _unfinished(self, kept: bytes | None, number: str, now: datetime) -> tuple[Frame, ...]:
        clear = self._unseal(kept, "unfinished", number)
        if clear is None:
            return ()
        at, dialogue = json.loads(clear)
        fresh = 0 <= now.timestamp() - at < UNFINISHED_LIFE.total_seconds()
        return Dialogue.from_json(dialogue).frames if fresh else ()

    async def save(self, opened: Opened, session: Session) -> None:
        """Keep the session and what it would leave unfinished, and free the lock."""
        left = b""
        if session.unfinished:
            dialogue = Dialogue(frames=session.unfinished).as_json()
            left = self._seal(json.dumps([session.at, dialogue]), "unfinished", opened.number)
        await self._wire.run(
            _SAVE,
            [
                f"ussd:owner:{opened.owner}",
                f"ussd:session:{opened.name}",
                f"ussd:lock:{opened.name}",
                f"ussd:unfinished:{opened.number}",
            ],
            [
                opened.token,
                self._seal(session.as_json(), "session", opened.name),
                int(SESSION_LIFE.total_seconds()),
                left,
                int(UNFINISHED_LIFE.total_seconds()),
            ],
        )

    async def release(self, opened: Opened) -> None:
        """Free the lock; nothing has changed."""
        await self._wire.run(_RELEASE, [f"ussd:lock:{opened.name}"], [opened.token])

    def _seal(self, clear: str, column: str, name: str) -> bytes:
        return self._keyring.seal(clear, table="ussd", column=column, row=_row(name))

    def _unseal(self, sealed: bytes | None, column: str, name: str) -> str | None:
        if sealed is None:
            return None
        try:
            return self._keyring.unseal(sealed, table="ussd", column=column, row=_row(name))
        except SealBroken:  # the keys were changed meanwhile: the talk begins anew
            return None


def _revived(clear: str | None) -> Session | None:
    """The session, or None for one that another release of the program has written."""
    try:
        return Session.from_json(clear) if clear is not None else None
    except (ValueError, TypeError, LookupError):
        return None


def _row(name: str) -> int:
    """A sealed value is bound to its key as a sealed cell is to its row."""
    return int(name[:15], 16)
