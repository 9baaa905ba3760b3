"""A delivery report is a claim: it moves the notice whose id and number it names, forwards only."""

from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.errors import NotReady
from core.messaging.carrier import Fate, Sent
from core.messaging.send import LEASE
from tests.core.messaging.conftest import AMINA, Desk

STRANGER = "254733000222"


@pytest.fixture
def sent(desk: Desk) -> int:
    desk.meet()
    notice = desk.queue()
    desk.carrier.answers.append(Sent("ATXid_1"))
    desk.send(notice)
    return notice


def tell(
    desk: Desk, *fates: Fate, message_id: str = "ATXid_1", address: str = AMINA.digits, said: int = 0
) -> None:
    for number, fate in enumerate(fates, said):
        desk.report(desk.carrier.report(message_id, address, fate, said=f"{fate.value} {number}"))


def test_a_delivered_text_is_noted(desk: Desk, sent: int, clock: SetClock) -> None:
    clock.advance(timedelta(seconds=9))
    tell(desk, Fate.DELIVERED)
    assert (desk.notice(sent).state, desk.notice(sent).delivered_at) == ("delivered", clock.at)


ORDERS: list[tuple[list[Fate], str]] = [
    ([Fate.UNDER_WAY], "sent"),
    ([Fate.FAILED], "waiting"),
    ([Fate.DELIVERED, Fate.UNDER_WAY], "delivered"),
    ([Fate.DELIVERED, Fate.FAILED], "delivered"),
    ([Fate.FAILED, Fate.UNDER_WAY], "waiting"),
    ([Fate.FAILED, Fate.DELIVERED], "delivered"),
    ([Fate.DELIVERED, Fate.DELIVERED], "delivered"),
    ([Fate.READ], "read"),
    ([Fate.READ, Fate.DELIVERED, Fate.FAILED], "read"),
    ([Fate.FAILED, Fate.READ], "read"),
]


def test_reports_out_of_order_end_in_the_truth(desk: Desk) -> None:
    for number, (fates, state) in enumerate(ORDERS):
        notice = desk.queue(f"voucher:{number}")
        desk.carrier.answers.append(Sent(f"order-{number}"))
        desk.send(notice)
        for at, fate in enumerate(fates):
            tell(desk, fate, message_id=f"order-{number}", said=at)
            desk.run()
        assert desk.notice(notice).state == state, fates


def test_a_forged_success_moves_nothing_and_is_kept(desk: Desk, sent: int) -> None:
    forged = [("ATXid_1", STRANGER), ("ATXid_2", AMINA.digits), ("ATXid_2", STRANGER)]
    for message_id, address in forged:
        tell(desk, Fate.DELIVERED, message_id=message_id, address=address)
    assert (desk.notice(sent).state, desk.notice(sent).delivered_at) == ("sent", None)
    assert desk.column("SELECT door FROM evidence") == ["sms.delivery"] * len(forged)


def test_a_failure_because_the_person_blocked_us_stops_marketing(
    desk: Desk, sent: int, clock: SetClock
) -> None:
    tell(desk, Fate.BLOCKED)
    desk.run()
    assert (desk.notice(sent).state, desk.notice(sent).last_error) == ("waiting", "blocked 0")
    assert desk.column("SELECT withdrawn_at FROM consents WHERE purpose = 'marketing'") == [clock.at]


def test_a_report_that_overtakes_our_own_call_is_read_again(desk: Desk) -> None:
    notice = desk.queue()
    body = desk.carrier.report("sms-1", AMINA.digits, Fate.DELIVERED)

    def report_comes_first() -> None:
        with pytest.raises(NotReady):
            desk.report(body)

    desk.carrier.while_sending = report_comes_first
    desk.send(notice)
    assert desk.column("SELECT count(*) FROM evidence") == [0]
    desk.report(body + b" ")
    assert desk.notice(notice).state == "delivered"


def test_a_report_does_not_wait_for_a_worker_that_died(desk: Desk, clock: SetClock) -> None:
    desk.queue()

    def report_comes_late() -> None:
        clock.advance(LEASE + timedelta(seconds=1))
        tell(desk, Fate.DELIVERED, message_id="other")

    desk.carrier.while_sending = report_comes_late
    desk.send(1)
    assert desk.column("SELECT reason FROM evidence") == ["a report about no message of ours"]


def test_a_notice_that_was_never_accepted_is_moved_by_no_report(desk: Desk) -> None:
    notice = desk.queue()
    desk.carrier.answers.append(Sent(None))
    desk.send(notice)
    tell(desk, Fate.FAILED, message_id="None")
    assert desk.notice(notice).state == "sent"
