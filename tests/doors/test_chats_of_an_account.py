"""Whose number a chat speaks for: any door shows a word for it, and a code in a text proves a typed number."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor

from core.base.gsm7 import plain
from core.base.i18n import LANGUAGES, render
from core.base.msisdn import Msisdn
from core.base.words import say
from core.conversation import phrases
from tests.doors.hands import GREETING
from tests.doors.stories import Given, Story
from tests.doors.telling import Chatting
from tests.doors.town import Town

WORD = re.compile(r"\b[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}\b")
TO_LINK = {
    "4": say("Numbers"),
    "10": say("My chats"),
    "1": say("Link a chat"),
}
"""Each key on the way, with what the screen that it leads to offers."""
LINK = "1"
CODE_SENT = "We sent a code by SMS to {number}. Type it."
NOT_THE_CODE = say("Not the code, or too old. For a new one go back.")
ASKS_WHOSE = "Which phone number is yours? Share it with the button, or type it, e.g. 0712345678"
HOME = say("My vouchers")


def test_a_word_that_any_door_shows_links_another_chat(town: Town) -> None:
    everybody = enumerate(itertools.product(LANGUAGES, ("ussd", "sms", "whatsapp", "telegram")))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: _shows_a_word(town, one[0], *one[1]), everybody))


def _shows_a_word(town: Town, place: int, language: str, channel: str) -> None:
    digits = f"254712{400 + place}631"
    town.provider.person(digits, language)
    asks = say(CODE_SENT, number=Msisdn(digits).masked)
    if channel == "ussd":
        phone = town.phone(digits)
        shown = phone.dial(f"*384*123*{'*'.join(TO_LINK)}*{LINK}#")
        assert plain(render(asks, language)) in shown
        word = WORD.search(phone.press(town.code(digits)))
    else:
        talk = _talk(town, channel, digits, language)
        for key, offer in TO_LINK.items():
            talk.answers(key, offer)
        talk.answers(LINK, asks)
        talk.answers(town.code(digits), say("Open our chat and send this there within 10 minutes:"))
        word = WORD.search("\n".join(talk.seen.said))
    assert word is not None
    stranger = _talk(town, "telegram", f"254712{500 + place}632", language, known=False)
    stranger.answers(word[0], HOME)
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
    talk.answers(GREETING, *map(say, LANGUAGES.values()))
    talk.answers(LANGUAGES[language], say(ASKS_WHOSE))
    assert talk.seen.asks_contact
    asks = say(CODE_SENT, number=Msisdn(digits).masked)
    talk.answers(f"0{digits[3:]}", asks, phrases.BACK)
    talk.answers("000000", NOT_THE_CODE, asks)
    assert town.linked(talk.hand) == ""
    talk.answers(town.code(digits), HOME)
    assert town.linked(talk.hand) == digits


def _talk(town: Town, channel: str, digits: str, language: str, *, known: bool = True) -> Chatting:
    talk = Chatting(town, Story("", language, (), {}), channel)
    talk.digits = digits
    talk.meet(Given("person" if known else None, digits))
    if known and talk.hand.vouched:
        talk.answers(GREETING, HOME)
    return talk
