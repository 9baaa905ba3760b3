"""Bills by e-mail: once a bill, as PDF, in the person's language, over a real mail server; and what a run costs."""

from collections.abc import Iterator
from email.message import EmailMessage
from itertools import pairwise
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import event, select, text

from bots.email.carrier import EmailCarrier
from bots.email.settings import EmailSettings
from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.email import Email
from core.base.money import Money
from core.base.settings import Brand, Seller
from core.billing import jobs, mailed
from core.billing.credit import credit
from core.billing.paper.ask import read_paper
from core.billing.paper.facts import Letterhead
from core.messaging import consent
from core.messaging.carrier import Document
from core.messaging.jobs import send_notice
from core.messaging.model import Notice
from core.messaging.settings import SmsSettings
from core.messaging.template import Purpose
from core.subscribers.mailboxes import give_mailbox
from core.subscribers.model import Subscriber
from tests.bots.email.test_email_carrier import Office, free_port
from tests.core.billing.cycle_lines import a_line, nairobi, on
from tests.factories import JUMA, OTIENO, a_home_plan, a_subscriber

AMINA_S, JUMA_S = Email("amina@example.com"), Email("juma@example.com")


@pytest.fixture
def office() -> Iterator[tuple[Office, int]]:
    kept, port = Office(), free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    yield kept, port
    controller.stop()


class Post:
    """The assembled program, as far as mail needs it."""

    def __init__(self, database: Database, clock: SetClock, port: int) -> None:
        settings = EmailSettings(host="127.0.0.1", port=port, sender="wifi@pwani.example", tls="none")
        self.work = database.work
        self.carriers = {"email": EmailCarrier(settings, provider_name="Pwani Net", clock=clock)}
        self.brand = Brand()
        self.sms = SmsSettings(prefixes=["254"])

    def paper(self, work: Work, document: str, *, subscriber_id: int, language: str) -> Document | None:
        head = Letterhead(self.brand, Seller(), "600000")
        return read_paper(work, document, head=head, language=language, subscriber_id=subscriber_id)


def gives(work: Work, person: Subscriber, email: Email, *, proved: bool = True) -> None:
    give_mailbox(work, subscriber_id=person.id, email=email, proved_at=work.now if proved else None)


def mail_what_was_raised(database: Database) -> list[Notice]:
    """Every run that is over is mailed; all mails there are."""
    with database.work() as work:
        runs = work.session.scalars(text("SELECT payload FROM outbox WHERE event = 'BillsRaised'")).all()
    for payload in runs:
        jobs.mail_bills(database, **payload)
    with database.work() as work:
        return list(work.session.scalars(select(Notice).where(Notice.channel == "email").order_by(Notice.id)))


def test_a_bill_goes_out_as_pdf_in_the_person_s_language(
    database: Database, clock: SetClock, office: tuple[Office, int]
) -> None:
    with database.work() as work:
        person = a_subscriber(work)
        person.language = "sw"
        a_line(work, a_home_plan(work), "2026-11-15", owner=person)
        gives(work, person, AMINA_S)
    (bill,) = on(database, clock, "2026-12-12")
    (queued,) = mail_what_was_raised(database)
    assert mail_what_was_raised(database)[0].id == queued.id, "a job that runs twice"
    kept, port = office
    clock.at = nairobi("2026-12-12", "09:00")
    for _ in range(2):
        send_notice(Post(database, clock, port), notice_id=queued.id)
    ((to, mail),) = kept.mails
    assert to == [AMINA_S.address]
    assert mail["Subject"] == f"{bill.title} kutoka Pwani Net"
    body = mail.get_body()
    assert isinstance(body, EmailMessage)
    assert "Ksh 1,500" in body.get_content()
    (pdf,) = mail.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == (f"{bill.title}.pdf", "application/pdf")
    assert pdf.get_content().startswith(b"%PDF")


def test_only_proved_mailboxes_of_who_wants_it_and_every_line_of_a_payer(
    database: Database, clock: SetClock
) -> None:
    with database.work() as work:
        plan, amina, juma = a_home_plan(work), a_subscriber(work), a_subscriber(work, JUMA)
        otieno = a_subscriber(work, OTIENO)
        lines = [a_line(work, plan, "2026-11-15", owner=one) for one in (amina, amina, juma, otieno)]
        lines[2].payer_id = amina.id
        gives(work, amina, AMINA_S)
        gives(work, juma, JUMA_S)  # whose bill another pays
        gives(work, otieno, Email("otieno@example.com"), proved=False)
    bills = on(database, clock, "2026-12-12")
    assert len(bills) == 4
    found = mail_what_was_raised(database)
    hers = {f"mailed:invoice:{bill.id}" for bill in bills if bill.subscriber_id == amina.id}
    assert len(hers) == 3
    assert {(one.address, one.dedupe_key) for one in found} == {(AMINA_S.address, key) for key in hers}


def test_who_opted_out_of_our_news_gets_no_bill_by_mail(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        person = a_subscriber(work)
        a_line(work, a_home_plan(work), "2026-11-15", owner=person)
        gives(work, person, AMINA_S)
        consent.withdraw(
            work, subscriber_id=person.id, purpose=Purpose.SERVICE, how="sms", wording="no more of these"
        )
    on(database, clock, "2026-12-12")
    assert mail_what_was_raised(database) == []


def test_pages_lose_and_repeat_nobody(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan, people = (
            a_home_plan(work),
            [a_subscriber(work), a_subscriber(work, JUMA), a_subscriber(work, OTIENO)],
        )
        for number, person in enumerate(people):
            a_line(work, plan, "2026-11-15", owner=person)
            a_line(work, plan, "2026-11-15", owner=person)
            gives(work, person, Email(f"p{number}@example.com"))
    bills = on(database, clock, "2026-12-12")
    after: int | None = 0
    pages: list[int] = []
    while after is not None:
        with database.work() as work:
            (run,) = work.session.scalars(text("SELECT id FROM cycle_runs")).all()
            done = mailed.mail_bills(work, run_id=run, after_id=after, page=len(pages), size=1)
        pages.append(done.queued)
        after = done.after_id
    assert pages == [2, 2, 2, 0], "all bills of a person stand on one page"
    assert {one.dedupe_key for one in mail_what_was_raised(database)} == {
        f"mailed:invoice:{bill.id}" for bill in bills
    }
    with database.work() as work:
        waits = work.session.scalars(
            text(
                "SELECT DISTINCT d.available_at FROM deliveries d JOIN outbox o ON o.id = d.outbox_id "
                "WHERE o.event = 'NoticeQueued' ORDER BY 1"
            )
        ).all()
    assert [late - early for early, late in pairwise(waits)] == [mailed.PACE, mailed.PACE]


def test_a_house_without_mailboxes_costs_one_query(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        plan = a_home_plan(work)
        for _ in range(3):
            a_line(work, plan, "2026-11-15")
    on(database, clock, "2026-12-12")
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    assert mail_what_was_raised(database) == []
    event.remove(database.engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if "invoices" in statement]) == 1
    assert len(asked) == 3, "the test's own two, and one"


def test_a_credit_note_follows_its_bill(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        person = a_subscriber(work)
        a_line(work, a_home_plan(work), "2026-11-15", owner=person)
        gives(work, person, AMINA_S)
    (bill,) = on(database, clock, "2026-12-12")
    with database.work() as work:
        note = credit(
            work, bill.id, amount=Money.shillings(100), reason="two dark days", source="test:credit"
        )
    for _ in range(2):
        jobs.mail_credit_note(database, credit_note_id=note.id)
    (queued,) = mail_what_was_raised(database)[:1]
    assert (queued.template, queued.document) == ("credit_note_by_mail", f"credit_note:{note.id}")
