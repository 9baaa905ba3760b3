"""Meeting people: one account a number, whoever calls first, and however often."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.base.database import Database
from core.ledger.queries import balance
from core.subscribers.account_no import damm_digit
from core.subscribers.meet import choose_language, find, meet, prove_number
from core.subscribers.model import Address, Subscriber
from core.subscribers.queries import by_account_no, language_of, phone_of
from tests.factories import AMINA, JUMA


def test_a_stranger_gets_an_account_and_is_known_from_then_on(database: Database) -> None:
    with database.work() as work:
        assert find(work, msisdn=AMINA) is None
        person = meet(work, msisdn=AMINA)
        assert damm_digit(person.account_no) == 0
        assert balance(work, person.id).minor == 0
    with database.work() as work:
        assert meet(work, msisdn=AMINA).id == person.id
        assert phone_of(work, person.id) == AMINA
        found = by_account_no(work, person.account_no)
        assert found is not None
        assert found.id == person.id


def test_first_calls_at_the_same_time_meet_one_person(database: Database) -> None:
    def call(_: int) -> int:
        with database.work() as work:
            return meet(work, msisdn=AMINA).id

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(call, range(4)))) == 1
    with database.work() as work:
        assert work.session.query(Subscriber).count() == 1


def test_account_numbers_differ(database: Database) -> None:
    with database.work() as work:
        assert meet(work, msisdn=AMINA).account_no != meet(work, msisdn=JUMA).account_no


def test_a_language_is_chosen_among_those_we_speak(database: Database) -> None:
    with database.work() as work:
        person = meet(work, msisdn=AMINA)
        before = language_of(person)
        choose_language(work, subscriber_id=person.id, language="sw")
        assert (before, language_of(person)) == (language_of(None), "sw")
        with pytest.raises(KeyError):
            choose_language(work, subscriber_id=person.id, language="tlh")


def test_a_number_that_paid_is_proved_for_its_own_subscriber_alone(database: Database) -> None:
    with database.work() as work:
        amina, juma = meet(work, msisdn=AMINA), meet(work, msisdn=JUMA)
        prove_number(work, subscriber_id=amina.id, msisdn=AMINA)
        prove_number(work, subscriber_id=amina.id, msisdn=JUMA)
        levels = {row.subscriber_id: row.level for row in work.session.query(Address)}
        assert levels == {amina.id: 2, juma.id: 1}
        work.session.query(Address).filter_by(subscriber_id=amina.id).one().level = 3
        prove_number(work, subscriber_id=amina.id, msisdn=AMINA)
        assert work.session.query(Address).filter_by(subscriber_id=amina.id).one().level == 3
