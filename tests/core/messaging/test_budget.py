"""What a day's messages may cost until offers wait; nothing else ever does."""

from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.errors import Unreachable
from core.base.msisdn import Msisdn
from core.messaging.batch import queue_batch
from core.messaging.consent import give
from core.messaging.send import LONGEST_WAIT
from core.messaging.template import Purpose
from tests.core.messaging.conftest import KEPT, VOUCHER, Desk

OFFER = {"site": "Baraka", "plan": "WiFi 24 hours", "price": "Ksh 40", "last_day": "14/12/2026"}
LIMIT = "messages.offers_wait_at_cents"


def wanting(desk: Desk, count: int) -> list[int]:
    """People who want offers and have no chat."""
    found = [desk.meet(Msisdn(f"2547120{number:05d}")) for number in range(count)]
    with desk.work() as work:
        for person in found:
            give(work, subscriber_id=person, purpose=Purpose.MARKETING, how="sms", wording="ANZA")
    return found


def offers(desk: Desk, people: list[int]) -> None:
    with desk.work() as work:
        queue_batch(work, reason="offer:1", template="offer", values=OFFER, people=people)


@pytest.fixture
def buyer(desk: Desk) -> int:
    (found,) = wanting(desk, 1)
    return found


def test_an_offer_waits_for_the_next_morning_and_staff_are_told(desk: Desk, buyer: int) -> None:
    desk.set(LIMIT, 160)
    for number in range(2):
        desk.send(desk.queue(f"voucher:{number}", to=buyer))
    assert desk.column("SELECT kind FROM incidents") == ["messages.budget"]
    offer = desk.queue("offer:1", "offer", OFFER, to=buyer)
    with pytest.raises(Unreachable) as told:
        desk.send(offer)
    assert told.value.retry_after_seconds == LONGEST_WAIT
    assert (desk.notice(offer).state, desk.notice(offer).attempts) == ("queued", 0)
    desk.run(timedelta(hours=21, minutes=59))
    assert desk.notice(offer).state == "queued"
    desk.run(timedelta(hours=1, minutes=5))
    assert desk.notice(offer).state == "sent"
    assert desk.column("SELECT cents FROM message_days ORDER BY day") == [160, 80]
    assert desk.column("SELECT parts FROM sms_days ORDER BY day") == [2, 1]


@pytest.mark.parametrize("template", ["voucher", "code", "money_kept", "outage"])
def test_nothing_but_an_offer_ever_waits(desk: Desk, buyer: int, template: str) -> None:
    desk.set(LIMIT, 0)
    values = {
        "voucher": VOUCHER,
        "code": {"code": "482913"},
        "money_kept": KEPT,
        "outage": {"site": "Baraka", "since": "14:05"},
    }
    notice = desk.queue("a", template, values[template], to=buyer)
    desk.send(notice)
    assert desk.notice(notice).state == "sent"


def test_a_call_of_many_is_held_whole(desk: Desk) -> None:
    people = wanting(desk, 3)
    desk.set(LIMIT, 239)
    offers(desk, people)
    desk.run(timedelta(minutes=1))
    assert desk.carrier.calls == []
    desk.set(LIMIT, 240)
    desk.run(timedelta(hours=1))
    assert [len(addresses) for _, addresses in desk.carrier.calls] == [3]
    assert desk.column("SELECT cents FROM message_days") == [240]


def test_a_free_chat_is_never_held_and_says_how_to_stop(desk: Desk, buyer: int) -> None:
    desk.with_chats()
    desk.chats("telegram", Msisdn("254712000000"))
    desk.set(LIMIT, 0)
    offers(desk, [buyer])
    desk.run(timedelta(minutes=1))
    (message,) = desk.telegram.messages
    assert message.text.endswith("To buy write BUY here. No more offers? Write STOP.")
    assert desk.column("SELECT count(*) FROM message_days") == [0]


def test_a_template_counts_by_what_it_costs(desk: Desk, buyer: int, clock: SetClock) -> None:
    desk.with_chats()
    desk.chats("whatsapp", Msisdn("254712000000"))
    clock.advance(timedelta(days=2))
    desk.send(desk.queue("a", to=buyer))
    assert desk.column("SELECT cents FROM message_days") == [60]


def test_what_the_parts_do_not_hold_costs_nothing(desk: Desk, buyer: int) -> None:
    desk.set("sms_a_day", 0)
    notice = desk.queue("a", to=buyer)
    for _ in range(3):
        with pytest.raises(Unreachable):
            desk.send(notice)
    assert desk.column("SELECT cents FROM message_days") == [0]
