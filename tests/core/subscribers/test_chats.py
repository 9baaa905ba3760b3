"""Chats: who writes, which number the chat speaks for, and when it no longer does (M22, T2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.base.clock import SetClock
from core.base.database import Database
from core.base.msisdn import Msisdn
from core.subscribers.changes import CHAT_UNLINKED, begin_change
from core.subscribers.chats import Known, link, mark_off, mark_on, recognise, unlink
from core.subscribers.hear import sim_changed
from core.subscribers.meet import find, meet, prove_number
from core.subscribers.model import CODE, CONTACT, Address
from core.subscribers.numbers import choose_account, give, take_away
from core.subscribers.proof import PROOF_LASTS, standing_of
from core.subscribers.queries import chats_of
from core.subscribers.tokens import TOKEN_LIFE, draw_token, take_token
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA, JUMA

CHAT = {"channel": "telegram", "external_id": "7001"}


def seen(database: Database, vouched: Msisdn | None = None, also: str = "", **chat: str) -> Known | None:
    with database.work() as work:
        return recognise(work, vouched=vouched, also=also, **(CHAT | chat))


def linked(database: Database, number: Msisdn = AMINA, how: str = CONTACT, **chat: str) -> Known:
    with database.work() as work:
        return link(work, number=number, how=how, **(CHAT | chat))


def chat_row(database: Database) -> Address:
    with database.work() as work:
        return work.session.query(Address).filter_by(is_primary=True, **CHAT).one()


def test_a_chat_without_a_number_is_nobody_s(database: Database) -> None:
    assert seen(database) is None


def test_a_shared_contact_is_level_one_and_a_code_level_two(database: Database) -> None:
    assert linked(database).level == 1
    first = seen(database)
    assert first is not None
    assert (first.number, first.level) == (AMINA, 1)
    assert linked(database, how=CODE).level == 2
    second = seen(database)
    assert second is not None
    assert (second.level, second.address_id) == (2, first.address_id)


def test_a_code_proves_the_number_too_but_not_another_chat(database: Database) -> None:
    linked(database, how=CONTACT, external_id="7002")
    linked(database, how=CODE)
    with database.work() as work:
        assert standing_of(work, number=AMINA).level == 2
        assert standing_of(work, number=AMINA, channel="telegram", external_id="7002").level == 1
        assert standing_of(work, number=AMINA, channel="telegram", external_id="9").level == 1


def test_a_paid_prompt_does_not_raise_a_chat_that_was_only_shared(database: Database) -> None:
    known = linked(database)
    with database.work() as work:
        prove_number(work, subscriber_id=known.subscriber_id, msisdn=AMINA)
    after = seen(database)
    assert after is not None
    assert after.level == 1


def test_a_proof_lasts_half_a_year(database: Database, clock: SetClock) -> None:
    linked(database, how=CODE)
    clock.advance(PROOF_LASTS - timedelta(minutes=1))
    before = seen(database)
    clock.advance(timedelta(minutes=1))
    after = seen(database)
    assert before is not None
    assert after is not None
    assert (before.level, after.level) == (2, 1)


def test_a_vouched_number_meets_its_person_or_makes_one(database: Database) -> None:
    with database.work() as work:
        amina = meet(work, msisdn=AMINA).id
    known = seen(database, AMINA, channel="whatsapp", external_id="KE.1", also=AMINA.digits)
    assert known is not None
    assert (known.subscriber_id, known.number, known.level) == (amina, AMINA, 1)
    new = seen(database, JUMA, channel="sms", external_id=JUMA.digits)
    assert new is not None
    assert new.subscriber_id != amina
    again = seen(database, JUMA, channel="sms", external_id=JUMA.digits)
    assert again == new


def test_a_guessed_language_is_kept_only_where_somebody_chose_it(database: Database) -> None:
    with database.work() as work:
        for number, guess in ((AMINA, "en"), (JUMA, "sw")):
            recognise(work, channel="sms", external_id=number.digits, vouched=number, language=guess)
    with database.work() as work:
        found = {number: find(work, msisdn=number) for number in (AMINA, JUMA)}
        assert {number: person and person.language for number, person in found.items()} == {
            AMINA: None,
            JUMA: "sw",
        }


def test_another_vouched_number_unlinks_first(database: Database) -> None:
    chat = {"channel": "whatsapp", "external_id": "KE.1"}
    before = seen(database, AMINA, **chat)
    after = seen(database, JUMA, **chat)
    assert before is not None
    assert after is not None
    assert (after.number, after.subscriber_id == before.subscriber_id) == (JUMA, False)
    with database.work() as work:
        assert chats_of(work, before.subscriber_id) == []


def test_a_new_person_behind_a_number_there_must_prove_it(database: Database) -> None:
    """WhatsApp names another id with the same number: the old chat is let go, the new one is told nothing."""
    old = seen(database, AMINA, channel="whatsapp", external_id="KE.1", also=AMINA.digits)
    assert old is not None
    for _ in range(2):
        assert seen(database, AMINA, channel="whatsapp", external_id="KE.2", also=AMINA.digits) is None
    assert seen(database, channel="whatsapp", external_id="KE.1") is None
    linked(database, how=CODE, channel="whatsapp", external_id="KE.2")
    new = seen(database, AMINA, channel="whatsapp", external_id="KE.2", also=AMINA.digits)
    assert new is not None
    assert new.subscriber_id == old.subscriber_id


def test_a_chat_known_by_its_second_id_is_the_same_chat(database: Database) -> None:
    """A message of WhatsApp may come without the user's id, before or after others that have it."""
    digits = AMINA.digits
    first = seen(database, AMINA, channel="whatsapp", external_id=digits)
    second = seen(database, AMINA, channel="whatsapp", external_id="KE.1", also=digits)
    third = seen(database, AMINA, channel="whatsapp", external_id=digits)
    fourth = seen(database, AMINA, channel="whatsapp", external_id="KE.1", also=digits)
    assert first is not None
    assert first == second == third == fourth


def test_linking_to_another_number_leaves_the_former_account(database: Database) -> None:
    before = linked(database)
    after = linked(database, JUMA)
    assert (after.number, seen(database)) == (JUMA, after)
    with database.work() as work:
        assert chats_of(work, before.subscriber_id) == []


def test_the_number_is_told_of_a_new_chat_once(database: Database, mailbox: Mailbox) -> None:
    linked(database)
    linked(database, how=CODE)
    told = [template for template, _ in mailbox.texts(AMINA)]
    assert told == ["contacts_chat_linked"]
    mailbox.deliver()
    assert len(mailbox.texts(AMINA)) == 1


def test_two_links_at_the_same_time_leave_one(database: Database) -> None:
    numbers = [AMINA, JUMA] * 3

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda number: linked(database, number), numbers))
    known = seen(database)
    assert known is not None
    assert known.number in numbers
    with database.work() as work:
        live = work.session.query(Address).filter_by(unlinked_at=None, **CHAT).all()
        assert [row.number for row in live] == [known.number.digits]


def test_first_messages_at_the_same_time_make_one_chat(database: Database) -> None:
    def write(_: int) -> Known | None:
        return seen(database, AMINA, channel="whatsapp", external_id="KE.1", also=AMINA.digits)

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(write, range(4)))) == 1


def test_unlinked_is_unknown(database: Database) -> None:
    linked(database)
    with database.work() as work:
        unlink(work, **CHAT)
        unlink(work, channel="telegram", external_id="nobody")
    assert seen(database) is None


def test_who_has_blocked_us_is_off_until_they_write(database: Database, clock: SetClock) -> None:
    linked(database)
    with database.work() as work:
        mark_off(work, **CHAT)
    blocked_at = clock.now()
    assert chat_row(database).off_at == blocked_at
    with database.work() as work:
        mark_on(work, **CHAT)
    assert chat_row(database).off_at is None
    with database.work() as work:
        mark_off(work, **CHAT)
    clock.advance(timedelta(hours=1))
    seen(database)
    row = chat_row(database)
    assert (row.off_at, row.last_inbound_at, row.seen_at) == (None, clock.now(), clock.now())


def test_a_chat_is_new_for_a_day(database: Database, clock: SetClock) -> None:
    linked(database, how=CODE)
    with database.work() as work:
        assert standing_of(work, number=AMINA, **CHAT).cooling_until == work.now + timedelta(days=1)
    clock.advance(timedelta(days=1))
    with database.work() as work:
        assert standing_of(work, number=AMINA, **CHAT).cooling_until is None


def test_a_message_by_sms_proves_nothing_even_after_a_code(database: Database) -> None:
    chat = {"channel": "sms", "external_id": AMINA.digits}
    seen(database, AMINA, **chat)
    assert linked(database, how=CODE, **chat).level == 1


def test_a_sms_wakes_a_number_as_a_call_does_and_whatsapp_does_not(
    database: Database, clock: SetClock
) -> None:
    first = seen(database, AMINA, channel="whatsapp", external_id="KE.1", also=AMINA.digits)
    assert first is not None
    for _ in range(3):
        clock.advance(timedelta(days=40))
        assert seen(database, AMINA, channel="whatsapp", external_id="KE.1", also=AMINA.digits) == first
    by_sms = seen(database, AMINA, channel="sms", external_id=AMINA.digits)
    assert by_sms is not None
    assert by_sms.subscriber_id != first.subscriber_id
    assert seen(database, channel="whatsapp", external_id="KE.1") is None


def test_a_chat_goes_with_its_number(database: Database) -> None:
    known = linked(database, how=CODE)
    with database.work() as work:
        take_away(work, subscriber_id=known.subscriber_id, digits=AMINA.digits, why="asked")
    assert seen(database) is None


def test_a_chat_follows_its_number_to_another_of_its_accounts(database: Database) -> None:
    known = linked(database)
    with database.work() as work:
        juma = meet(work, msisdn=JUMA).id
        give(work, subscriber_id=juma, digits=AMINA.digits)
    assert seen(database) == known  # the number talks about its first account still
    with database.work() as work:
        choose_account(work, number=AMINA, subscriber_id=juma)
    after = seen(database)
    assert after is not None
    assert (after.subscriber_id, after.number) == (juma, AMINA)


def test_a_change_that_waits_leaves_the_chat_until_then(
    database: Database, mailbox: Mailbox, clock: SetClock
) -> None:
    known = linked(database)
    with database.work() as work:
        begin_change(
            work,
            kind=CHAT_UNLINKED,
            subscriber_id=known.subscriber_id,
            due_at=work.now + timedelta(days=1),
            **CHAT,
        )
    assert [template for template, _ in mailbox.texts(AMINA)][-1] == "contacts_chat_unlinked"
    clock.advance(timedelta(hours=23))
    mailbox.deliver()
    assert seen(database) == known
    clock.advance(timedelta(hours=1))
    mailbox.deliver()
    assert seen(database) is None


def test_a_link_word_is_taken_once_by_the_first_chat(database: Database) -> None:
    with database.work() as work:
        meet(work, msisdn=AMINA)
        word = draw_token(work, number=AMINA)

    def type_it(chat: int) -> bool:
        with database.work() as work:
            typed = word.lower().replace("-", " ")
            return take_token(work, channel="telegram", external_id=f"{chat}", typed=typed) is not None

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(type_it, range(4))) == [False, False, False, True]
    with database.work() as work:
        found = work.session.query(Address).filter_by(channel="telegram", is_primary=True).one()
        assert (found.number, found.level, found.linked_how) == (AMINA.digits, 2, CODE)


@pytest.mark.parametrize("typed", ["", "K7QM-2XWD", "1000015", "0712345678", "K7QM2XWD" * 9])
def test_no_other_word_links(database: Database, typed: str) -> None:
    with database.work() as work:
        meet(work, msisdn=AMINA)
        draw_token(work, number=AMINA)
        assert take_token(work, typed=typed, **CHAT) is None


def test_a_link_word_dies_after_ten_minutes(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        meet(work, msisdn=AMINA)
        word = draw_token(work, number=AMINA)
    clock.advance(TOKEN_LIFE)
    with database.work() as work:
        assert take_token(work, typed=word, **CHAT) is None


def test_a_changed_sim_is_not_undone_by_an_old_chat(database: Database) -> None:
    old = linked(database, how=CODE)
    with database.work() as work:
        sim_changed(work, msisdn=AMINA)
        new = meet(work, msisdn=AMINA).id
    assert seen(database) is None
    again = linked(database)  # the old owner still holds the Telegram account of that number
    assert (again.subscriber_id, again.level) == (new, 1)
    assert again.subscriber_id != old.subscriber_id
