"""Sessions in Valkey: one read and one write an answer.

Keys are keyed hashes: no phone number stands in them. Values are sealed, because a talk may hold numbers and
codes. The read counts, checks whose session it is, and takes the session's lock, all at once; of two parallel
requests of one session the second waits and finds the answer of the first.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from redis.asyncio import Redis

from core.base.msisdn import Msisdn
from core.base.secrets import Keyring, SealBroken
from core.conversation import unfinished
from core.conversation.dialogue import Dialogue
from ussd.session import Session
from ussd.wire import Script, Wire

SESSION_LIFE = timedelta(minutes=10)
"""The network ends a session after three minutes; a repeated request may come a little later. And who dials
again later than this has forgotten where the last talk stood."""
LIFE_SECONDS = int(SESSION_LIFE.total_seconds())
LOCK_MILLISECONDS = 10_000
"""A turn is answered within five seconds; the lock of one that died must not outlive the network's patience."""
POLL_SECONDS = 0.03

# A kept session is the keyed hash of its number, 32 characters, and the sealed talk.
_OPEN = Script("""
if ARGV[4] == '1' then
    for i, limit in ipairs({ARGV[5], ARGV[6]}) do
        local count = redis.call('INCR', KEYS[2 + i])
        if count == 1 then redis.call('EXPIRE', KEYS[2 + i], 120) end
        if count > tonumber(limit) then return {'often'} end
    end
end
local kept = redis.call('GET', KEYS[1])
if kept and string.sub(kept, 1, 32) ~= ARGV[1] then return {'stranger'} end
if not redis.call('SET', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then return {'busy'} end
if kept then return {'open', kept} end
local count = redis.call('INCR', KEYS[5])
if count == 1 then redis.call('EXPIRE', KEYS[5], 7200) end
if count > tonumber(ARGV[7]) then
    redis.call('DEL', KEYS[2])
    return {'often'}
end
local last = redis.call('GET', KEYS[6])
return {'new', last and redis.call('GET', 'ussd:session:' .. last), last, redis.call('GET', KEYS[7])}
""")

_SAVE = Script("""
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('SET', KEYS[3], ARGV[4], 'EX', ARGV[3])
redis.call('DEL', KEYS[2])
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


class Opened(NamedTuple):
    """A session whose lock we hold, under `token`. session: as it was left, None if it begins.

    name: what this session of this number is called wherever it must be named without naming the number.
    number, id: keyed hashes. last: where a session begins, how far the number's talk before it had come.
    """

    name: str
    number: str
    id: str
    token: str
    session: Session | None
    last: Dialogue | None = None


class Sessions:
    """redis: a client that returns bytes. Errors of the client (redis.RedisError) pass through."""

    def __init__(self, redis: Redis, keyring: Keyring, limits: Limits) -> None:
        self._keyring = keyring
        self._limits = limits
        self._wire = Wire(redis)

    async def open(self, session_id: str, caller: Msisdn, now: datetime, token: str) -> Opened | Closed:
        """Take the session's lock, waiting for whoever holds it. The caller bounds the wait.

        token: whatever no other request has.
        """
        tag, limits, digits = self._keyring.tag, self._limits, caller.digits
        number, this = tag(digits, "ussd number"), tag(session_id, "ussd session")
        epoch = int(now.timestamp())
        keys = (
            f"ussd:session:{this}",
            f"ussd:lock:{this}",
            f"ussd:turns:{epoch // 60}",
            f"ussd:turns:{number}:{epoch // 60}",
            f"ussd:sessions:{number}:{epoch // 3600}",
            f"ussd:last:{number}",
            unfinished.place(number),
        )
        ceilings = (limits.door_turns_a_minute, limits.turns_a_minute, limits.sessions_an_hour)
        is_first = 1
        while True:
            state, *kept = await self._wire.run(
                _OPEN, keys, (number, token, LOCK_MILLISECONDS, is_first, *ceilings)
            )
            if state != b"busy":
                break
            is_first = 0
            await asyncio.sleep(POLL_SECONDS)
        if state == b"often":
            return Closed.OFTEN
        if state == b"stranger":
            return Closed.STRANGER
        name = tag(f"{session_id}|{digits}", "ussd dialogue")
        if state == b"open":
            return Opened(name, number, this, token, self._read(kept[0], number, this, now))
        return Opened(name, number, this, token, None, self._last(number, now, *kept))

    def _last(
        self, number: str, now: datetime, kept: bytes | None, session: bytes | None, note: bytes | None
    ) -> Dialogue | None:
        """Where this number's newest talk stood: its last session, or a chat that has left a note since."""
        last = self._read(kept, number, session.decode(), now) if session else None
        left = unfinished.unseal(self._keyring, number, note) if note else None
        if left is not None and left.is_fresh(now) and (last is None or left.at >= last.at):
            return left.dialogue
        return last.dialogue if last else None

    def _read(self, kept: bytes | None, number: str, session: str, now: datetime) -> Session | None:
        """A session that was kept; None if it is gone or too old by the product's clock, which may be moved,
        and if other keys or another release of the program wrote it."""
        if kept is None:
            return None
        try:
            found = Session.from_json(
                self._keyring.unseal(kept[len(number) :], table="ussd", column=number, row=_row(session))
            )
        except (SealBroken, ValueError, TypeError, LookupError):
            return None
        return found if 0 <= now.timestamp() - found.at < LIFE_SECONDS else None

    async def save(self, opened: Opened, session: Session) -> None:
        """Keep the session, as the number's last one, and free the lock."""
        number, this = opened.number, opened.id
        sealed = self._keyring.seal(session.as_json(), table="ussd", column=number, row=_row(this))
        await self._wire.run(
            _SAVE,
            (f"ussd:session:{this}", f"ussd:lock:{this}", f"ussd:last:{number}"),
            (opened.token, number.encode() + sealed, LIFE_SECONDS, this),
        )

    async def release(self, opened: Opened) -> None:
        """Free the lock; nothing has changed."""
        await self._wire.run(_RELEASE, (f"ussd:lock:{opened.id}",), (opened.token,))


def _row(session: str) -> int:
    """A sealed talk is bound to its number and session as a sealed cell is to its column and row."""
    return int(session[:15], 16)
