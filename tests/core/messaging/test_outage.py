"""The provider is away for an hour and comes back: every notice arrives once, each person's in order."""

from datetime import timedelta

import pytest

from core.base.errors import Unreachable
from core.base.msisdn import Msisdn
from core.messaging.template import Purpose, Template
from core.messaging.templates import TEMPLATES
from tests.core.messaging.conftest import KEPT, VOUCHER, Desk

PEOPLE = [Msisdn(f"25471200000{number}") for number in range(5)]
EACH = 4
HOUR = timedelta(hours=1)


def queue_for_all(desk: Desk, persons: dict[str, int]) -> list[int]:
    """A voucher and news of money in turn for each person, over twenty minutes."""
    found = []
    for number in range(EACH):
        for person in PEOPLE:
            key = f"{person.digits}:{number}"
            template, values = ("voucher", VOUCHER) if number % 2 else ("money_kept", KEPT)
            values = {**values, "code" if number % 2 else "receipt": f"N{number}"}
            found.append(desk.queue(key, template, values, to=persons[person.digits], address=person))
        desk.run(timedelta(minutes=5))
        desk.confirm_all()
    return found


def numbers_of(desk: Desk, texts: list[tuple[str, str]]) -> dict[str, list[int]]:
    """What each person was told, in the order in which it left."""
    return {
        person.digits: [
            next(number for number in range(EACH) if f"N{number}" in text)
            for address, text in texts
            if address.endswith(person.digits)
        ]
        for person in PEOPLE
    }


def test_the_sms_carrier_is_away_for_an_hour(desk: Desk) -> None:
    persons = {person.digits: desk.meet(person) for person in PEOPLE}
    ends = desk.clock.at + HOUR
    taken: list[tuple[str, str]] = []

    def away_for_an_hour() -> None:
        if desk.clock.at < ends:
            raise Unreachable("HTTP 503")
        last = desk.carrier.texts[-1]
        taken.append((last.address, last.text))

    desk.carrier.while_sending = away_for_an_hour
    notices = queue_for_all(desk, persons)
    desk.run(4 * HOUR)
    assert {desk.notice(notice).state for notice in notices} <= {"sent", "delivered"}
    assert numbers_of(desk, taken) == {person.digits: list(range(EACH)) for person in PEOPLE}


def test_telegram_is_away_for_an_hour(desk: Desk) -> None:
    desk.with_chats()
    persons = {person.digits: desk.meet(person) for person in PEOPLE}
    for person in PEOPLE:
        desk.chats("telegram", person)
    ends = desk.clock.at + HOUR
    taken: list[tuple[str, str]] = []

    def away_for_an_hour() -> None:
        if desk.clock.at < ends:
            raise Unreachable("HTTP 429", retry_after_seconds=20)
        taken.append((desk.telegram.texts[-1].address, desk.telegram.texts[-1].text))

    desk.telegram.while_sending = away_for_an_hour
    desk.carrier.while_sending = lambda: taken.append(
        (desk.carrier.texts[-1].address, desk.carrier.texts[-1].text)
    )
    notices = queue_for_all(desk, persons)
    for _ in range(12):
        desk.run(timedelta(minutes=20))
        desk.confirm_all()
    assert {desk.notice(notice).state for notice in notices} <= {"sent", "delivered"}
    assert numbers_of(desk, taken) == {person.digits: list(range(EACH)) for person in PEOPLE}
    assert not any(one.again for notice in notices for one in desk.tries(notice))


@pytest.fixture
def reminder(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a template of what we begin."""
    monkeypatch.setitem(TEMPLATES, "reminder", Template("Your WiFi ends soon", {}, purpose=Purpose.SERVICE))
    return "reminder"


def test_what_we_begin_waits_for_the_morning_and_holds_up_no_answer(desk: Desk, reminder: str) -> None:
    person = desk.meet()
    desk.clock.at += timedelta(hours=12)  # 22:00
    ours = desk.queue("r", reminder, {}, to=person)
    answer = desk.queue("a", "money_kept", KEPT, to=person)
    desk.run(timedelta(minutes=1))
    assert (desk.notice(ours).state, desk.notice(answer).state) == ("queued", "sent")
    desk.run(timedelta(hours=9, minutes=58))  # 07:59
    assert desk.notice(ours).state == "queued"
    desk.run(timedelta(minutes=2))
    assert desk.notice(ours).state == "sent"


def test_what_we_began_by_day_and_comes_to_its_turn_at_night_waits_too(desk: Desk, reminder: str) -> None:
    person = desk.meet()
    desk.clock.at += timedelta(hours=9, minutes=59)  # 19:59
    ours = desk.queue("r", reminder, {}, to=person)
    desk.carrier.answers.extend(Unreachable("HTTP 503") for _ in range(2))
    desk.run(timedelta(hours=2))
    assert (desk.notice(ours).state, desk.notice(ours).attempts) == ("queued", 2)
    desk.run(timedelta(hours=11))
    assert desk.notice(ours).state == "sent"
