"""Talks in Valkey: names are keyed hashes, values are sealed, and one message of a person is heard at a time.

A dialogue is under ten kilobytes, so that ten thousand of them are under a hundred megabytes.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from core.base.errors import NotReady
from core.base.msisdn import Msisdn
from core.base.secrets import Keyring, SealBroken
from core.conversation import unfinished
from core.conversation.channel import Person
from core.conversation.kept_talk import KeptTalk
from core.conversation.unfinished import Left

LIFE: Mapping[str, timedelta] = {"sms": timedelta(minutes=30)}
"""How long a talk is remembered. A text shows nothing of the talk before it, so "1" soon means nothing."""
LONGEST_LIFE = timedelta(hours=24)
LOCK_SECONDS = 60
"""Longer than any channel takes to be shown a face; a worker that died holds nobody up for longer."""

_OPEN = """
if not redis.call('SET', KEYS[2], ARGV[1], 'NX', 'EX', ARGV[2]) then return {-1} end
local count = redis.call('INCR', KEYS[3])
if count == 1 then redis.call('EXPIRE', KEYS[3], 120) end
return {count, redis.call('GET', KEYS[1])}
"""
_KEEP = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 0"


@dataclass(frozen=True, slots=True)
class Opened:
    """A talk whose lock we hold. turns: messages of this person in this minute, with this one."""

    name: str
    token: str
    life_seconds: int
    turns: int
    talk: KeptTalk | None


class Talks:
    """redis: a client that returns bytes. Errors of the client (redis.RedisError) pass through."""

    def __init__(self, redis: Redis, keyring: Keyring) -> None:
        self._redis: Any = redis
        self._keyring = keyring

    def open(self, person: Person, now: datetime) -> Opened:
        """Take the lock of the person's talk. Raises NotReady while another message of theirs is being heard."""
        name = self._keyring.tag(f"{person.channel}|{person.id}", "chat talk")
        token = secrets.token_hex(8)
        life = int(LIFE.get(person.channel, LONGEST_LIFE).total_seconds())
        keys = [_talk(name), _lock(name), f"chat:turns:{name}:{int(now.timestamp()) // 60}"]
        turns, *kept = self._redis.eval(_OPEN, len(keys), *keys, token, LOCK_SECONDS)
        if turns < 0:
            raise NotReady("another message of this person is being heard")
        talk = self._read(kept[0], name) if kept else None
        if talk is not None and not 0 <= int(now.timestamp()) - talk.at < life:
            talk = None  # the product's clock has moved on
        return Opened(name, token, life, turns, talk)

    def keep(self, opened: Opened, talk: KeptTalk) -> None:
        """Keep the talk. Raises NotReady where our lock has run out: somebody else hears this person now."""
        sealed = self._keyring.seal(talk.as_json(), table="chat", column="talk", row=_row(opened.name))
        values = [opened.token, sealed, opened.life_seconds]
        if not self._redis.eval(_KEEP, 2, _talk(opened.name), _lock(opened.name), *values):
            raise NotReady("this message took too long to hear")

    def release(self, opened: Opened) -> None:
        self._redis.eval(_RELEASE, 1, _lock(opened.name), opened.token)

    def mark(self, message_id: str) -> str:
        """What a message is called where it is remembered."""
        return self._keyring.tag(message_id, "chat message")[:12]

    def leave(self, number: Msisdn, left: Left) -> None:
        """Note what this number's talk would leave unfinished."""
        tag = unfinished.number_tag(self._keyring, number)
        sealed = unfinished.seal(self._keyring, tag, left)
        self._redis.set(unfinished.place(tag), sealed, ex=unfinished.LIFE_SECONDS)

    def left(self, number: Msisdn, now: datetime) -> Left | None:
        """What the number's newest talk, in a chat or by USSD, has left unfinished."""
        tag = unfinished.number_tag(self._keyring, number)
        note, last = self._redis.mget(unfinished.place(tag), unfinished.last_session(tag))
        session = None
        if last is not None:
            kept = self._redis.get(unfinished.session_key(last.decode()))
            session = unfinished.unseal_session(self._keyring, tag, last.decode(), kept)
        return unfinished.newest(unfinished.unseal(self._keyring, tag, note), session, now=now)

    def _read(self, kept: bytes | None, name: str) -> KeptTalk | None:
        """The talk, or None where there is none, or other keys or another release of the program wrote it."""
        if kept is None:
            return None
        try:
            return KeptTalk.from_json(self._keyring.unseal(kept, table="chat", column="talk", row=_row(name)))
        except (SealBroken, ValueError, TypeError, LookupError, AttributeError):
            return None


def _talk(name: str) -> str:
    return f"chat:talk:{name}"


def _lock(name: str) -> str:
    return f"chat:lock:{name}"


def _row(name: str) -> int:
    """A sealed value is bound to its key as a sealed cell is to its row."""
    return int(name[:15], 16)
