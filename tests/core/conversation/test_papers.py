"""Receipts in a chat: a chat that was proved gets them at once, a stranger's phone must prove itself first."""

from sqlalchemy import select

from core.base.database import Database
from core.base.i18n import render
from core.base.money import Money
from core.billing.credit import credit
from core.billing.model import Invoice
from core.billing.paper.ask import papers_of
from core.conversation.dialogue import Dialogue, Frame
from core.conversation.flows.papers import facts_of, label_of
from core.messaging.model import Notice
from core.subscribers.chats import link, prove_chat
from core.subscribers.meet import prove_number
from core.subscribers.model import CONTACT
from tests.core.conversation.test_link import OTIENO, Chat
from tests.factories import AMINA, a_home_plan, a_paid_purchase, a_subscriber

ACCOUNT = Dialogue("en", 1, (Frame("papers.list", {"papers": []}),))


def a_chat(database: Database, *, proved: bool) -> tuple[Chat, str]:
    """Amina's chat, and what her newest receipt is asked for by."""
    with database.work() as work:
        amina = a_subscriber(work)
        a_paid_purchase(work, amina, a_home_plan(work))
        if proved:
            prove_number(work, subscriber_id=amina.id, msisdn=AMINA)
            link(work, channel="telegram", external_id=OTIENO.id, number=AMINA, how=CONTACT)
            prove_chat(work, channel="telegram", external_id=OTIENO.id)
        ref = f"invoice:{work.scalar('SELECT id FROM invoices')}"
    chat = Chat(database)
    chat.dialogue = ACCOUNT
    return chat, ref


def test_it_comes_as_a_file_in_the_same_chat_once(database: Database) -> None:
    chat, ref = a_chat(database, proved=True)
    assert chat.say(ref).lines[0].msgid == "{number} is on its way to you."  # type: ignore[union-attr]
    chat.dialogue = ACCOUNT
    chat.say(ref)
    with database.work() as work:
        notice = work.session.scalars(select(Notice)).one()
        assert (notice.prefer, notice.document, notice.template) == ("telegram", ref, "invoice_paid")


def test_the_list_says_what_was_taken_back_and_not_that_it_was_paid(database: Database) -> None:
    with database.work() as work:
        amina = a_subscriber(work)
        for price in (1_500, 2_000):
            a_paid_purchase(work, amina, a_home_plan(work, price))
        whole, part = work.session.scalars(select(Invoice).order_by(Invoice.id))
        credit(work, whole.id, reason="never served", source="test:1")
        credit(work, part.id, amount=Money.shillings(500), reason="dark for long", source="test:2")
        found = {line.ref: line for line in papers_of(work, amina.id, most=9)}
    shown = [render(label_of(facts_of(found[f"invoice:{one.id}"])), "en") for one in (whole, part)]
    assert [words.partition(" ")[2] for words in shown] == ["Ksh 1,500, taken back", "Ksh 1,500, paid"]


def test_a_chat_that_speaks_for_nobody_is_asked_for_its_number(database: Database) -> None:
    chat, ref = a_chat(database, proved=False)
    assert chat.say(ref).id == "link.ask"
    with database.work() as work:
        assert work.session.scalars(select(Notice)).all() == []
