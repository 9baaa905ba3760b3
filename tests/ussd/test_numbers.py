"""Numbers and chats of mine, and a number that may be in other hands, on the phone (M6, T2, T4)."""

from datetime import timedelta

import pytest

from core.base.database import Database
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.ledger.accounts import MPESA_CLEARING, receivable
from core.ledger.post import lock_subscriber, post
from core.payments.model import Receipt
from core.subscribers.account_no import with_check_digit
from core.subscribers.chats import link, recognise
from core.subscribers.hear import sim_changed
from core.subscribers.meet import find
from core.subscribers.model import CONTACT, Address
from core.subscribers.queries import numbers_of, phone_of
from core.subscribers.tokens import take_token
from tests.core.subscribers.mailbox import Mailbox
from tests.ussd.handset import PHONE, Handset, Service
from tests.ussd.provider import Provider

AMINA, JUMA = Msisdn.parse(PHONE), Msisdn.parse("0722000111")
CHAT = {"channel": "telegram", "external_id": "7001"}
CHATS, NUMBERS, MOVE, OLD_ACCOUNT, OTHER_ACCOUNT = "12345"
TOO_MANY = "We sent too many codes. Please try again in an hour."


@pytest.fixture
def provider(service: Service) -> Provider:
    return Provider(service.database, service.clock)


@pytest.fixture
def mailbox(database: Database) -> Mailbox:
    return Mailbox(database)


@pytest.fixture
def phone(service: Service, provider: Provider) -> Handset:
    """A hotspot buyer's."""
    provider.hotspot_buyer(PHONE, "en")
    return Handset(service, PHONE)


def numbers_menu(phone: Handset, choice: str) -> str:
    phone.dial()
    return phone.keys("4", "10", choice)


def dial_again(phone: Handset) -> str:
    """The session is over, for the text had to be read; what was left is gone on with."""
    assert "1. Continue: the code from the SMS" in phone.dial()
    return phone.press("1")


def person_id(database: Database, number: Msisdn = AMINA) -> int:
    with database.work() as work:
        person = find(work, msisdn=number)
        assert person is not None
        return person.id


def link_telegram(database: Database) -> None:
    with database.work() as work:
        link(work, number=AMINA, how=CONTACT, **CHAT)


def is_linked(database: Database) -> bool:
    with database.work() as work:
        return recognise(work, **CHAT) is not None


def own_money(database: Database, shillings: int) -> None:
    person = person_id(database)
    with database.work() as work:
        lock_subscriber(work, person)
        amount = Money.shillings(shillings)
        post(
            work,
            kind="payment",
            source="test",
            sides=[(MPESA_CLEARING, amount), (receivable(person), -amount)],
        )


def last_receipt(
    database: Database, person: int, number: str = "SGR7K2XQ9P", provider: str = "mpesa"
) -> None:
    with database.work() as work:
        work.session.add(
            Receipt(
                provider=provider, number=number, amount_cents=5_000, shortcode="1", received_at=work.now,
                subscriber_id=person,
            )
        )  # fmt: skip


def test_the_account_leads_to_numbers_and_chats(phone: Handset) -> None:
    assert "10. Numbers" in phone.dial(text="4")
    assert phone.press("10") == (
        "CON Numbers and chats\n1. My chats\n2. My numbers\n3. Move to a new number\n4. My old account\n"
        "6. My e-mail\n0. Back"
    )


def test_a_chat_is_linked_by_a_word_after_a_code(
    phone: Handset, database: Database, mailbox: Mailbox
) -> None:
    assert "No chat is linked to this account.\n1. Link a chat" in numbers_menu(phone, CHATS)
    assert "We sent a code by SMS to 0712***678. Type it." in phone.press("1")
    assert "Not the code, or too old." in phone.press("000000" if mailbox.code(AMINA) != "000000" else "1")
    shown = phone.press(mailbox.code(AMINA))
    assert shown.startswith("END Open our chat and send this there within 10 minutes:\n")
    with database.work() as work:
        known = take_token(work, typed=shown.split("\n")[1], **CHAT)
        assert known is not None
        assert (known.number, known.level) == (AMINA, 2)
    with database.work() as work:
        assert work.session.query(Address).filter_by(channel="msisdn", level=2).count() == 1


def test_the_code_is_typed_in_the_next_session_too(
    phone: Handset, database: Database, mailbox: Mailbox
) -> None:
    numbers_menu(phone, CHATS)
    phone.press("1")
    assert "Type it." in dial_again(phone)
    assert phone.press(mailbox.code(AMINA)).startswith("END Open our chat")


def test_a_chat_is_let_go_after_a_code_and_the_number_is_told(
    phone: Handset, database: Database, mailbox: Mailbox
) -> None:
    link_telegram(database)
    assert "2. Telegram, since 22/11" in numbers_menu(phone, CHATS)
    phone.keys("2", "1")
    assert is_linked(database)  # nothing is done before the code
    assert phone.press(mailbox.code(AMINA)).startswith("END The chat is unlinked.")
    assert not is_linked(database)
    assert mailbox.texts(AMINA)[-1][0] == "contacts_chat_unlinked"


def test_with_much_to_steal_it_waits_a_day(
    phone: Handset, database: Database, mailbox: Mailbox, service: Service
) -> None:
    link_telegram(database)
    own_money(database, 501)
    numbers_menu(phone, CHATS)
    phone.keys("2", "1")
    assert phone.press(mailbox.code(AMINA)).startswith("END Noted. It is done on 23/11 10:00")
    assert mailbox.texts(AMINA)[-1][0] == "contacts_chat_unlinked"
    assert is_linked(database)
    service.clock.advance(timedelta(days=1))
    mailbox.deliver()
    assert not is_linked(database)


def test_five_hundred_is_not_much(phone: Handset, database: Database, mailbox: Mailbox) -> None:
    link_telegram(database)
    own_money(database, 500)
    numbers_menu(phone, CHATS)
    phone.keys("2", "1")
    assert phone.press(mailbox.code(AMINA)).startswith("END The chat is unlinked.")
    assert not is_linked(database)


def test_a_code_counts_for_one_act_alone(phone: Handset, database: Database, mailbox: Mailbox) -> None:
    link_telegram(database)
    numbers_menu(phone, CHATS)
    phone.press("1")
    phone.press(mailbox.code(AMINA))  # for the word
    numbers_menu(phone, CHATS)
    assert "We sent a code" in phone.keys("2", "1")
    assert is_linked(database)


def test_a_number_is_added_after_two_codes(phone: Handset, database: Database, mailbox: Mailbox) -> None:
    numbers_menu(phone, NUMBERS)
    assert "It gets a code too." in phone.press("1")
    assert "That is not a phone number of Kenya." in phone.press("123")
    assert "0712***678" in phone.press("0722 000 111")
    own_code = mailbox.code(AMINA)
    assert "0722***111" in phone.press(own_code)
    assert phone.press(mailbox.code(JUMA)).startswith("END 0722 000 111 is on your account.")
    assert mailbox.texts(AMINA)[-1][0] == "contacts_number_added"
    with database.work() as work:
        assert [own.number for own in numbers_of(work, person_id(database))] == [AMINA, JUMA]
    theirs = Handset(phone.service, "0722000111")
    assert theirs.dial() == phone.dial()


def test_texts_go_where_the_person_says(phone: Handset, database: Database, mailbox: Mailbox) -> None:
    numbers_menu(phone, NUMBERS)
    phone.keys("1", "0722000111")
    phone.press(mailbox.code(AMINA))
    phone.press(mailbox.code(JUMA))
    shown = numbers_menu(phone, NUMBERS)
    assert "2. 0712 345 678, texts go here\n3. 0722 000 111" in shown
    assert "1. Send texts here\n2. Remove this number" in phone.press("3")
    phone.press("1")
    assert phone.press(mailbox.code(AMINA)).startswith("END Texts go to 0722 000 111 now.")
    with database.work() as work:
        assert phone_of(work, person_id(database)) == JUMA


def test_a_new_number_may_not_carry_the_account_away_at_once(
    phone: Handset, database: Database, mailbox: Mailbox, service: Service
) -> None:
    numbers_menu(phone, NUMBERS)
    phone.keys("1", "0722000111")
    phone.press(mailbox.code(AMINA))
    phone.press(mailbox.code(JUMA))
    thief = Handset(service, "0722000111")
    numbers_menu(thief, MOVE)
    assert "That is too new here. Please try again after 23/11 10:00." in thief.press("0733000444")
    assert person_id(database) == person_id(database, JUMA)


def test_an_account_moves_to_a_new_number(phone: Handset, database: Database, mailbox: Mailbox) -> None:
    before = person_id(database)
    assert "This one leaves the account." in numbers_menu(phone, MOVE)
    phone.press("0722000111")
    phone.press(mailbox.code(AMINA))
    assert "1. Continue: the code from the SMS" in phone.dial()
    phone.press("1")
    assert phone.press(mailbox.code(JUMA)).startswith("END Your account is on 0722 000 111 now.")
    assert person_id(database, JUMA) == before
    assert mailbox.texts(AMINA)[-1][0] == "contacts_account_moved"
    assert "language / lugha" in phone.dial()  # who has the old number now is somebody new


def test_the_only_number_stays(phone: Handset, mailbox: Mailbox) -> None:
    numbers_menu(phone, NUMBERS)
    phone.press("2")
    assert "1. Send" not in phone.press("2")
    assert "That is your only number here." in phone.press(mailbox.code(AMINA))


def test_codes_are_not_sent_without_end(phone: Handset, mailbox: Mailbox, service: Service) -> None:
    for _ in range(3):
        numbers_menu(phone, CHATS)
        assert "We sent a code" in phone.press("1")
        service.clock.advance(timedelta(minutes=11))
    numbers_menu(phone, CHATS)
    assert TOO_MANY in phone.press("1")
    assert len(mailbox.texts(AMINA)) <= 3


# -- a number that may be in other hands


def greeted_as_new(phone: Handset, database: Database) -> str:
    """What somebody sees who was met anew: the language, then the menu of a stranger."""
    assert phone.dial() == "CON Pwani Net: language / lugha\n1. English\n2. Kiswahili"
    menu = phone.press("1")
    assert menu == ("CON Welcome to Pwani Net\n2. Buy WiFi bundle\n3. My vouchers\n4. Account, language")
    return menu


@pytest.mark.parametrize("how", ["silent", "sim changed"])
def test_a_new_owner_of_the_sim_sees_nothing_of_the_old_one(
    service: Service, provider: Provider, database: Database, how: str
) -> None:
    provider.home_subscriber(PHONE, "en")
    provider.hotspot_buyer(PHONE, "en")
    phone = Handset(service, PHONE)
    assert "Amina" in phone.dial()
    own_money(database, 300)
    link_telegram(database)
    before = person_id(database)
    with database.work() as work:
        account_no = work.scalar("SELECT account_no FROM subscribers WHERE id = :id", id=before)
    if how == "silent":
        service.clock.advance(timedelta(days=91))
    else:
        with database.work() as work:
            sim_changed(work, msisdn=AMINA)
    shown = greeted_as_new(phone, database)
    shown += phone.press("3")
    assert "You have no voucher yet." in shown
    shown += phone.dial(text="4")
    assert "No WiFi running." in shown
    for secret in ("Amina", account_no, "300", "Home 10Mbps"):
        assert secret not in shown
    assert not is_linked(database)
    with database.work() as work:
        assert phone_of(work, before) is None  # nor does a text about the line reach the SIM


def test_who_dials_within_ninety_days_is_known(service: Service, provider: Provider) -> None:
    provider.hotspot_buyer(PHONE, "en")
    phone = Handset(service, PHONE)
    phone.dial()
    service.clock.advance(timedelta(days=90))
    assert "Buy again" in phone.dial()


@pytest.fixture
def old_account(service: Service, provider: Provider, phone: Handset, database: Database) -> str:
    """The account number of somebody whose number fell silent, and was met anew."""
    phone.dial()
    person = person_id(database)
    last_receipt(database, person, "OLDER12345")
    service.clock.advance(timedelta(days=1))
    last_receipt(database, person)
    service.clock.advance(timedelta(days=91))
    with database.work() as work:
        account_no = str(work.scalar("SELECT account_no FROM subscribers WHERE id = :id", id=person))
    greeted_as_new(phone, database)
    return account_no


def reclaim(phone: Handset, mailbox: Mailbox, account_no: str, receipt: str) -> str:
    numbers_menu(phone, OLD_ACCOUNT)
    assert "M-PESA code of your last payment" in phone.press(account_no)
    assert "We sent a code" in phone.press(receipt)
    phone.service.clock.advance(timedelta(minutes=2))
    return phone.press(mailbox.code(AMINA))


def test_the_owner_comes_back_by_account_receipt_and_code(
    phone: Handset, mailbox: Mailbox, old_account: str, database: Database
) -> None:
    new = person_id(database)
    assert "Buy again" in reclaim(phone, mailbox, old_account, "sgr7k2xq9p")
    assert "24 hours" in phone.keys("3")
    with database.work() as work:
        number = work.session.query(Address).filter_by(external_id=AMINA.digits, is_primary=True).one()
        assert number.cooling_until is not None
        assert number.cooling_until > work.now
        assert number.level == 2
    assert person_id(database) != new
    shown = numbers_menu(phone, OTHER_ACCOUNT)  # what was bought meanwhile is not lost
    assert f"1. {old_account} Amina\n2. " in shown
    assert "Welcome to Pwani Net" in phone.press("2")
    assert person_id(database) == new


@pytest.mark.parametrize("wrong", ["account", "receipt", "older receipt", "cash", "another's account"])
def test_nobody_else_does_and_is_not_told_why(
    phone: Handset, mailbox: Mailbox, old_account: str, provider: Provider, database: Database, wrong: str
) -> None:
    account_no, receipt = old_account, "SGR7K2XQ9P"
    if wrong == "account":
        account_no = with_check_digit(999_999)
    elif wrong == "receipt":
        receipt = "SGR7K2XQ9Q"
    elif wrong == "older receipt":
        receipt = "OLDER12345"
    elif wrong == "cash":  # the next number of a receipt book is easily guessed
        receipt = "124"
        with database.work() as work:
            old = int(work.scalar("SELECT id FROM subscribers WHERE account_no = :no", no=old_account) or 0)
        last_receipt(database, old, "124", provider="cash")
    else:
        other = provider.person("0733000444", "en", "Otieno")
        last_receipt(database, other, "THEIRS1234")
        with database.work() as work:
            account_no = str(work.scalar("SELECT account_no FROM subscribers WHERE id = :id", id=other))
        receipt = "THEIRS1234"
    new = person_id(database)
    assert reclaim(phone, mailbox, account_no, receipt).startswith("END These do not fit together.")
    assert person_id(database) == new


def test_guessing_is_bounded_by_the_codes(
    phone: Handset, mailbox: Mailbox, old_account: str, service: Service
) -> None:
    for _ in range(3):
        assert "do not fit" in reclaim(phone, mailbox, old_account, "WRONG12345")
    numbers_menu(phone, OLD_ACCOUNT)
    phone.press(old_account)
    assert TOO_MANY in phone.press("SGR7K2XQ9P")


def test_no_account_number_is_not_one(phone: Handset) -> None:
    numbers_menu(phone, OLD_ACCOUNT)
    assert "That is not an account number." in phone.press("1000016")
