"""People who chat in a test, through the job that a worker runs, on real servers; only the channel is a stand-in."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from redis import Redis
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.inbox import store
from core.base.msisdn import Msisdn
from core.base.secrets import Keyring
from core.base.settings import Brand
from core.conversation.channel import Act, Button, Channel, Face, Person, Said
from core.conversation.jobs import hear_message
from core.conversation.offer_book import OfferBook
from tests.fakes.channel import RecordingChannel, body_of
from tests.ussd.provider import Provider

CHANNELS = ("telegram", "whatsapp", "sms", "console")
VOUCHES = ("whatsapp", "sms", "console")
"""Channels that name the number of whoever writes."""
_serial = itertools.count(1)


class ChatHouse:
    """What the job is handed, with stand-ins for all channels. Nobody listens to what is recorded."""

    def __init__(self, url: str, redis_url: str, clock: SetClock, keyring: Keyring) -> None:
        self.database = Database(url, clock=clock, keyring=keyring, routes=lambda _: ())
        self.redis: Redis = Redis.from_url(redis_url)
        self.brand = Brand()
        self.sends_mail = True
        self.keyring = keyring
        self.clock = clock
        self.book = OfferBook(timedelta())
        self.provider = Provider(self.database, clock)
        self.reset()

    def work(self, request_id: str | None = None) -> AbstractContextManager[Work]:
        return self.database.work(request_id)

    def reset(self) -> None:
        """Nothing was shown yet."""
        self.recording = {name: RecordingChannel(name) for name in CHANNELS}
        self.channels: Mapping[str, Channel] = self.recording

    def close(self) -> None:
        self.database.engine.dispose()
        self.redis.close()

    def pass_time(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def rows(self, table: str, where: str = "true") -> int:
        with self.work() as work:
            return int(work.scalar(f"SELECT count(*) FROM {table} WHERE {where}"))

    def run(self, statement: str) -> None:
        with self.work() as work:
            work.session.execute(text(statement))

    def receive(self, said: Said) -> int:
        """Leave a message in the inbox, as its door does; the row's id."""
        with self.work() as work:
            found = store(work, door=said.person.channel, body=body_of(said), source="test", trusted=True)
            assert found is not None
            return found

    def hear(self, said: Said) -> list[Face]:
        """Receive it and run the job; the faces that are shown for it."""
        return self.run_job(self.receive(said), said.person.channel)

    def run_job(self, inbox_id: int, channel: str) -> list[Face]:
        faces = self.recording[channel].faces
        before = len(faces)
        hear_message(self, inbox_id=inbox_id)
        return [face for _, face, _ in faces[before:]]


class Someone:
    """A person in one chat. The face that was shown last is the one whose buttons are tapped."""

    def __init__(
        self, house: ChatHouse, channel: str = "telegram", *, number: str | None = None, language: str = ""
    ) -> None:
        self.house = house
        serial = next(_serial)
        known = Msisdn.parse(number) if number else None
        self.number = known
        self.person = Person(
            channel=channel,
            id=str(900_000 + serial),
            number=known if channel in VOUCHES else None,
            language=language,
        )
        self.face: Face | None = None
        self.last: tuple[int, str] = (0, "")

    def does(self, act: Act, text: str = "", *, at: datetime | None = None, **more: Any) -> list[Face]:
        said = self.said(act, text, at=at, **more)
        return self._heard(self.house.receive(said))

    def said(self, act: Act, text: str = "", *, at: datetime | None = None, **more: Any) -> Said:
        return Said(f"id-{next(_serial)}", self.person, at or self.house.clock.now(), act, text, **more)

    def again(self) -> list[Face]:
        """The job of the last message runs once more."""
        return self._heard(self.last[0])

    def _heard(self, inbox_id: int) -> list[Face]:
        self.last = (inbox_id, self.person.channel)
        faces = self.house.run_job(inbox_id, self.person.channel)
        self.face = faces[-1] if faces else self.face
        return faces

    def says(self, text: str, **more: Any) -> Face:
        """Types, and is answered with one face."""
        (face,) = self.does(Act.TYPED, text, **more)
        return face

    def taps(self, name: str) -> Face:
        """Taps the button with this number, choice id or label, and is answered with one face."""
        (face,) = self.does(Act.TAPPED, self.button(name).data)
        return face

    def button(self, name: str) -> Button:
        assert self.face is not None
        for button in (*self.face.buttons, *self.face.ways):
            if name in (button.number, button.label, button.data.partition(".")[2]):
                return button
        raise LookupError(f"{name} is not among {self.face.buttons} {self.face.ways}")

    def shares(self, number: str) -> Face:
        (face,) = self.does(Act.SHARED, number)
        return face

    @property
    def ids(self) -> list[str]:
        assert self.face is not None
        return [button.data.partition(".")[2] for button in self.face.buttons]
