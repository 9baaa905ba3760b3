"""A mailbox for bills: typed, proved by two codes, shown masked, changed and removed; what staff note waits for it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.dated import dated
from core.base.email import Email
from core.base.errors import Refusal
from core.base.settings import Brand
from core.conversation import engine
from core.conversation.dialogue import Dialogue, Frame
from core.conversation.offer_book import OfferBook
from core.conversation.screen import Screen
from core.conversation.step import Context
from core.subscribers.changes import EMAIL_NOTED, EMAIL_SET, SELF, begin_change
from core.subscribers.codes import begin_code
from core.subscribers.meet import find, meet
from core.subscribers.model import MAIL, ContactChange
from core.subscribers.queries import mailboxes_of
from tests.core.subscribers.mailbox import Mailbox
from tests.factories import AMINA, JUMA

HERS, OTHER = Email("amina.pay@gmail.com"), Email("amina@example.co.ke")


class Dialled:
    """Amina's phone, in English, at her numbers: each answer is a turn of its own, committed."""

    def __init__(self, database: Database, *, sends_mail: bool = True) -> None:
        self.database = database
        self.sends_mail = sends_mail
        self.hang_up()

    def hang_up(self) -> None:
        self.dialogue = Dialogue("en", 1, (Frame("numbers.mine", {"several": False}),))

    def press(self, text: str) -> Screen:
        try:
            with self.database.work() as work:
                context = Context(
                    caller=AMINA,
                    caller_has_mpesa=True,
                    channel="ussd",
                    session="s",
                    now=work.now,
                    brand=Brand(),
                    book=OfferBook(),
                    push_after=timedelta(),
                    work=work,
                    sends_mail=self.sends_mail,
                )
                self.dialogue, screen = engine.answer(context, self.dialogue, text)
        except engine.Declined as declined:
            self.dialogue, screen = declined.turn
        return screen

    def own(self) -> list[tuple[str, bool]]:
        with self.database.work() as work:
            person = meet(work, msisdn=AMINA)
            return [(own.email.address, own.is_proved) for own in mailboxes_of(work, person.id)]


@pytest.fixture
def phone(database: Database, clock: SetClock) -> Dialled:
    with database.work() as work:
        meet(work, msisdn=AMINA)
    clock.advance(timedelta(days=2))  # her number is not new any more
    return Dialled(database)


@pytest.fixture
def mailbox(database: Database) -> Mailbox:
    return Mailbox(database)


def give(phone: Dialled, mailbox: Mailbox, email: Email) -> Screen:
    phone.press(email.address)
    assert phone.press(mailbox.code(AMINA)).id == "link.code"
    return phone.press(mailbox.code(email))


def changes(work: Work, person: int, kind: str, asked_by: str = SELF) -> None:
    """Her mailbox is given to this person."""
    begin_change(
        work,
        kind=kind,
        subscriber_id=person,
        channel=MAIL,
        external_id=HERS.address,
        due_at=work.now,
        asked_by=asked_by,
    )


def words(screen: Screen) -> list[str]:
    return [
        str(value) for line in screen.lines if not isinstance(line, str) for value in line.values.values()
    ]


def test_an_address_is_proved_by_a_code_to_the_phone_and_one_to_the_mailbox(
    phone: Dialled, mailbox: Mailbox
) -> None:
    assert phone.press("email").id == "emails.type"
    for wrong in (
        "amina",
        "amina@gmail",
        "a@b.co\r\nBcc: x@y.co",
        "am ina@gmail.com",
        "a@" + "b" * 260 + ".co",
    ):
        refused = phone.press(wrong)
        assert refused.id == "emails.type"
        assert refused.reason is not None
    assert phone.press(" Amina.Pay@Gmail.com ").id == "link.code"
    assert phone.press(mailbox.code(AMINA)).id == "link.code"
    assert mailbox.code(HERS) != mailbox.code(AMINA) or len(mailbox.texts(HERS)) == 1
    assert phone.own() == []
    assert phone.press("not it").id == "link.code"
    assert "a***@gmail.com" in words(phone.press(mailbox.code(HERS)))
    assert phone.own() == [(HERS.address, True)]
    told, values = mailbox.texts(AMINA)[-1]
    assert (told, values["email"]) == ("contacts_email_set", "a***@gmail com"), "a link that is none"


def test_it_is_changed_and_removed_and_its_owner_told(
    phone: Dialled, mailbox: Mailbox, clock: SetClock
) -> None:
    phone.press("email")
    give(phone, mailbox, HERS)
    clock.advance(timedelta(hours=2))  # a talk gets few codes an hour
    phone.hang_up()
    assert "a***@gmail.com" in words(phone.press("email"))
    phone.press("other")
    assert phone.press(HERS.address).reason is not None
    give(phone, mailbox, OTHER)
    assert phone.own() == [(OTHER.address, True)]
    clock.advance(timedelta(hours=2))
    assert [template for template, _ in mailbox.texts(HERS)] == ["code_by_mail", "contacts_email_set_by_mail"]
    phone.hang_up()
    phone.press("email")
    assert phone.press("remove").id == "link.code"
    assert phone.own() == [(OTHER.address, True)]
    phone.press(mailbox.code(AMINA))
    assert phone.own() == []
    assert mailbox.texts(OTHER)[-1][0] == "contacts_email_removed_by_mail"


def test_what_staff_noted_gets_nothing_before_it_is_confirmed(
    phone: Dialled, mailbox: Mailbox, database: Database
) -> None:
    with database.work() as work:
        person = find(work, msisdn=AMINA)
        assert person is not None
        changes(work, person.id, EMAIL_NOTED, "staff:1")
    assert phone.own() == [(HERS.address, False)]
    assert mailbox.texts(AMINA)[-1][0] == "contacts_email_noted"
    assert mailbox.texts(HERS) == []
    phone.press("email")
    assert phone.press("confirm").id == "link.code"
    phone.press(mailbox.code(AMINA))
    phone.press(mailbox.code(HERS))
    assert phone.own() == [(HERS.address, True)]
    with database.work() as work:
        asked = work.session.scalars(select(ContactChange.asked_by).order_by(ContactChange.id)).all()
        assert asked == ["staff:1", SELF]


def test_two_people_may_have_one_mailbox(phone: Dialled, mailbox: Mailbox, database: Database) -> None:
    phone.press("email")
    give(phone, mailbox, HERS)
    with database.work() as work:
        juma = meet(work, msisdn=JUMA)
        changes(work, juma.id, EMAIL_SET)
        assert [own.is_proved for own in mailboxes_of(work, juma.id)] == [True]
    assert phone.own() == [(HERS.address, True)]


def test_a_mailbox_is_not_pestered_from_many_talks(database: Database) -> None:
    with database.work() as work:
        hour, _ = dated(work, "codes_an_hour", "codes_a_day")
        for talk in range(hour):
            begin_code(work, number=HERS, purpose="email.new", bound_to=f"ussd:{talk}")
        with pytest.raises(Refusal):
            begin_code(work, number=HERS, purpose="email.new", bound_to="ussd:another")


def test_without_a_mail_server_nothing_is_offered(database: Database) -> None:
    phone = Dialled(database, sends_mail=False)
    screen = phone.press("chats")
    assert screen.id == "link.chats"
    phone.hang_up()
    with database.work() as work:
        context = Context(
            caller=AMINA,
            caller_has_mpesa=True,
            channel="ussd",
            session="s",
            now=work.now,
            brand=Brand(),
            book=OfferBook(),
            push_after=timedelta(),
            sends_mail=False,
        )
        shown = engine.back(context, phone.dialogue)[1]
    assert "email" not in [choice.id for choice in shown.choices]
