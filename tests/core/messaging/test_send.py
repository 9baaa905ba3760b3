"""A notice on its way out: once, whatever happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.errors import NotReady, OutcomeUnknown, Rejected, Unreachable
from core.messaging import jobs
from core.messaging.carrier import AccountRefused, BlockedByPerson, Sent
from core.messaging.marketing import start_marketing
from core.messaging.outcome import PAUSES
from core.messaging.send import LEASE, LONGEST_WAIT, claim
from core.messaging.settings import SmsSettings
from core.messaging.template import Purpose, Template
from core.messaging.templates import TEMPLATES
from core.messaging.ways import TRIES
from core.subscribers.meet import meet
from tests.core.messaging.conftest import AMINA, Desk

VOUCHER_TEXT = (
    "Pwani Net voucher: K7WM2-XWD4F. WiFi 24 hours, 1 phone. Time starts when you log in. "
    "Use by 20/02/2027. Join PWANI WIFI, type the code. Lost? *384*123*3#"
)


def take(desk: Desk, notice_id: int) -> None:
    """Claim as a worker does that dies before it has recorded anything."""
    with desk.work() as work:
        claim(work, desk, notice_id=notice_id)


def wants_offers(desk: Desk) -> int:
    with desk.work() as work:
        person = meet(work, msisdn=AMINA).id
        start_marketing(work, address=AMINA.digits, how="sms", wording="START")
    return person


def test_a_notice_is_sent_and_what_the_carrier_said_is_kept(desk: Desk, clock: SetClock) -> None:
    notice = desk.queue()
    desk.carrier.answers.append(Sent("ATXid_1", 1, 85))
    desk.send(notice)
    found = desk.notice(notice)
    assert (found.state, found.channel, found.parts, found.cost_cents) == ("sent", "sms", 1, 85)
    (one,) = desk.tries(notice)
    assert (one.carrier_message_id, one.address, one.cost_cents) == ("ATXid_1", AMINA.digits, 85)
    assert (found.sent_at, found.attempts, found.claimed_until) == (clock.at, 1, None)
    assert [(text.address, text.text) for text in desk.carrier.texts] == [(AMINA.digits, VOUCHER_TEXT)]


def test_a_second_run_sends_nothing(desk: Desk) -> None:
    notice = desk.queue()
    desk.send(notice)
    desk.send(notice)
    assert len(desk.carrier.texts) == 1


def test_two_workers_at_the_same_time_send_once(desk: Desk) -> None:
    notice = desk.queue()

    def second_worker() -> None:
        with pytest.raises(NotReady):
            desk.send(notice)

    desk.carrier.while_sending = second_worker
    desk.send(notice)
    assert len(desk.carrier.texts) == 1
    assert desk.notice(notice).state == "sent"


def test_a_carrier_that_is_away_is_tried_again_later_and_later(desk: Desk) -> None:
    notice = desk.queue()
    desk.carrier.answers.extend(Unreachable("HTTP 503") for _ in range(TRIES))
    pauses = []
    for _ in range(TRIES - 1):
        with pytest.raises(Unreachable) as told:
            desk.send(notice)
        pauses.append(told.value.retry_after_seconds)
        assert desk.notice(notice).state == "queued"
    desk.send(notice)
    assert tuple(pauses) == PAUSES
    found = desk.notice(notice)
    assert (found.state, found.last_error, found.attempts) == ("waiting", "HTTP 503", TRIES)
    desk.send(notice)
    assert len(desk.carrier.texts) == TRIES


def test_a_carrier_that_names_its_pause_gets_it_within_reason(desk: Desk) -> None:
    for asked, waited in [(1, PAUSES[0]), (90, 90), (10**9, LONGEST_WAIT)]:
        notice = desk.queue(f"voucher:{asked}")
        desk.carrier.answers.append(Unreachable("HTTP 429", retry_after_seconds=asked))
        with pytest.raises(Unreachable) as told:
            desk.send(notice)
        assert told.value.retry_after_seconds == waited


def test_a_refused_text_is_never_sent_again(desk: Desk) -> None:
    notice = desk.queue()
    desk.carrier.answers.append(Rejected("403 InvalidPhoneNumber", code="403"))
    desk.send(notice)
    desk.send(notice)
    assert len(desk.carrier.texts) == 1
    assert (desk.notice(notice).state, desk.notice(notice).last_error) == (
        "waiting",
        "403 InvalidPhoneNumber",
    )


def test_a_person_who_blocked_us_gets_no_marketing(desk: Desk, clock: SetClock) -> None:
    desk.meet()
    notice = desk.queue()
    desk.carrier.answers.append(BlockedByPerson("406 UserInBlacklist", code="406"))
    desk.send(notice)
    assert desk.notice(notice).state == "waiting"
    assert desk.column("SELECT withdrawn_at FROM consents WHERE purpose = 'marketing'") == [clock.at]


def test_a_refused_account_is_an_incident_and_the_notice_waits_for_staff(desk: Desk) -> None:
    notice, other = desk.queue("a"), desk.queue("b")
    desk.carrier.answers.extend(AccountRefused("405 InsufficientBalance", code="405") for _ in range(2))
    for each in (notice, other):
        with pytest.raises(Unreachable):
            desk.send(each)
    assert desk.column("SELECT kind FROM incidents") == ["sms.account"]
    desk.send(notice)
    assert desk.notice(notice).state == "sent"


def test_silence_of_the_carrier_is_unknown_and_tried_once_more(desk: Desk) -> None:
    notice = desk.queue()
    desk.carrier.answers.extend(OutcomeUnknown("no answer") for _ in range(2))
    with pytest.raises(Unreachable):
        desk.send(notice)
    assert desk.notice(notice).state == "unknown"
    desk.send(notice)
    desk.send(notice)
    found = desk.notice(notice)
    assert (found.state, found.unknowns, len(desk.carrier.texts)) == ("unknown", 2, 2)


def test_what_was_unknown_once_stays_unknown_when_the_carrier_is_then_away(desk: Desk) -> None:
    notice = desk.queue()
    desk.carrier.answers.append(OutcomeUnknown("no answer"))
    desk.carrier.answers.extend(Unreachable("HTTP 503") for _ in range(TRIES - 1))
    for _ in range(TRIES - 1):
        with pytest.raises(Unreachable):
            desk.send(notice)
    desk.send(notice)
    assert desk.notice(notice).state == "unknown"
    assert len(desk.carrier.texts) == TRIES


def test_a_worker_that_died_between_claim_and_record_is_followed_by_one_more_try(
    desk: Desk, clock: SetClock
) -> None:
    notice = desk.queue()
    take(desk, notice)
    with pytest.raises(NotReady):
        desk.send(notice)
    clock.advance(LEASE + timedelta(seconds=1))
    desk.send(notice)
    assert (desk.notice(notice).state, len(desk.carrier.texts)) == ("sent", 1)


def test_a_second_death_ends_it(desk: Desk, clock: SetClock) -> None:
    notice = desk.queue()
    for _ in range(2):
        take(desk, notice)
        clock.advance(LEASE + timedelta(seconds=1))
    desk.send(notice)
    assert (desk.notice(notice).state, desk.carrier.texts) == ("unknown", [])


def test_marketing_is_not_repeated_when_its_outcome_is_unknown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TEMPLATES, "offer", Template("Half price today", {}, purpose=Purpose.MARKETING))
    notice = desk.queue(template="offer", values={}, to=wants_offers(desk))
    desk.carrier.answers.append(OutcomeUnknown("no answer"))
    desk.send(notice)
    desk.send(notice)
    assert (desk.notice(notice).state, len(desk.carrier.texts)) == ("unknown", 1)


def test_the_late_answer_of_a_worker_thought_dead_spoils_nothing(desk: Desk, clock: SetClock) -> None:
    notice = desk.queue()

    def overtaken() -> None:
        desk.carrier.while_sending = lambda: None
        clock.advance(LEASE + timedelta(seconds=1))
        desk.carrier.answers.append(Sent("second"))
        desk.send(notice)
        desk.carrier.answers.append(Unreachable("HTTP 503"))

    desk.carrier.while_sending = overtaken
    desk.send(notice)
    found = desk.notice(notice)
    assert (found.state, found.attempts) == ("sent", 2)
    assert [(one.state, one.carrier_message_id) for one in desk.tries(notice)] == [
        ("unknown", None),
        ("sent", "second"),
    ]


def test_a_prefix_that_is_not_allowed_costs_nothing(desk: Desk) -> None:
    desk.sms = SmsSettings(prefixes=["2541"])
    notice = desk.queue()
    desk.send(notice)
    assert (desk.notice(notice).state, desk.carrier.texts) == ("waiting", [])


def test_a_spent_budget_is_an_incident_and_the_notice_waits_for_the_next_day(
    desk: Desk, clock: SetClock
) -> None:
    desk.set("sms_a_day", 2)
    notices = [desk.queue(f"voucher:{number}") for number in range(3)]
    for notice in notices[:2]:
        desk.send(notice)
    with pytest.raises(Unreachable) as told:
        desk.send(notices[2])
    assert told.value.retry_after_seconds == LONGEST_WAIT
    assert (desk.notice(notices[2]).state, desk.notice(notices[2]).attempts) == ("queued", 0)
    assert desk.column("SELECT kind FROM incidents") == ["sms.budget"]
    clock.advance(timedelta(hours=14))  # past midnight in Nairobi
    desk.send(notices[2])
    assert desk.column("SELECT parts FROM sms_days ORDER BY day") == [2, 1]


def test_a_budget_that_is_raised_lets_the_notice_go(desk: Desk, clock: SetClock) -> None:
    desk.set("sms_a_day", 0)
    notice = desk.queue()
    with pytest.raises(Unreachable):
        desk.send(notice)
    desk.set("sms_a_day", 1)
    desk.send(notice)
    assert desk.notice(notice).state == "sent"


def test_just_before_midnight_the_wait_ends_with_the_day(desk: Desk, clock: SetClock) -> None:
    desk.set("sms_a_day", 0)
    notice = desk.queue()
    clock.advance(timedelta(hours=13, minutes=59))  # 23:59 in Nairobi
    with pytest.raises(Unreachable) as told:
        desk.send(notice)
    assert told.value.retry_after_seconds == 60


def test_an_opt_out_after_the_queueing_stops_marketing_and_nothing_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TEMPLATES, "offer", Template("Half price today", {}, purpose=Purpose.MARKETING))
    offer = desk.queue("offer:1", template="offer", values={}, to=wants_offers(desk))
    voucher = desk.queue()
    jobs.note_opt_out(desk, inbox_id=desk.receive("sms.optout", desk.carrier.opt_out(AMINA.digits)))
    desk.send(offer)
    desk.send(voucher)
    assert (desk.notice(offer).state, desk.notice(voucher).state) == ("failed", "sent")
    assert [text.text for text in desk.carrier.texts] == [VOUCHER_TEXT]


def test_many_workers_at_once_send_once(desk: Desk) -> None:
    notice = desk.queue()

    def worker(_: int) -> bool:
        try:
            desk.send(notice)
        except NotReady:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(worker, range(8)))
    assert any(done)
    assert (desk.notice(notice).state, len(desk.carrier.texts)) == ("sent", 1)
