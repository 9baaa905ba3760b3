"""Messages of several people in any order, some of them again and again: nobody pays more than they said."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.conversation.channel import Act, Said
from tests.conftest import START
from tests.core.conversation.chatting import ChatHouse, Someone

PEOPLE = {"whatsapp": "0712345601", "sms": "0712345602", "console": "0712345603"}
PURCHASES = [("nunua 50", "1"), ("bundle ya wiki", "1"), ("nipe ya mbao", "For me: pay now")]
NOISE = ["hi", "00", "qwerty", "salio", "help", "2"]

Script = list[tuple[str, str]]
"""(channel of the person, what is typed), in the order that it was said."""


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Each person buys a few times, with other talk before and after it; the talks of all are mixed."""
    waiting: dict[str, list[str]] = {}
    for channel in PEOPLE:
        says = waiting[channel] = []
        for _ in range(draw(st.integers(0, 2))):
            says += draw(st.lists(st.sampled_from(NOISE), max_size=2))
            says += draw(st.sampled_from(PURCHASES))
    told: Script = []
    while any(waiting.values()):
        channel = draw(st.sampled_from(sorted(name for name, says in waiting.items() if says)))
        told.append((channel, waiting[channel].pop(0)))
    return told


def store_all(people: dict[str, Someone], script: Script) -> list[tuple[int, Said]]:
    """A second apart, in people's order, before any of it is heard; nothing is remembered of talks before."""
    house = people["sms"].house
    house.redis.flushall()
    house.clock.at = START
    rows = []
    for channel, text in script:
        house.pass_time(seconds=1)
        said = people[channel].said(Act.TYPED, text)
        rows.append((house.receive(said), said))
    return rows


def paid(house: ChatHouse, rows: list[tuple[int, Said]]) -> tuple[Counter[str], Counter[str]]:
    """Payments that hearing these in this order asks for, by channel, each over at once; faces by message."""
    asked, faces = Counter[str](), Counter[str]()
    for row, said in rows:
        name = said.person.channel
        faces[said.message_id] += len(house.run_job(row, name))
        asked[name] += house.rows("collections", "state = 'requested'")
        house.run("UPDATE collections SET state = 'failed', gateway_checkout_id = id::text")
    return asked, faces


@pytest.fixture
def people(house: ChatHouse) -> dict[str, Someone]:
    for number in PEOPLE.values():
        house.provider.person(number, "en")
    return {name: Someone(house, name, number=number) for name, number in PEOPLE.items()}


@given(data=st.data(), script=scripts())
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shuffled_and_doubled(people: dict[str, Someone], data: st.DataObject, script: Script) -> None:
    house = people["sms"].house
    in_order, answers = paid(house, store_all(people, script))
    assert in_order == Counter(channel for channel, text in script if text in ("1", "For me: pay now"))
    assert set(answers.values()) <= {1}

    rows = store_all(people, script)
    doubles = data.draw(st.lists(st.sampled_from(rows), max_size=8)) if rows else []
    out_of_order, answers = paid(house, data.draw(st.permutations(rows + doubles)))
    assert not out_of_order - in_order
    assert answers == Counter(said.message_id for _, said in rows)


@given(script=scripts())
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_message_again_at_once_changes_nothing(people: dict[str, Someone], script: Script) -> None:
    house = people["sms"].house
    in_order, _ = paid(house, store_all(people, script))
    again, answers = paid(house, [row for row in store_all(people, script) for _ in range(3)])
    assert again == in_order
    assert set(answers.values()) <= {1}


def test_ten_times_ten_minutes_late(people: dict[str, Someone]) -> None:
    house = people["sms"].house
    rows = store_all(people, [("sms", "nunua 50"), ("sms", "1")])
    assert paid(house, rows[:1])[0].total() == 0
    house.pass_time(minutes=10)
    house.pass_time(seconds=5)
    late, answers = paid(house, rows[1:] * 10)
    assert (late.total(), set(answers.values())) == (0, {1})
    assert timedelta(minutes=10) < house.clock.now() - rows[1][1].at
