"""Screens as WhatsApp's messages: no limit of Meta's is passed, no choice is lost."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.texts import units
from bots.whatsapp.faces import messages
from core.conversation.channel import Act, Button, Face, Person, Said

WORDS = {"choose": "Chagua", "share_number": "Tuma namba", "more": "Zaidi"}
SAID = Said("wamid.A1", Person("whatsapp", "KE.1"), datetime(2026, 11, 22, 7, tzinfo=UTC), Act.TYPED, "menu")
BACK, HOME = Button("k3.-back", "Rudi", "0"), Button("k3.-home", "Menyu kuu", "00")


def face(*labels: str, lines: tuple[str, ...] = ("Chagua kifurushi",), **more: Any) -> Face:
    buttons = tuple(Button(f"k3.{place}", label, str(place)) for place, label in enumerate(labels, start=1))
    values: dict[str, Any] = {"id": "buy.plan", "language": "sw", "lines": lines, "buttons": buttons}
    return Face(**{**values, "words": WORDS, **more})


def only(face: Face, said: Said = SAID) -> dict[str, Any]:
    (message,) = messages(said, face)
    return message


def rows(message: dict[str, Any]) -> list[dict[str, Any]]:
    (section,) = message["interactive"]["action"]["sections"]
    found: list[dict[str, Any]] = section["rows"]
    return found


def tapped(row: dict[str, Any]) -> Said:
    return replace(SAID, act=Act.TAPPED, text=row["id"])


def test_without_choices_it_is_a_text() -> None:
    assert only(face(lines=("Karibu!", "Lipa kwa M-PESA"))) == {
        "type": "text",
        "text": {"body": "Karibu!\nLipa kwa M-PESA", "preview_url": False},
    }


def test_three_short_choices_are_buttons() -> None:
    message = only(face("Lipa", "Badilisha", ways=(BACK,)))
    assert message["interactive"]["type"] == "button"
    assert message["interactive"]["body"] == {"text": "Chagua kifurushi"}
    assert message["interactive"]["action"]["buttons"] == [
        {"type": "reply", "reply": {"id": "k3.1", "title": "Lipa"}},
        {"type": "reply", "reply": {"id": "k3.2", "title": "Badilisha"}},
        {"type": "reply", "reply": {"id": "k3.-back", "title": "Rudi"}},
    ]


def test_a_title_of_twenty_one_needs_a_list_and_one_of_twenty_five_words_below_it() -> None:
    twenty, twenty_one = "Nunua kifurushi leo!", "Nunua kifurushi chako"
    twenty_five = "Lipia laini ya nyumbani ya"
    assert (len(twenty), len(twenty_one), len(twenty_five)) == (20, 21, 26)
    assert only(face(twenty))["interactive"]["type"] == "button"
    assert rows(only(face(twenty_one))) == [{"id": "k3.1", "title": twenty_one}]
    assert rows(only(face(twenty_five))) == [
        {"id": "k3.1", "title": "Lipia laini ya nyumbani…", "description": twenty_five}
    ]


def test_a_long_text_needs_a_list_too() -> None:
    long = "x" * 1_025
    assert only(face("Lipa", lines=(long,)))["interactive"]["type"] == "list"
    assert only(face("Lipa", lines=(long[1:],)))["interactive"]["type"] == "button"


def test_titles_that_would_be_the_same_are_numbered() -> None:
    titles = [
        button["reply"]["title"]
        for button in only(face("Siku", "siku", "Wiki"))["interactive"]["action"]["buttons"]
    ]
    assert titles == ["Siku", "2. siku", "Wiki"]


def test_ten_choices_are_a_list_and_an_eleventh_turns_its_page() -> None:
    ten = face(*(f"Kifurushi {number}" for number in range(1, 9)), ways=(BACK, HOME))
    assert len(rows(only(ten))) == 10
    assert only(ten)["interactive"]["action"]["button"] == "Chagua"

    eleven = face(*(f"Kifurushi {number}" for number in range(1, 10)), ways=(BACK, HOME))
    first = rows(only(eleven))
    seven = [f"Kifurushi {number}" for number in range(1, 8)]
    assert [row["title"] for row in first] == [*seven, "Zaidi", "Rudi", "Menyu kuu"]
    second = rows(only(eleven, tapped(first[7])))
    assert [row["title"] for row in second] == ["Kifurushi 8", "Kifurushi 9", "Rudi", "Menyu kuu"]


@given(st.integers(min_value=4, max_value=60), st.integers(min_value=0, max_value=2))
def test_every_choice_stands_on_one_page(count: int, ways: int) -> None:
    long = face(*(f"Chaguo {number}" for number in range(1, count + 1)), ways=(BACK, HOME)[:ways])
    seen: list[str] = []
    said = SAID
    for _ in range(20):
        page = rows(only(long, said))
        assert len(page) <= 10
        seen += [row["id"] for row in page if "+" not in row["id"] and "-" not in row["id"]]
        more = [row for row in page if "+" in row["id"]]
        if not more:
            break
        said = tapped(more[0])
    assert seen == [button.data for button in long.buttons]


@pytest.mark.parametrize("data", ["k3.+900", "k3.+0", "k3.+x", "+", "k3.5", "old.+7"])
def test_a_page_that_is_not_there_is_the_first(data: str) -> None:
    short = face(*(f"Kifurushi {number}" for number in range(1, 6)))
    assert rows(only(short, replace(SAID, act=Act.TAPPED, text=data)))[0]["id"] == "k3.1"
    assert rows(only(short, replace(SAID, text="k3.+4")))[0]["id"] == "k3.1"


def test_the_number_is_asked_for_by_metas_own_button() -> None:
    (message,) = messages(SAID, face("Andika", ways=(BACK,), id="link.ask", asks_number=True))
    assert message["interactive"]["type"] == "request_contact_info"
    assert message["interactive"]["action"] == {"name": "request_contact_info"}
    assert message["interactive"]["body"]["text"] == "Chagua kifurushi\n\n1. Andika\n0. Rudi"


LABELS = st.text(max_size=90)


@given(
    st.lists(LABELS, max_size=14),
    st.lists(st.text(max_size=3_000), max_size=4),
    st.booleans(),
    st.sampled_from([(), (BACK,), (BACK, HOME)]),
)
def test_no_limit_is_passed(
    labels: list[str], lines: list[str], asks: bool, ways: tuple[Button, ...]
) -> None:
    made = messages(SAID, face(*labels, lines=tuple(lines), asks_number=asks, ways=ways))
    assert made
    for message in made:
        if message["type"] == "text":
            assert 1 <= units(message["text"]["body"]) <= 4_096
            continue
        interactive = message["interactive"]
        most = 4_096 if interactive["type"] == "list" else 1_024
        assert 1 <= units(interactive["body"]["text"]) <= most
        for button in interactive["action"].get("buttons", []):
            assert 1 <= units(button["reply"]["title"]) <= 20
        titles = [button["reply"]["title"].casefold() for button in interactive["action"].get("buttons", [])]
        assert len(set(titles)) == len(titles) <= 3
        for section in interactive["action"].get("sections", []):
            assert 1 <= len(section["rows"]) <= 10
            assert len({row["id"] for row in section["rows"]}) == len(section["rows"])
            for row in section["rows"]:
                assert 1 <= units(row["title"]) <= 24
                assert units(row.get("description", "")) <= 72
                assert row["title"].strip()
