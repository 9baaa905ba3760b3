"""A story that was held on USSD, held once more in a chat: the same flow, the same words, the same effects."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from core.base.database import Database
from core.base.gsm7 import plain
from core.base.i18n import render
from core.base.msisdn import Msisdn
from core.conversation import phrases
from core.conversation.channel import Act, Face
from core.conversation.flows.waiting import CUT
from core.conversation.step import step_named
from core.messaging.carrier import CHATS
from core.subscribers.chats import link
from core.subscribers.model import CONTACT
from tests.core.conversation.chatting import VOUCHES, ChatHouse, Someone

FOOTER = re.compile(r"(98|0|00)\. ")
TAPS = ("telegram", "whatsapp")
"""Here people tap; elsewhere they type numbers."""
UNDERSTOOD = ("hello",)
"""Words that mean something in a chat and are a typing error on USSD."""
MORE, DIALLED = "98", "*384*"


@dataclass(frozen=True, slots=True)
class Told:
    """One turn on USSD: what was typed, which screen it led to, and the page of it that the phone showed."""

    typed: str
    screen: str
    page: int
    reply: str

    @property
    def lines(self) -> list[str]:
        """What the page says, without the prefix and the ways out."""
        lines = self.reply[4:].split("\n")
        return lines[:-1] if FOOTER.match(lines[-1]) else lines

    @property
    def is_whole(self) -> bool:
        return self.page == 0 and "98. " not in self.reply.split("\n")[-1]


class Retelling:
    """A chat in which a story is held again."""

    def __init__(self, house: ChatHouse, channel: str, language: str, alike: Callable[[str], str]) -> None:
        self.house = house
        self.channel = channel
        self.language = language
        self.alike = alike
        self.page = 0
        self.somebody: Someone

    def meet(self, number: str, how: str | None) -> None:
        """Somebody begins to write here; `how` sets the scene as on USSD."""
        if how is not None:
            getattr(self.house.provider, how)(number, self.language)
        self.somebody = Someone(self.house, self.channel, number=number)
        if how is not None and self.channel not in VOUCHES:
            with self.house.work() as work:
                own = Msisdn.parse(number)
                link(work, channel=self.channel, external_id=self.somebody.person.id, number=own, how=CONTACT)

    def take(self, told: Told) -> None:
        """The same turn here, and what is shown compared."""
        if told.typed == "(again)":
            assert self.somebody.again() == []
        elif told.typed.startswith("*"):
            self._dial(told.typed)
        elif not self._turned_a_page(told):
            self._press(told.typed)
        self.page = told.page
        face = self.somebody.face
        assert face is not None
        self._compare(told, face)

    def _turned_a_page(self, told: Told) -> bool:
        """A chat has all choices on one."""
        return (told.typed == MORE and told.page > self.page) or (told.typed == "0" and self.page > 0)

    def _dial(self, code: str) -> None:
        """A session is a talk that begins anew; dialled keys are taken until one leads nowhere."""
        for key in self.house.redis.keys("chat:talk:*"):  # type: ignore[union-attr]
            self.house.redis.delete(key)
        self.somebody.says("Habari")
        for key in code.strip("*#").split("*")[2:]:
            before = self._face.id
            if step_named(before).in_between:
                break
            if key != MORE:
                self._press(key)
            if self._face.id == before and key != MORE:
                break

    def _press(self, key: str) -> None:
        try:
            button = self.somebody.button(key) if self.channel in TAPS else None
        except LookupError:
            button = None
        if button is not None:
            self.somebody.does(Act.TAPPED, button.data)
        else:
            self.somebody.says(key)
        if self._face.asks_number:  # whose number it is stands in the scene; on USSD the network tells
            assert self.somebody.number is not None
            self.somebody.shares(self.somebody.number.digits)

    @property
    def _face(self) -> Face:
        assert self.somebody.face is not None
        return self.somebody.face

    def _compare(self, told: Told, face: Face) -> None:
        assert face.id == told.screen
        said = [line for part in face.lines for line in plain(part).split("\n")]
        said += [f"{button.number}. {plain(button.label)}" for button in face.buttons]
        shown, said = [self.alike(line) for line in told.lines], [self.alike(line) for line in said]
        if told.typed in UNDERSTOOD:
            shown = shown[1:]
        elif said[0] == render(
            phrases.NO_SENSE, face.language
        ):  # after three errors; USSD, where each costs, goes on
            shown, said = shown[1:], said[1:]
        if told.is_whole:
            assert len(said) == len(shown)
            online = self.channel in CHATS
            assert all(says_the_same(*lines, online=online) for lines in zip(said, shown, strict=True))
        else:
            assert is_part(shown, said)
        assert face.ends == told.reply.startswith("END ")
        if told.is_whole:
            offers_back = any(way.startswith("0. ") for way in told.reply.split("\n")[-1].split("  "))
            assert any(way.number == "0" for way in face.ways) == offers_back


def says_the_same(here: str, there: str, *, online: bool) -> bool:
    """Who dials is told what to dial, and is shown the beginning of a long message; who is online may be told what
    to write instead."""
    if there.endswith(CUT):
        return here.startswith(there.removesuffix(CUT))
    return here == there or (online and DIALLED in there and DIALLED not in here)


def is_part(some: Sequence[str], everything: Sequence[str]) -> bool:
    """Whether these lines stand in that order among those."""
    rest = iter(everything)
    return all(line in rest for line in some)


def effects(database: Database, numbers: Sequence[str]) -> dict[str, Any]:
    """What came of the talks of these numbers: bought, asked for, chosen and sent."""
    with database.work() as work:
        return {
            name: work.scalar(f"WITH {_THEY} SELECT json_agg(t) FROM ({query}) AS t", numbers=list(numbers))
            for name, query in _EFFECTS.items()
        }


_THEY = """
    they AS (SELECT subscriber_id AS id, external_id FROM addresses
        WHERE channel = 'msisdn' AND external_id = ANY(:numbers)),
    bought AS (SELECT p.* FROM purchases p JOIN they ON they.id = p.buyer_id WHERE p.channel <> 'test')
"""
_EFFECTS = {
    "purchases": """
        SELECT plan_id, price_cents, subscription_id IS NOT NULL AS renews, site_id, a.external_id AS receiver
        FROM bought b JOIN addresses a ON a.subscriber_id = b.beneficiary_id AND a.channel = 'msisdn' ORDER BY b.id
    """,
    "collections": """
        SELECT c.payer, c.amount_cents, c.state FROM collections c JOIN bought b ON b.id = c.purchase_id ORDER BY c.id
    """,
    "asked about": """
        SELECT m.cause, m.to_state FROM collection_moves m JOIN collections c ON c.id = m.collection_id
        WHERE c.payer = ANY(:numbers) ORDER BY m.id
    """,
    "languages": """
        SELECT external_id, language FROM subscribers s JOIN they ON they.id = s.id ORDER BY external_id
    """,
    "notices": "SELECT template FROM notices n JOIN they ON they.id = n.subscriber_id ORDER BY n.id",
}
