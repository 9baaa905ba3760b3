"""One text to many: each person once, a hundred a call, whoever is told in a chat costs no SMS."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.base.msisdn import Msisdn
from core.messaging import bulk
from core.messaging.batch import queue_batch
from core.messaging.carrier import BULK, AccountRefused, BlockedByPerson, Fate
from core.messaging.consent import give, withdraw
from core.messaging.outcome import PAUSES
from core.messaging.send import LEASE
from core.messaging.template import Purpose, Template
from core.messaging.templates import TEMPLATES
from core.subscribers.model import Subscriber
from tests.core.messaging.conftest import Desk


@pytest.fixture(autouse=True)
def templates(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "{site}: internet is down. {provider}"
    monkeypatch.setitem(TEMPLATES, "outage", Template(text, {"site": "Baraka"}, purpose=Purpose.SERVICE))
    monkeypatch.setitem(TEMPLATES, "offer", Template("Half price", {}, purpose=Purpose.MARKETING))


def numbers(count: int) -> list[Msisdn]:
    return [Msisdn(f"2547120{number:05d}") for number in range(count)]


def people(desk: Desk, count: int) -> list[int]:
    return [desk.meet(number) for number in numbers(count)]


def queue(desk: Desk, persons: list[int], reason: str = "outage:1", template: str = "outage") -> int:
    values = {"site": "Baraka"} if template == "outage" else {}
    with desk.work() as work:
        return queue_batch(work, reason=reason, template=template, values=values, people=persons)


def states(desk: Desk) -> dict[str, int]:
    return dict(
        zip(
            desk.column("SELECT state FROM notices GROUP BY state ORDER BY state"),
            desk.column("SELECT count(*) FROM notices GROUP BY state ORDER BY state"),
            strict=True,
        )
    )


def test_everybody_is_told_once_by_calls_of_a_hundred(desk: Desk) -> None:
    persons = people(desk, BULK + 30)
    assert queue(desk, [*persons, *persons[:5]]) == len(persons)
    assert queue(desk, persons) == 0
    desk.run(timedelta(minutes=1))
    assert [len(addresses) for _, addresses in desk.carrier.calls] == [BULK, 30]
    assert {text for text, _ in desk.carrier.calls} == {"Baraka: internet is down. Pwani Net"}
    assert sorted(text.address for text in desk.carrier.texts) == [n.digits for n in numbers(BULK + 30)]
    assert states(desk) == {"sent": len(persons)}
    assert desk.column("SELECT sum(cost_cents) FROM notices") == [80 * len(persons)]
    assert desk.column("SELECT parts FROM sms_days") == [len(persons)]
    assert desk.column("SELECT people FROM notice_batches") == [len(persons)]
    assert desk.carrier.messages == []


def test_a_call_speaks_one_language(desk: Desk) -> None:
    persons = people(desk, 6)
    with desk.work() as work:
        for person in persons[::2]:
            work.session.get_one(Subscriber, person).language = "sw"
    queue(desk, persons)
    desk.run(timedelta(minutes=1))
    assert [len(addresses) for _, addresses in desk.carrier.calls] == [3, 3]
    assert desk.column("SELECT count(*) FROM notices WHERE language = 'sw'") == [3]


def test_who_has_a_chat_is_told_there(desk: Desk) -> None:
    desk.with_chats()
    persons = people(desk, 4)
    chat = desk.chats("telegram", numbers(4)[1])
    queue(desk, persons)
    desk.run(timedelta(minutes=1))
    assert [message.address for message in desk.telegram.messages] == [chat]
    assert [len(addresses) for _, addresses in desk.carrier.calls] == [3]
    assert states(desk) == {"sent": 4}


def test_who_does_not_want_it_is_left_out(desk: Desk) -> None:
    persons = people(desk, 3)
    with desk.work() as work:
        withdraw(work, subscriber_id=persons[0], purpose=Purpose.SERVICE, how="ussd", wording="no")
        give(work, subscriber_id=persons[1], purpose=Purpose.MARKETING, how="sms", wording="ANZA")
    assert queue(desk, persons) == 2
    assert queue(desk, persons, "offer:1", "offer") == 1


def test_who_says_no_between_the_queueing_and_the_call_is_left_out(desk: Desk) -> None:
    persons = people(desk, 3)
    queue(desk, persons)
    with desk.work() as work:
        withdraw(work, subscriber_id=persons[0], purpose=Purpose.SERVICE, how="ussd", wording="no")
    desk.run(timedelta(minutes=1))
    assert states(desk) == {"failed": 1, "sent": 2}
    assert len(desk.carrier.texts) == 2


def test_one_phone_of_two_accounts_rings_once(desk: Desk) -> None:
    from core.subscribers.model import Address

    persons = people(desk, 2)
    with desk.work() as work:
        shared = numbers(2)[0].digits
        work.session.query(Address).filter_by(subscriber_id=persons[1]).delete()
        work.session.add(
            Address(
                subscriber_id=persons[1], channel="msisdn", external_id=shared, is_primary=False,
                created_at=work.now,
            )
        )  # fmt: skip
    assert queue(desk, persons) == 1


def test_each_recipient_has_an_answer_of_its_own(desk: Desk, clock: SetClock) -> None:
    persons, them = people(desk, 6), [number.digits for number in numbers(6)]
    mail = desk.has_mail(persons[1])
    desk.carriers["email"] = desk.email
    answers: Mapping[str, OutsideError | None] = {
        them[1]: Rejected("403", code="403"),
        them[2]: BlockedByPerson("406", code="406"),
        them[3]: Unreachable("500"),
        them[4]: OutcomeUnknown("status code 999"),
        them[5]: None,
    }
    desk.carrier.of_address.update(answers)
    queue(desk, persons)
    desk.run(timedelta(minutes=5))
    found = {
        person: desk.column("SELECT state FROM notices WHERE subscriber_id = :id", id=person)[0]
        for person in persons
    }
    assert list(found.values()) == ["sent", "sent", "waiting", "sent", "unknown", "unknown"]
    assert [message.address for message in desk.email.messages] == [mail]
    assert [text.address for text in desk.carrier.texts] == [them[0], them[3]]
    assert len(desk.carrier.calls) == 1
    assert desk.column("SELECT subscriber_id FROM consents") == [persons[2]]


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (Unreachable("HTTP 429", retry_after_seconds=77), 77),
        (Unreachable("HTTP 503"), PAUSES[0]),
        (AccountRefused("405 InsufficientBalance", code="405"), PAUSES[0]),
    ],
)
def test_a_call_that_came_to_nothing_is_made_again_after_its_pause(
    desk: Desk, error: OutsideError, pause: int
) -> None:
    persons = people(desk, 3)
    queue(desk, persons)
    desk.carrier.call_answers.append(error)
    desk.run(timedelta(seconds=pause - 1))
    assert (len(desk.carrier.calls), states(desk)) == (1, {"queued": 3})
    desk.run(timedelta(seconds=2))
    assert (len(desk.carrier.calls), states(desk)) == (2, {"sent": 3})
    assert len(desk.carrier.texts) == 3


def test_a_carrier_that_stays_away_leaves_them_waiting(desk: Desk) -> None:
    persons = people(desk, 3)
    desk.set("quiet.from_hour", 8)
    queue(desk, persons)
    desk.carrier.call_answers.extend(Unreachable("HTTP 503") for _ in range(9))
    desk.run(timedelta(hours=4))
    assert states(desk) == {"waiting": 3}
    assert len(desk.carrier.calls) == 6
    assert desk.carrier.texts == []


def test_a_call_whose_outcome_nobody_knows_is_not_made_again(desk: Desk) -> None:
    persons = people(desk, BULK + 1)
    queue(desk, persons)
    desk.carrier.call_answers.append(OutcomeUnknown("no answer"))
    desk.run(timedelta(hours=1))
    assert [len(addresses) for _, addresses in desk.carrier.calls] == [BULK, 1]
    assert states(desk) == {"sent": 1, "unknown": BULK}


def test_a_worker_that_died_in_a_call_leaves_no_second_text(desk: Desk, clock: SetClock) -> None:
    persons = people(desk, BULK + 1)
    queue(desk, persons)
    with desk.work() as work:
        assert bulk.claim_call(work, desk, batch_id=1) is not None
    clock.advance(LEASE + timedelta(seconds=1))
    desk.run(timedelta(minutes=1))
    assert states(desk) == {"sent": 1, "unknown": BULK}


def test_two_workers_take_different_people(desk: Desk) -> None:
    persons = people(desk, 2 * BULK)
    queue(desk, persons)
    calls = []
    for _ in range(2):  # the second comes while the first one's call is under way
        with desk.work() as work:
            calls.append(bulk.claim_call(work, desk, batch_id=1))
    taken = [set(call.tries) for call in calls if isinstance(call, bulk.Call)]
    assert [len(each) for each in taken] == [BULK, BULK]
    assert taken[0].isdisjoint(taken[1])


def test_the_day_s_budget_holds_a_batch_too(desk: Desk) -> None:
    persons = people(desk, 3)
    desk.set("sms_a_day", 2)
    queue(desk, persons)
    desk.run(timedelta(minutes=1))
    assert (desk.carrier.calls, states(desk)) == ([], {"queued": 3})
    desk.set("sms_a_day", 3)
    desk.run(timedelta(hours=1))
    assert states(desk) == {"sent": 3}


def test_a_batch_of_the_evening_goes_out_in_the_morning(desk: Desk, clock: SetClock) -> None:
    persons = people(desk, 3)
    clock.advance(timedelta(hours=11))  # 21:00
    queue(desk, persons)
    desk.run(timedelta(hours=10, minutes=59))
    assert desk.carrier.calls == []
    desk.run(timedelta(minutes=2))
    assert states(desk) == {"sent": 3}


def test_its_reports_move_each_notice_alone(desk: Desk) -> None:
    persons, them = people(desk, 2), numbers(2)
    queue(desk, persons)
    desk.run(timedelta(minutes=1))
    desk.report(desk.carrier.report("sms-1", them[0].digits, Fate.DELIVERED))
    desk.report(desk.carrier.report("sms-1", them[1].digits, Fate.DELIVERED))
    assert states(desk) == {"delivered": 1, "sent": 1}
