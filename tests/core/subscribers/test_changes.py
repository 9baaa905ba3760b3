"""Numbers come, go and move: who is told, when it is done, what cools, and how it is undone (M37)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.base.msisdn import Msisdn
from core.subscribers.changes import (
    ACCOUNT_MOVED,
    NUMBER_ADDED,
    NUMBER_REMOVED,
    begin_change,
    carry_out,
    undo_change,
)
from core.subscribers.meet import find, meet
from core.subscribers.model import PHONE, Address
from core.subscribers.numbers import choose_account, choose_main
from core.subscribers.proof import standing_of
from core.subscribers.queries import accounts_of, numbers_of, phone_of
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA, JUMA, OTIENO


@pytest.fixture
def amina(database: Database) -> int:
    with database.work() as work:
        return meet(work, msisdn=AMINA).id


def change(
    database: Database, person: int, kind: str, number: Msisdn, *, days: int = 0, of: Msisdn = AMINA
) -> int:
    with database.work() as work:
        return begin_change(
            work,
            kind=kind,
            subscriber_id=person,
            channel=PHONE,
            external_id=number.digits,
            from_number=of.digits,
            due_at=work.now + timedelta(days=days),
        ).id


def whose(database: Database, number: Msisdn) -> int | None:
    with database.work() as work:
        person = find(work, msisdn=number)
        return person.id if person else None


def numbers(database: Database, person: int) -> list[Msisdn]:
    with database.work() as work:
        return [own.number for own in numbers_of(work, person)]


def test_an_added_number_is_proved_cools_and_talks_about_the_account(database: Database, amina: int) -> None:
    change(database, amina, NUMBER_ADDED, JUMA)
    assert (whose(database, JUMA), numbers(database, amina)) == (amina, [AMINA, JUMA])
    with database.work() as work:
        standing = standing_of(work, number=JUMA)
        assert (standing.level, standing.cooling_until) == (2, work.now + timedelta(days=1))
        assert phone_of(work, amina) == AMINA
        choose_main(work, number=JUMA, subscriber_id=amina)
    with database.work() as work:
        assert phone_of(work, amina) == JUMA
        with pytest.raises(Refusal):
            choose_main(work, number=OTIENO, subscriber_id=amina)


def test_a_number_with_an_account_of_its_own_keeps_it_and_chooses(database: Database, amina: int) -> None:
    with database.work() as work:
        juma = meet(work, msisdn=JUMA).id
    change(database, amina, NUMBER_ADDED, JUMA)
    assert whose(database, JUMA) == juma
    with database.work() as work:
        choose_account(work, number=JUMA, subscriber_id=amina)
    assert whose(database, JUMA) == amina
    with database.work() as work:
        assert [own.subscriber_id for own in accounts_of(work, JUMA)] == [juma, amina]
        with pytest.raises(Refusal):
            choose_account(work, number=OTIENO, subscriber_id=amina)
        assert phone_of(work, juma) == JUMA


def test_an_account_moves_and_the_old_number_is_told(
    database: Database, amina: int, mailbox: Mailbox
) -> None:
    change(database, amina, ACCOUNT_MOVED, JUMA)
    assert (whose(database, AMINA), whose(database, JUMA)) == (None, amina)
    assert numbers(database, amina) == [JUMA]
    assert [template for template, _ in mailbox.texts(AMINA)] == ["contacts_account_moved"]
    assert mailbox.texts(JUMA) == []
    with database.work() as work:
        assert meet(work, msisdn=AMINA).id != amina  # whoever has it now is somebody new
        assert standing_of(work, number=JUMA).cooling_until is not None


def test_a_move_to_a_number_with_an_account_keeps_both(database: Database, amina: int) -> None:
    with database.work() as work:
        juma = meet(work, msisdn=JUMA).id
    change(database, amina, ACCOUNT_MOVED, JUMA)
    assert whose(database, JUMA) == amina
    with database.work() as work:
        assert {own.subscriber_id for own in accounts_of(work, JUMA)} == {amina, juma}


def test_where_there_is_much_to_steal_it_waits_a_day(
    database: Database, amina: int, mailbox: Mailbox, clock: SetClock
) -> None:
    change(database, amina, ACCOUNT_MOVED, JUMA, days=1)
    assert [template for template, _ in mailbox.texts(AMINA)] == ["contacts_account_moved"]
    assert (whose(database, AMINA), whose(database, JUMA)) == (amina, None)
    clock.advance(timedelta(days=1))
    mailbox.deliver()
    assert (whose(database, AMINA), whose(database, JUMA)) == (None, amina)


@pytest.mark.parametrize("days", [0, 1], ids=["done", "waiting"])
def test_staff_undo_a_move_within_a_week(
    database: Database, amina: int, mailbox: Mailbox, clock: SetClock, days: int
) -> None:
    moved = change(database, amina, ACCOUNT_MOVED, JUMA, days=days)
    clock.advance(timedelta(hours=12))
    with database.work() as work:
        undo_change(work, change_id=moved, asked_by="staff:1")
    clock.advance(timedelta(days=1))
    mailbox.deliver()
    assert (whose(database, AMINA), whose(database, JUMA)) == (amina, None)
    assert numbers(database, amina) == [AMINA]
    with database.work() as work, pytest.raises(Refusal):
        undo_change(work, change_id=moved, asked_by="staff:1")


def test_after_a_week_it_stands(database: Database, amina: int, clock: SetClock) -> None:
    moved = change(database, amina, ACCOUNT_MOVED, JUMA)
    clock.advance(timedelta(days=7, seconds=1))
    with database.work() as work, pytest.raises(Refusal):
        undo_change(work, change_id=moved, asked_by="staff:1")
    assert whose(database, JUMA) == amina


def test_the_last_number_stays(database: Database, amina: int, mailbox: Mailbox) -> None:
    with pytest.raises(Refusal):
        change(database, amina, NUMBER_REMOVED, AMINA)
    change(database, amina, NUMBER_ADDED, JUMA)
    change(database, amina, NUMBER_REMOVED, AMINA, of=JUMA)
    assert (numbers(database, amina), whose(database, AMINA)) == ([JUMA], None)
    assert "contacts_number_removed" in [template for template, _ in mailbox.texts(AMINA)]


def test_two_removals_that_wait_do_not_take_both_numbers(
    database: Database, amina: int, mailbox: Mailbox, clock: SetClock
) -> None:
    change(database, amina, NUMBER_ADDED, JUMA)
    change(database, amina, NUMBER_REMOVED, AMINA, days=1)
    change(database, amina, NUMBER_REMOVED, JUMA, days=1)
    clock.advance(timedelta(days=1))
    mailbox.deliver()
    assert numbers(database, amina) == [JUMA]


def test_a_change_is_carried_out_once(database: Database, amina: int) -> None:
    with database.work() as work:
        juma = meet(work, msisdn=JUMA).id
    added = change(database, amina, NUMBER_ADDED, JUMA)
    with database.work() as work:
        choose_account(work, number=JUMA, subscriber_id=amina)

    def again(_: int) -> None:
        with database.work() as work:
            carry_out(work, change_id=added)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(again, range(4)))
    with database.work() as work:
        rows = work.session.query(Address).filter_by(external_id=JUMA.digits).all()
        assert sorted(row.subscriber_id for row in rows) == sorted([amina, juma])


def test_a_number_that_comes_back_finds_its_row(database: Database, amina: int) -> None:
    change(database, amina, NUMBER_ADDED, JUMA)
    change(database, amina, NUMBER_REMOVED, JUMA)
    change(database, amina, NUMBER_ADDED, JUMA)
    with database.work() as work:
        assert work.session.query(Address).filter_by(external_id=JUMA.digits).count() == 1
    assert whose(database, JUMA) == amina
