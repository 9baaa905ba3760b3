"""A session on plain values: pages are turned without asking anybody."""

from hypothesis import given
from hypothesis import strategies as st

from core.base.gsm7 import septets
from core.conversation import engine
from core.conversation.dialogue import Dialogue
from core.conversation.screen import farewell
from core.conversation.step import NeedsWork
from tests.core.conversation import longest
from ussd.session import Session, press, show

NARROW = 80
LONG = "One two three four five six seven eight nine ten. " * 4


def keys(session: Session, *typed: str) -> Session:
    """Several answers, the session stored as JSON between them."""
    for one in typed:
        session = press(longest.context(), Session.from_json(session.as_json()), one, NARROW)
    return session


def at_list() -> Session:
    return show(engine.answer(longest.context(), longest.AT_HOME, "buy"), NARROW, "option")


def test_pages_are_turned_forth_and_back() -> None:
    first = at_list()
    assert len(first.pages) > 2
    assert keys(first, "98").reply == first.pages[1]
    assert keys(first, "98", "98", "0").reply == first.pages[1]
    assert keys(first, "98", "0").reply == first.reply


def test_more_at_the_end_is_no_choice() -> None:
    first = at_list()
    at_end = keys(first, *["98"] * (len(first.pages) - 1))
    beyond = keys(at_end, "98")
    assert beyond.input == "invalid"
    assert beyond.reply.startswith("CON That choice is not there.")


def test_a_number_of_another_page_is_as_good() -> None:
    assert keys(at_list(), "8").shown.id == "buy.bundle"
    assert keys(at_list(), "98", "1").shown.id == "buy.bundle"


def test_a_farewell_longer_than_a_page_ends_on_its_last_one() -> None:
    session = show((Dialogue("en", 5), farewell(LONG)), NARROW, "option")
    assert session.reply.startswith("CON One two")
    assert not session.ends
    while not session.ends:
        assert session.reply.endswith("98. More") or "98. More  0. Back" in session.reply
        session = keys(session, "98")
    assert session.reply.startswith("END ")
    assert session.dialogue == Dialogue("en", 5)


def test_a_reason_stands_once_however_often_it_is_given() -> None:
    session = keys(at_list(), "77", "hello", "77")
    assert "".join(session.pages).count("That choice is not there.") == 1
    assert session.shown == at_list().shown


typed = st.one_of(
    st.sampled_from(["1", "2", "3", "4", "5", "6", "9", "0", "00", "98", "0722333444"]), st.text(max_size=90)
)


@given(st.lists(typed, max_size=25))
def test_whatever_is_typed_is_answered_within_the_budget(answers: list[str]) -> None:
    session = show((longest.AT_HOME, engine.back(longest.context(), longest.AT_HOME)[1]), 160, "first")
    for answer in answers:
        try:
            session = press(longest.context(), Session.from_json(session.as_json()), answer, 160)
        except NeedsWork:
            return
        assert session.reply.startswith(("CON ", "END "))
        assert septets(session.reply) <= 160
