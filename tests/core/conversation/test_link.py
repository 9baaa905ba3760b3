"""A chat says which number it speaks for, by the engine itself: shared, typed and proved, or by a link word."""

from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.base.settings import Brand
from core.conversation import engine
from core.conversation.channel import Act, Person, Said
from core.conversation.dialogue import Dialogue
from core.conversation.levels import ACTS, Need, require
from core.conversation.offer_book import OfferBook
from core.conversation.screen import Screen
from core.conversation.step import Context
from core.subscribers.chats import recognise
from core.subscribers.meet import find, meet, prove_number
from core.subscribers.tokens import draw_token
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA, JUMA

OTIENO = Person("telegram", "7001")


class Chat:
    """Somebody's chat, in English: each word is a turn of its own, committed."""

    def __init__(self, database: Database, person: Person = OTIENO) -> None:
        self.database = database
        self.person = person
        self.dialogue = Dialogue(language="en")
        self.screen: Screen | None = None

    def say(self, text: str, act: Act = Act.TYPED) -> Screen:
        try:
            with self.database.work() as work:
                known = recognise(work, channel=self.person.channel, external_id=self.person.id)
                context = Context(
                    caller=known.number if known else None,
                    caller_has_mpesa=known is not None,
                    channel=self.person.channel,
                    session="s",
                    now=work.now,
                    brand=Brand(),
                    book=OfferBook(),
                    push_after=timedelta(),
                    work=work,
                    chat=self.person,
                    said=Said("m", self.person, work.now, act, text),
                )
                context.language = "en"
                turn = engine.answer(context, self.dialogue, text)
        except engine.Declined as declined:
            turn = declined.turn
        self.dialogue, self.screen = turn
        return self.screen

    def level(self) -> tuple[Msisdn, int] | None:
        with self.database.work() as work:
            known = recognise(work, channel=self.person.channel, external_id=self.person.id)
            return (known.number, known.level) if known else None


@pytest.fixture
def chat(database: Database) -> Chat:
    return Chat(database)


@pytest.fixture
def mailbox(database: Database) -> Mailbox:
    return Mailbox(database)


def test_whatever_needs_a_number_asks_for_it(chat: Chat) -> None:
    assert chat.say("hello").id == "link.ask"
    assert chat.say("nothing like a number").id == "link.ask"
    assert chat.screen is not None
    assert chat.screen.reason is not None
    assert chat.level() is None


def test_a_shared_number_is_believed_and_no_more(chat: Chat) -> None:
    chat.say("hello")
    assert chat.say("254712345678", Act.SHARED).id == "home.menu"
    assert chat.level() == (AMINA, 1)


def test_a_typed_number_is_proved_by_its_code(chat: Chat, mailbox: Mailbox) -> None:
    chat.say("hello")
    assert chat.say("0712 345 678").id == "link.code"
    assert chat.level() is None
    assert chat.say("not the code").id == "link.code"
    assert chat.say(mailbox.code(AMINA)).id == "home.menu"
    assert chat.level() == (AMINA, 2)
    with chat.database.work() as work:
        person = find(work, msisdn=AMINA)
        assert person is not None
        assert person.language == "en"


def test_the_code_of_another_chat_links_nothing(chat: Chat, database: Database, mailbox: Mailbox) -> None:
    thief = Chat(database, Person("telegram", "6666"))
    for one in (chat, thief):
        one.say("hello")
        one.say("0712345678")
    mine, theirs = [values["code"] for _, values in mailbox.texts(AMINA)]
    assert mine == theirs or thief.say(mine).id == "link.code"
    assert thief.level() is None


def test_the_sixth_try_is_too_late(chat: Chat, mailbox: Mailbox) -> None:
    chat.say("hello")
    chat.say("0712345678")
    code = mailbox.code(AMINA)
    for _ in range(5):
        assert chat.say(f"{(int(code) + 1) % 10**6:06d}").id == "link.code"
    assert chat.say(code).id == "link.code"
    assert chat.level() is None


def test_a_link_word_of_the_phone_s_menu_links(chat: Chat, database: Database) -> None:
    with database.work() as work:
        meet(work, msisdn=AMINA).language = "sw"
        word = draw_token(work, number=AMINA)
    chat.say("hello")
    assert chat.say(word).id == "home.menu"
    assert chat.level() == (AMINA, 2)


def test_codes_to_many_strangers_are_refused(chat: Chat, clock: SetClock) -> None:
    for tail in range(3):
        chat.dialogue = Dialogue(language="en")
        chat.say("hello")
        assert chat.say(f"072200011{tail}").id == "link.code"
    chat.dialogue = Dialogue(language="en")
    chat.say("hello")
    refused = chat.say("0722000119")
    assert (refused.id, refused.reason is not None) == ("link.ask", True)


# -- the levels themselves, one short and just right


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts that no flow has yet."""
    more = {
        "usage": Need(2, ()),
        "gift": Need(3, ()),
        "pause": Need(2, (), not_cooling=True),
    }
    for name, need in more.items():
        monkeypatch.setitem(ACTS, name, need)


def asked(
    database: Database, act: str, *, person: Person | None = None, number: Msisdn = AMINA
) -> str | None:
    """Where the act leads: None where it may be done."""
    with database.work() as work:
        context = Context(
            caller=number, caller_has_mpesa=True, channel=person.channel if person else "ussd", session="s",
            now=work.now, brand=Brand(), book=OfferBook(), push_after=timedelta(), work=work, chat=person,
        )  # fmt: skip
        context.language = "en"
        move = require(context, act, "1")
        return move.frames[-1].step if move else None


def proved(database: Database, number: Msisdn = AMINA) -> None:
    with database.work() as work:
        person = meet(work, msisdn=number)
        prove_number(work, subscriber_id=person.id, msisdn=number)


def test_level_two_is_a_number_that_was_proved(database: Database, acts: None, clock: SetClock) -> None:
    with database.work() as work:
        meet(work, msisdn=AMINA)
    assert asked(database, "usage") == "link.code"
    proved(database)
    assert asked(database, "usage") is None
    assert asked(database, "usage", number=JUMA) == "link.code"
    clock.advance(timedelta(days=180))
    assert asked(database, "usage") == "link.code"


def test_a_shared_chat_is_one_level_short(database: Database, acts: None) -> None:
    chat = Chat(database)
    chat.say("hello")
    chat.say("254712345678", Act.SHARED)
    proved(database)
    assert asked(database, "usage", person=OTIENO) == "link.code"


def test_level_three_is_not_to_be_had_yet(database: Database, acts: None) -> None:
    proved(database)
    with pytest.raises(Refusal):
        asked(database, "gift")


def test_what_may_not_be_done_by_a_new_chat_waits_a_day(
    database: Database, acts: None, mailbox: Mailbox, clock: SetClock
) -> None:
    chat = Chat(database)
    chat.say("hello")
    chat.say("0712345678")
    chat.say(mailbox.code(AMINA))
    with pytest.raises(Refusal):
        asked(database, "pause", person=OTIENO)
    clock.advance(timedelta(days=1))
    assert asked(database, "pause", person=OTIENO) is None


@pytest.mark.parametrize("act", sorted(act for act, need in ACTS.items() if need.code_now))
def test_what_needs_a_code_now_needs_it_from_everybody(database: Database, act: str) -> None:
    proved(database)
    assert asked(database, act) == "link.code"
