"""What could not be delivered waits, is read once by whom it is for, and then no way is tried any more."""

from datetime import timedelta

from core.base.clock import SetClock
from core.base.errors import OutcomeUnknown, Rejected, Unreachable
from core.base.msisdn import Msisdn
from core.messaging.waiting import KEPT_FOR, MOST, note_read, waiting_for
from tests.core.messaging.conftest import KEPT, Desk


def refused(desk: Desk, key: str, person: int) -> int:
    notice = desk.queue(key, "money_kept", {**KEPT, "receipt": f"M-PESA {key}"}, to=person)
    desk.carrier.answers.append(Rejected("403", code="403"))
    desk.run(timedelta(seconds=1))
    return notice


def unread(desk: Desk, person: int) -> list[int]:
    with desk.work() as work:
        return [each.notice_id for each in waiting_for(work, person, desk.brand)]


def test_it_is_shown_until_it_was_read(desk: Desk, clock: SetClock) -> None:
    person = desk.meet()
    notice = refused(desk, "RECEIPT1", person)
    with desk.work() as work:
        (waiting,) = waiting_for(work, person, desk.brand)
        assert waiting.text.startswith("Received Ksh 50, M-PESA RECEIPT1. It bought nothing")
    assert unread(desk, person) == [notice]
    clock.advance(timedelta(hours=1))
    with desk.work() as work:
        note_read(work, notice_id=notice, subscriber_id=person, on="ussd")
    assert unread(desk, person) == []
    found = desk.notice(notice)
    assert (found.state, found.channel, found.read_at) == ("read", "ussd", clock.at)


def test_nobody_reads_another_s(desk: Desk) -> None:
    person, other = desk.meet(), desk.meet(Msisdn("254733000222"))
    notice = refused(desk, "RECEIPT1", person)
    with desk.work() as work:
        note_read(work, notice_id=notice, subscriber_id=other, on="ussd")
        note_read(work, notice_id=999, subscriber_id=other, on="ussd")
    assert unread(desk, other) == []
    assert unread(desk, person) == [notice]


def test_what_was_read_is_not_sent_any_more(desk: Desk) -> None:
    person = desk.meet()
    notice = desk.queue("RECEIPT1", "money_kept", KEPT, to=person)
    desk.carrier.answers.append(OutcomeUnknown("no answer"))
    desk.run(timedelta(seconds=1))
    assert unread(desk, person) == [notice]
    with desk.work() as work:
        note_read(work, notice_id=notice, subscriber_id=person, on="ussd")
    desk.run(timedelta(hours=1))
    assert (len(desk.carrier.texts), desk.notice(notice).state) == (1, "read")


def test_what_is_still_on_its_way_is_not_shown(desk: Desk) -> None:
    person = desk.meet()
    desk.queue("RECEIPT1", "money_kept", KEPT, to=person)
    desk.carrier.answers.append(Unreachable("503"))
    desk.run(timedelta(seconds=1))
    assert unread(desk, person) == []


def test_the_oldest_come_first_few_at_a_time_and_old_news_not_at_all(desk: Desk, clock: SetClock) -> None:
    person = desk.meet()
    refused(desk, "RECEIPT0", person)
    clock.advance(KEPT_FOR)
    notices = [refused(desk, f"RECEIPT{number}", person) for number in range(1, MOST + 3)]
    assert unread(desk, person) == notices[:MOST]
