"""Talking in a terminal: the inbox, job, engine and talk of every chat, in this process. Made for people who try the
service and, through a pipe, for scripts: `printf '1\\n2\\n' | bando chat --number 0712345678`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TextIO

from redis import Redis

from bots.console.channel import NAME, ConsoleChannel, body_of
from core.base.clock import Clock
from core.base.database import Work
from core.base.errors import NotReady, OutsideError
from core.base.inbox import store
from core.base.msisdn import Msisdn
from core.base.secrets import Keyring
from core.base.settings import Brand
from core.conversation.channel import Act, Channel, Person, Said
from core.conversation.chat_turn import TurnDeps
from core.conversation.jobs import hear_message
from core.conversation.offer_book import OfferBook

PROMPT = "> "
SHARE = "/share "
"""`/share 0712345678` stands for the button by which other channels share the own number."""
BUSY = "(somebody else talks as this person just now; say it again)"


class Terminal:
    """The program with one more channel; its lines go to the inbox without an event, and are heard here."""

    def __init__(self, deps: TurnDeps, *, person: Person, lines: TextIO, out: TextIO) -> None:
        self._deps = deps
        self._person = person
        self._lines = lines
        self._out = out
        self.channels: Mapping[str, Channel] = {NAME: ConsoleChannel(out)}

    @property
    def redis(self) -> Redis:
        return self._deps.redis

    @property
    def brand(self) -> Brand:
        return self._deps.brand

    @property
    def keyring(self) -> Keyring:
        return self._deps.keyring

    @property
    def clock(self) -> Clock:
        return self._deps.clock

    @property
    def book(self) -> OfferBook:
        return self._deps.book

    @property
    def sends_mail(self) -> bool:
        return self._deps.sends_mail

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self._deps.work(request_id)

    def talk(self) -> int:
        """Until the lines end; the exit code. What comes through a pipe is repeated, so that it reads as a talk."""
        types = self._lines.isatty()
        while True:
            if types:
                self._write(PROMPT)
            line = self._lines.readline()
            if not line:
                return 0
            text = line.rstrip("\r\n")
            if not types:
                self._write(f"{PROMPT}{text}\n")
            self._say(text)

    def _say(self, text: str) -> None:
        act = Act.SHARED if text.startswith(SHARE) else Act.TYPED
        said = Said(
            secrets.token_hex(8), self._person, self.clock.now(), act, text.removeprefix(SHARE).strip()
        )
        with self.work() as work:
            row = store(work, door=NAME, body=body_of(said), source="terminal", trusted=True)
        assert row is not None, "each line has an id of its own"
        try:
            hear_message(self, inbox_id=row)
        except (NotReady, OutsideError):
            self._write(f"{BUSY}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def whose(*, number: str, name: str) -> Person:
    """Who talks: the number is vouched for by whoever sits here. Raises NotAPhoneNumber."""
    if number:
        known = Msisdn.parse(number)
        return Person(channel=NAME, id=name or known.digits, number=known)
    return Person(channel=NAME, id=name or "somebody")
