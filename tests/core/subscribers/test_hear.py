"""A number that fell silent, or has another SIM, is met as somebody new; its owner comes back (M6, T4)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.subscribers.changes import restore_number
from core.subscribers.chats import link, recognise
from core.subscribers.hear import hear, sim_changed
from core.subscribers.meet import find, meet, prove_number
from core.subscribers.model import CONTACT, Address
from core.subscribers.queries import accounts_of, phone_of
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA, JUMA


def somebody(database: Database) -> int:
    with database.work() as work:
        meet(work, msisdn=AMINA)
        person = hear(work, msisdn=AMINA)
        assert person is not None
        return person.id


@pytest.mark.parametrize(("days", "known"), [(1, True), (89, True), (90, True), (91, False), (400, False)])
def test_after_ninety_silent_days_a_number_is_nobody_s(
    database: Database, clock: SetClock, days: int, known: bool
) -> None:
    before = somebody(database)
    clock.advance(timedelta(days=days))
    with database.work() as work:
        person = hear(work, msisdn=AMINA)
        assert (person is not None) == known
        assert (meet(work, msisdn=AMINA).id == before) == known
        assert (phone_of(work, before) == AMINA) == known


def test_who_calls_once_a_month_stays_known(database: Database, clock: SetClock) -> None:
    before = somebody(database)
    for _ in range(6):
        clock.advance(timedelta(days=60))
        assert somebody(database) == before


def test_a_paid_prompt_is_a_word_from_the_number(database: Database, clock: SetClock) -> None:
    before = somebody(database)
    clock.advance(timedelta(days=80))
    with database.work() as work:
        prove_number(work, subscriber_id=before, msisdn=AMINA)
    clock.advance(timedelta(days=80))
    assert somebody(database) == before


def test_the_days_are_a_setting(database: Database, clock: SetClock) -> None:
    somebody(database)
    with database.work() as work:
        work.session.execute(
            text(
                "INSERT INTO settings_history (name, starts_at, value, set_at, set_by) "
                "VALUES ('number.silent_days', :now, '180', :now, 'test')"
            ),
            {"now": work.now},
        )
    clock.advance(timedelta(days=170))
    with database.work() as work:
        assert hear(work, msisdn=AMINA) is not None


def test_it_is_noted_once_a_day(database: Database, clock: SetClock) -> None:
    somebody(database)
    noted = set()
    for _ in range(5):
        clock.advance(timedelta(hours=5))
        with database.work() as work:
            hear(work, msisdn=AMINA)
        with database.work() as work:
            noted.add(work.session.query(Address).one().seen_at)
    assert len(noted) == 2


def test_two_first_calls_at_the_same_time_meet_one_new_person(database: Database, clock: SetClock) -> None:
    before = somebody(database)
    clock.advance(timedelta(days=91))

    def call(_: int) -> int:
        with database.work() as work:
            return (hear(work, msisdn=AMINA) or meet(work, msisdn=AMINA)).id

    with ThreadPoolExecutor(4) as threads:
        met = set(threads.map(call, range(4)))
    assert len(met) == 1
    assert before not in met


def test_a_changed_sim_parts_the_number_and_its_chats(database: Database) -> None:
    before = somebody(database)
    with database.work() as work:
        link(work, channel="telegram", external_id="7001", number=AMINA, how=CONTACT)
        recognise(work, channel="whatsapp", external_id="KE.1", also=AMINA.digits, vouched=AMINA)
    with database.work() as work:
        sim_changed(work, msisdn=AMINA)
        sim_changed(work, msisdn=JUMA)  # nobody's: nothing happens
    with database.work() as work:
        assert find(work, msisdn=AMINA) is None
        assert recognise(work, channel="telegram", external_id="7001") is None
        known = recognise(work, channel="whatsapp", external_id="KE.1", also=AMINA.digits, vouched=AMINA)
        assert known is not None
        assert known.subscriber_id != before


def test_a_parted_number_cannot_be_proved_for_its_former_account(database: Database) -> None:
    before = somebody(database)
    with database.work() as work:
        sim_changed(work, msisdn=AMINA)
        prove_number(work, subscriber_id=before, msisdn=AMINA)
        assert work.session.query(Address).one().proved_at is None


def test_the_owner_comes_back_by_staff_and_keeps_both_accounts(
    database: Database, clock: SetClock, mailbox: Mailbox
) -> None:
    before = somebody(database)
    clock.advance(timedelta(days=91))
    with database.work() as work:
        assert hear(work, msisdn=AMINA) is None
        fresh = meet(work, msisdn=AMINA).id
        link(work, channel="telegram", external_id="7001", number=AMINA, how=CONTACT)
    with database.work() as work:
        restore_number(work, number=AMINA, subscriber_id=before, asked_by="staff:1")
    with database.work() as work:
        person = hear(work, msisdn=AMINA)
        assert person is not None
        assert person.id == before
        assert [(own.subscriber_id, own.is_chosen) for own in accounts_of(work, AMINA)] == [
            (before, True),
            (fresh, False),
        ]
        assert recognise(work, channel="telegram", external_id="7001") is None
        number = work.session.query(Address).filter_by(subscriber_id=before).one()
        assert number.cooling_until == work.now + timedelta(days=1)
        assert number.level == 1  # staff's word is no proof of the SIM


def test_a_number_is_not_restored_to_an_account_that_never_had_it(database: Database) -> None:
    somebody(database)
    with database.work() as work:
        sim_changed(work, msisdn=AMINA)
        juma = meet(work, msisdn=JUMA).id
        with pytest.raises(Refusal):
            restore_number(work, number=AMINA, subscriber_id=juma, asked_by="staff:1")
