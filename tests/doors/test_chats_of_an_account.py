"""Whose number a chat speaks for: any door shows a word for it, and a code in a text proves a typed number."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from core.base.gsm7 import plain
from core.base.i18n import LANGUAGES, render
from core.base.msisdn import Msisdn
from core.base.words import say
from tests.doors.hands import GREETING
from tests.doors.stories import Given, Story
from tests.doors.telling import Chatting
from tests.doors.town import Town
from tests.journeys.demo import eventually

SIX_DIGITS = re.compile(r"\b\d{6}\b")
WORD = re.compile(r"\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b")
TO_LINK = ("4", "10", "1", "1")
"""Account, numbers, my chats, link a chat."""


def test_a_word_that_any_door_shows_links_another_chat(town: Town) -> None:
    everybody = enumerate(itertools.product(LANGUAGES, ("ussd", "sms", "whatsapp", "telegram")))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: _shows_a_word(town, one[0], *one[1]), everybody))


def _shows_a_word(town: Town, place: int, language: str, channel: str) -> None:
    digits = f"254712{400 + place}631"
    town.provider.person(digits, language)
    asks = say("We sent a code by SMS to {number}. Type it.", number=Msisdn(digits).masked)
    if channel == "ussd":
        phone = town.phone(digits)
        assert _in(language, asks) in phone.dial(f"*384*123*{'*'.join(TO_LINK)}#")
        word = WORD.search(phone.press(_code(town, digits)))
    else:
        talk = _talk(town, channel, digits, language)
        for key in TO_LINK:
            talk.answers(key)
        assert _in(language, asks) in talk.seen.said
        talk.answers(_code(town, digits))
        word = WORD.search("\n".join(talk.seen.said))
    assert word is not None
    stranger = _talk(town, "telegram", f"254712{500 + place}632", language, known=False)
    stranger.answers(word[0])
    assert _in(language, say("My vouchers")) in stranger.seen.said
    assert town.linked(stranger.hand) == digits


def test_a_typed_number_is_proved_by_its_code(town: Town) -> None:
    town.world.faults(whatsapp_number="hidden")
    everybody = enumerate(itertools.product(LANGUAGES, ("whatsapp", "telegram")))
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: _types_a_number(town, one[0], *one[1]), everybody))
    finally:
        town.world.faults(whatsapp_number="shown")


def _types_a_number(town: Town, place: int, language: str, channel: str) -> None:
    digits = f"254712{400 + place}633"
    talk = _talk(town, channel, f"254712{600 + place}634", language, known=False)
    talk.answers(GREETING)
    talk.answers(LANGUAGES[language])
    assert talk.seen.asks_contact
    talk.answers(f"0{digits[3:]}")
    asks = say("We sent a code by SMS to {number}. Type it.", number=Msisdn(digits).masked)
    assert _in(language, asks) in talk.seen.said
    talk.answers("000000")
    assert _in(language, asks) in talk.seen.said
    assert town.linked(talk.hand) == ""
    talk.answers(_code(town, digits))
    assert _in(language, say("My vouchers")) in talk.seen.said
    assert town.linked(talk.hand) == digits


def _talk(town: Town, channel: str, digits: str, language: str, *, known: bool = True) -> Chatting:
    talk = Chatting(town, Story("", language, (), {}), channel)
    talk.digits = digits
    talk.meet(Given("person" if known else None, digits))
    if known and talk.hand.vouched:
        talk.answers(GREETING)
    return talk


def _code(town: Town, digits: str) -> str:
    found = eventually(
        f"code to {digits}",
        lambda: [code for text in town.phone(digits).texts for code in SIX_DIGITS.findall(text)],
    )
    return str(found[-1])


def _in(language: str, sentence: Any) -> str:
    return plain(render(sentence, language))
