"""Telegram's updates in our words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.telegram.messages import read_update
from core.conversation.channel import Act, Said, Unreadable

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
PERSON = {"id": 7001, "is_bot": False, "first_name": "Otieno"}
CARD = {"phone_number": "+254712345678", "first_name": "Otieno", "user_id": 7001}


def said(sender: dict[str, Any] = PERSON, **content: Any) -> Said:
    message = {"message_id": 43, "date": 1795330009, "chat": {"id": 7001, "type": "private"}, "from": sender}
    update = read_update({"update_id": 880003, "message": {**message, **content}}, NOW)
    assert update is not None
    return update.said


def test_the_own_number_is_taken_as_it_came() -> None:
    for number in ("+254712345678", "254712345678"):
        found = said(contact={**CARD, "phone_number": number})
        assert (found.act, found.text) == (Act.SHARED, number)
        assert found.person.number is None


@pytest.mark.parametrize(
    "content",
    [
        {"contact": {**CARD, "user_id": 7002}},
        {"contact": {name: value for name, value in CARD.items() if name != "user_id"}},
        {"contact": {**CARD, "user_id": "7001"}},
        {"contact": CARD, "forward_origin": {"type": "user", "date": 1}},
    ],
    ids=["another's", "nobody's", "not a number", "forwarded"],
)
def test_any_other_card_is_not_the_own_number(content: dict[str, Any]) -> None:
    found = said(**content)
    assert (found.act, found.text) == (Act.OTHER, "contact")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("/start", "menu"),
        ("/start K7QM2XWD", "K7QM2XWD"),
        ("/menu@pwani_bot", "menu"),
        ("/help me", "help me"),
        ("Nunua 1", "Nunua 1"),
        ("1/2", "1/2"),
    ],
)
def test_commands_are_words(typed: str, read: str) -> None:
    found = said(text=typed)
    assert (found.act, found.text) == (Act.TYPED, read)


@pytest.mark.parametrize("kind", ["voice", "sticker", "location", "photo", "document"])
def test_what_cannot_be_read_is_named(kind: str) -> None:
    found = said(**{kind: {"file_id": "x"}, "caption": "pay 100"})
    assert (found.act, found.text) == (Act.OTHER, kind)


def test_what_is_not_known_yet_is_something_too() -> None:
    assert said(hologram={}).act is Act.OTHER


@pytest.mark.parametrize(
    ("code", "language"), [("sw", "sw"), ("en-GB", "en"), ("", ""), ("<b>", ""), (None, ""), ("x" * 99, "")]
)
def test_the_language_is_a_guess(code: str | None, language: str) -> None:
    assert said({**PERSON, "language_code": code}, text="x").person.language == language


def test_a_half_character_does_no_harm() -> None:
    assert said(text="a\ud800\0b").text == "a?b"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    "message_id date chat from text contact id type message data new_chat_member status user_id".split()
)


@given(
    st.sampled_from(["message", "callback_query", "my_chat_member"]),
    st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=4), max_size=8),
)
def test_whatever_comes_is_read_or_refused(kind: str, content: dict[str, Any]) -> None:
    try:
        update = read_update({"update_id": 1, kind: content}, NOW)
    except Unreadable:
        return
    assert update is None or update.said.person.id.isdecimal()
