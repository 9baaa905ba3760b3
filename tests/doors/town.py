"""The demo in which the stories are told: its provider sells what theirs does, and its books tell what came of them."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Collection
from copy import copy
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

import redis
from sqlalchemy import make_url, select, text

from core.base.clock import SetClock, TrialClock
from core.base.database import Database
from core.base.msisdn import Msisdn
from core.base.secrets import Keyring
from core.catalogue.model import Site
from core.subscribers.chats import link
from core.subscribers.model import CONTACT
from core.switchboard import routes
from tests.core.conversation.retold import effects
from tests.doors.hands import WAIT_SECONDS, Hand, SmsHand, TelegramHand, WhatsAppHand
from tests.journeys.demo import eventually
from tests.journeys.phone import CODE, HOUSE, Phone
from tests.journeys.world import World
from tests.ussd.provider import SITES, Provider

PATIENCE_SECONDS = 300.0
"""Nothing here waits for time: what is waited for comes, or after so long it is not coming. A machine with much else
to do is no failure."""
SIX_DIGITS = re.compile(r"\b\d{6}\b")
LONG_AGO = timedelta(days=3)
"""Chats that are linked since then are new no more."""
SOON = timedelta(seconds=45)
"""Scenes are set for a moment to come: the whole minutes that are left can be foretold until it is there."""


class Town:
    """Use as a context manager."""

    def __init__(self, world: World) -> None:
        self.world = world
        home, servers = world.demo.home, world.demo.servers
        drawn = json.loads((home / "trial.json").read_text())["settings"]
        self.keyring = Keyring([drawn["BANDO_SECRET_KEY"]])
        self.short_code = json.loads((home / "world.json").read_text())["africastalking"]["short_code"]
        self.redis: Any = redis.Redis(port=servers["valkey_port"], password=servers["valkey_password"])
        owner = make_url("postgresql+psycopg://127.0.0.1").set(
            username="postgres",
            password=servers["postgres_passwords"]["postgres"],
            port=servers["postgres_port"],
            database="bando",
        )
        self.clock = SetClock(world.now)
        """Of people's past, which ends where their story begins."""
        url = owner.render_as_string(hide_password=False)
        self.database = Database(url, clock=TrialClock(home / "clock"), keyring=self.keyring, routes=routes)
        self.still = Database(url, clock=self.clock, keyring=self.keyring, routes=lambda _: ())
        """The same, and nobody hears of what is done: for people's past."""
        self.past = Database(
            url, clock=SetClock(world.now - LONG_AGO), keyring=self.keyring, routes=lambda _: ()
        )
        self.setting = threading.Lock()
        """Held while a scene is set that changes what the town sells."""
        self._open_provider()
        world.faults(prompt_seconds=600)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.engine.dispose()
        self.still.engine.dispose()
        self.past.engine.dispose()
        self.redis.close()

    def _open_provider(self) -> None:
        """What the demo sells goes off sale; its routers serve the stories' sites."""
        with self.still.work() as work:
            work.session.execute(text("UPDATE plans SET state = 'retired', code = 'old-' || id"))
            for site, name in zip(work.session.scalars(select(Site).order_by(Site.id)), SITES, strict=True):
                site.name = name
        self.provider = Provider(self.still, self.clock)
        self.live_provider = copy(self.provider)
        self.live_provider.database = self.database

    def soon(self) -> datetime:
        """When a scene begins that is set now."""
        return self.world.now + SOON

    def hand(self, channel: str, digits: str) -> Hand:
        sandbox = self.world.sandbox
        if channel == "sms":
            return SmsHand(sandbox, digits, self.short_code)
        return {"whatsapp": WhatsAppHand, "telegram": TelegramHand}[channel](sandbox, digits)

    def phone(self, digits: str) -> Phone:
        return self.world.phone(f"0{digits[3:]}")

    def last_key(self, digits: str) -> dict[str, Any]:
        """What the carrier told our door of the newest key on this phone."""
        return next(
            call
            for call in reversed(self.world.calls("ussd"))
            if call["body"]["phoneNumber"] == f"+{digits}" and "text" in call["body"]
        )

    def forget_talk(self, hand: Hand) -> None:
        """As a memory that ran full does. An answer stands in the window before the talk is let go of, and whoever
        holds it still would write it down once more."""
        name = self.keyring.tag(f"{hand.channel}|{hand.address}", "chat talk")
        lock = f"chat:lock:{name}"
        eventually("talk that nobody holds", lambda: not self.redis.exists(lock), within=PATIENCE_SECONDS)
        self.redis.delete(f"chat:talk:{name}")

    def link_long_ago(self, hand: Hand) -> None:
        """This chat speaks for its phone's number for some days now."""
        with self.past.work() as work:
            link(
                work, channel=hand.channel, external_id=hand.address, number=Msisdn(hand.digits), how=CONTACT
            )

    def code(self, digits: str, *, known: Collection[str] = ()) -> str:
        """The newest code in a text to this phone that is not known yet, once it is there."""
        deadline, texts = time.monotonic() + PATIENCE_SECONDS, -1
        while time.monotonic() < deadline:
            asked = {"texts": texts, "wait": WAIT_SECONDS} if texts >= 0 else {}
            found = (
                self.world.sandbox.get(f"/phones/{digits}", params=asked).raise_for_status().json()["texts"]
            )
            said = [code for one in found if one["from"] == HOUSE for code in SIX_DIGITS.findall(one["text"])]
            if said and said[-1] not in known:
                return str(said[-1])
            texts = len(found)
        raise AssertionError(f"no code came to {digits}")

    def linked(self, hand: Hand) -> str:
        """The number for which a chat speaks; empty while it speaks for none."""
        found = self.world.books.rows(
            "SELECT p.external_id FROM addresses c JOIN addresses p ON p.subscriber_id = c.subscriber_id "
            "WHERE c.channel = %(channel)s AND c.external_id = %(id)s AND p.channel = 'msisdn'",
            channel=hand.channel,
            id=hand.address,
        )
        return str(found[0].external_id) if found else ""

    def vouchers_on(self, digits: str) -> list[str]:
        """The codes that the provider has sent to this phone, in whichever window."""
        said = self.phone(digits).texts
        for channel in ("whatsapp", "telegram"):
            chat = self.world.sandbox.get(f"/phones/{digits}/{channel}").raise_for_status().json()
            said += [message["text"] for message in chat["messages"] if message["from_us"]]
        return [code.replace("-", "") for text in said for code in CODE.findall(text)]

    def files(self, channel: str, digits: str) -> dict[str, bytes]:
        """Name → content of what the provider has sent as files into a chat."""
        sandbox = self.world.sandbox
        chat = sandbox.get(f"/phones/{digits}/{channel}").raise_for_status().json()
        sent = [message["document"] for message in chat["messages"] if message["from_us"]]
        return {one["name"]: sandbox.get(one["url"]).raise_for_status().content for one in sent if one}

    def effects(self, numbers: list[str]) -> dict[str, Any]:
        return effects(self.still, numbers)
