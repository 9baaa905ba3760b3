"""Codes by SMS: who gets one, how often, and what counts as the code that came back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.subscribers.codes import (
    CODE_LIFE,
    JUST_SENT,
    KEPT,
    PROOF_LIFE,
    TOO_MANY_THIS_HOUR,
    TOO_MANY_TODAY,
    TRIES,
    begin_code,
    is_proved,
    spend_proof,
    take_code,
)
from core.subscribers.jobs import forget_old_codes
from core.subscribers.model import SmsCode
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA, JUMA, OTIENO

HERE = {"purpose": "chat.here", "bound_to": "telegram:7001"}


def ask(database: Database, number: Msisdn = AMINA, **changes: str) -> None:
    with database.work() as work:
        begin_code(work, number=number, **(HERE | changes))


def take(database: Database, typed: str, number: Msisdn = AMINA, **changes: str) -> bool:
    with database.work() as work:
        return take_code(work, number=number, typed=typed, **(HERE | changes))


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_code_that_was_sent_is_taken_once(database: Database, mailbox: Mailbox) -> None:
    ask(database)
    code = mailbox.code(AMINA)
    assert not take(database, wrong(code))
    assert take(database, f" {code[:3]} {code[3:]} ")
    assert not take(database, code)


def test_another_chat_purpose_or_number_does_not_take_it(database: Database, mailbox: Mailbox) -> None:
    ask(database)
    code = mailbox.code(AMINA)
    assert not take(database, code, bound_to="telegram:7002")
    assert not take(database, code, purpose="number.move")
    assert not take(database, code, number=JUMA)
    assert take(database, code)


def test_five_tries_and_no_sixth(database: Database, mailbox: Mailbox) -> None:
    ask(database)
    code = mailbox.code(AMINA)
    assert [take(database, wrong(code)) for _ in range(TRIES)] == [False] * TRIES
    assert not take(database, code)


def test_ten_minutes_and_no_longer(database: Database, mailbox: Mailbox, clock: SetClock) -> None:
    ask(database)
    code = mailbox.code(AMINA)
    clock.advance(CODE_LIFE)
    assert not take(database, code)


def test_a_newer_code_voids_the_older(database: Database, mailbox: Mailbox, clock: SetClock) -> None:
    ask(database)
    first = mailbox.code(AMINA)
    clock.advance(JUST_SENT)
    ask(database)
    second = mailbox.code(AMINA)
    assert first == second or not take(database, first)
    assert take(database, second)


def test_who_asks_again_at_once_gets_no_second_text(database: Database, mailbox: Mailbox) -> None:
    ask(database)
    ask(database)
    assert len(mailbox.texts(AMINA)) == 1


def test_three_an_hour_and_six_a_day(database: Database, clock: SetClock) -> None:
    for _ in range(3):
        ask(database)
        clock.advance(JUST_SENT)
    with pytest.raises(Refusal) as refused:
        ask(database)
    assert refused.value.sentence == TOO_MANY_THIS_HOUR
    with pytest.raises(Refusal):
        ask(database, bound_to="whatsapp:1", purpose="other")  # of the same number, whoever asks
    clock.advance(timedelta(hours=1))
    for _ in range(3):
        ask(database)
        clock.advance(JUST_SENT)
    clock.advance(timedelta(hours=1))
    with pytest.raises(Refusal) as refused:
        ask(database)
    assert refused.value.sentence == TOO_MANY_TODAY
    clock.advance(timedelta(days=1))
    ask(database)


def test_one_talk_does_not_pester_many_numbers(database: Database) -> None:
    for number in (AMINA, JUMA, OTIENO):
        ask(database, number)
    with pytest.raises(Refusal):
        ask(database, Msisdn("254733000444"))


def test_eight_who_ask_at_the_same_time_do_not_get_a_fourth_code(database: Database) -> None:
    def asked(place: int) -> bool:
        try:
            ask(database, bound_to=f"telegram:{place}")
        except Refusal:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(asked, range(8))) == 3


def test_of_many_who_type_it_at_the_same_time_one_is_right(database: Database, mailbox: Mailbox) -> None:
    ask(database)
    code = mailbox.code(AMINA)
    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(lambda _: take(database, code), range(4))) == [False, False, False, True]


def test_a_proof_is_spent_once_and_does_not_wait_for_ever(
    database: Database, mailbox: Mailbox, clock: SetClock
) -> None:
    ask(database)
    with database.work() as work:
        assert not is_proved(work, number=AMINA, **HERE)
    assert take(database, mailbox.code(AMINA))
    with database.work() as work:
        assert is_proved(work, number=AMINA, **HERE)
        assert not is_proved(work, number=AMINA, purpose="chat.here", bound_to="telegram:7002")
        assert spend_proof(work, number=AMINA, **HERE)
        assert not spend_proof(work, number=AMINA, **HERE)
    clock.advance(JUST_SENT)
    ask(database)
    assert take(database, mailbox.code(AMINA))
    clock.advance(PROOF_LIFE)
    with database.work() as work:
        assert not spend_proof(work, number=AMINA, **HERE)


def test_the_code_stands_nowhere_in_the_clear(database: Database, mailbox: Mailbox) -> None:
    ask(database)
    code = mailbox.code(AMINA)
    with database.work() as work:
        row = work.session.query(SmsCode).one()
        assert row.code_sealed is None  # it has been handed over
        assert code.encode() not in row.code_hash
        outbox = work.session.execute(text("SELECT payload::text FROM outbox")).scalars().all()
        assert outbox
        assert not any(code in payload for payload in outbox)


def test_a_late_job_sends_no_dead_code(database: Database, mailbox: Mailbox, clock: SetClock) -> None:
    ask(database)
    clock.advance(CODE_LIFE)
    assert mailbox.texts(AMINA) == []


def test_codes_of_a_month_ago_are_forgotten(database: Database, mailbox: Mailbox, clock: SetClock) -> None:
    ask(database)
    clock.advance(KEPT)
    ask(database, JUMA)
    forget_old_codes(mailbox)
    with database.work() as work:
        assert len(work.session.query(SmsCode).all()) == 2
    clock.advance(timedelta(seconds=1))
    forget_old_codes(mailbox)
    with database.work() as work:
        assert [row.number for row in work.session.query(SmsCode)] == [JUMA.digits]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=st.one_of(st.text(max_size=80), st.from_regex(r"[0-9 -]{0,9}", fullmatch=True)))
def test_whatever_else_is_typed_is_not_the_code(
    database: Database, mailbox: Mailbox, clock: SetClock, typed: str
) -> None:
    clock.advance(timedelta(days=2))
    ask(database)
    code = mailbox.code(AMINA)
    digits = "".join(ch for ch in typed if ch.isdecimal())
    if digits != code:
        assert not take(database, typed)
    assert take(database, code) or digits == code
