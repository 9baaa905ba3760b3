"""How fast we may send in a chat: one measure in Valkey, shared by all processes.

For the channel as a whole and for each person there is a bucket of tokens that fills at a steady rate. Keys are
keyed hashes: no person's id stands in them. Without Valkey nothing is held back: the provider's own refusal
remains, and is obeyed.
"""

import math
import time
from contextlib import suppress

from redis import Redis, RedisError

from core.base.errors import Unreachable
from core.base.secrets import Keyring

PATIENCE_SECONDS = 2.0
"""A worker waits so long itself for the channel's own bucket, which fills in parts of a second."""
LONGEST_HOLD_SECONDS = 3_600
STRIKES_LIFE_SECONDS = 300
LONGEST_GROWN_SECONDS = 120

# A bucket is the instant at which it will be full again, in microseconds. Numbers are written out by %.0f because
# Lua would shorten them.
_TAKE = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local full, waits = {}, {}
for i = 1, 2 do
    local interval, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
    local at = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now)
    full[i] = at + interval
    waits[i] = math.max(0, full[i] - burst * interval - now)
end
if waits[1] == 0 and waits[2] == 0 then
    for i = 1, 2 do
        redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000))
    end
end
return {string.format('%.0f', waits[1]), string.format('%.0f', waits[2])}
"""
_HOLD = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local interval, burst, hold = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if ARGV[4] ~= '0' then
    local strikes = redis.call('INCR', KEYS[2])
    redis.call('EXPIRE', KEYS[2], ARGV[5])
    hold = math.min(hold * 2 ^ (strikes - 1), tonumber(ARGV[4]))
end
local at = now + hold + (burst - 1) * interval
if at > tonumber(redis.call('GET', KEYS[1]) or '0') then
    redis.call('SET', KEYS[1], string.format('%.0f', at), 'PX', math.ceil((at - now) / 1000))
end
return string.format('%.0f', hold)
"""
MICRO = 1_000_000


class Pace:
    """The pace of one channel. Safe to share between threads."""

    def __init__(
        self,
        redis: Redis,
        keyring: Keyring,
        *,
        channel: str,
        a_second: int,
        person_seconds: float,
        person_burst: int,
    ) -> None:
        """a_second: to all together. person_seconds: between two messages to one person, after a burst of
        person_burst."""
        self._keyring = keyring
        self._channel = channel
        self._take = redis.register_script(_TAKE)
        self._hold = redis.register_script(_HOLD)
        self._all = (MICRO // a_second, a_second)
        self._one = (int(person_seconds * MICRO), person_burst)

    def take(self, person: str) -> None:
        """Wait for leave to send one message to `person`. Raises Unreachable where that would take long."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                all_wait, one_wait = (int(wait) / MICRO for wait in self._ask(person))
            except RedisError:
                return
            if one_wait > 0:
                raise Unreachable("too many messages to one person", retry_after_seconds=math.ceil(one_wait))
            if all_wait == 0:
                return
            if time.monotonic() + all_wait > until:
                raise Unreachable("the channel is busy", retry_after_seconds=math.ceil(all_wait))
            time.sleep(all_wait)

    def hold(self, person: str, seconds: float, *, grow: bool = False) -> int:
        """The provider wants no message to `person` for so long. grow: twice as long with each time in a row.

        Returns the whole seconds to wait.
        """
        hold = int(min(seconds, LONGEST_HOLD_SECONDS) * MICRO)
        longest = LONGEST_GROWN_SECONDS * MICRO if grow else 0
        key = self._key(person)
        with suppress(RedisError):
            values = [*self._one, hold, longest, STRIKES_LIFE_SECONDS]
            hold = int(self._hold(keys=[key, f"{key}:strikes"], args=values))
        return math.ceil(hold / MICRO)

    def _ask(self, person: str) -> list[bytes]:
        everybody = f"bots:pace:{self._channel}"
        found: list[bytes] = self._take(keys=[everybody, self._key(person)], args=[*self._all, *self._one])
        return found

    def _key(self, person: str) -> str:
        return f"bots:pace:{self._channel}:{self._keyring.tag(f'{self._channel}|{person}', 'chat pace')}"
