"""Deeds about an invoice: a credit note of a part, a write-off, a dispute and its end."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Outcome
from admin.given import Given
from admin.show import NOTHING, Cell, account, day
from core.base.clock import last_day, nairobi_day, start_of_day
from core.base.database import Work
from core.base.money import Money, show_money
from core.base.words import say
from core.billing.correction_model import Dispute
from core.billing.corrections import dispute, end_dispute, write_off
from core.billing.credit import left_of
from core.billing.model import Invoice
from core.billing.money_by_staff import credit_part
from core.staff.audit import Actor
from core.subscribers.model import Subscriber

DISPUTED_DAYS = 14
"""What the form proposes: time enough to look into it."""


def open_dispute(work: Work, invoice_id: int) -> Dispute | None:
    """The dispute that holds the invoice now."""
    return work.session.scalar(
        select(Dispute).where(
            Dispute.invoice_id == invoice_id, Dispute.ended_at.is_(None), Dispute.until > work.now
        )
    )


def _invoice(ask: Ask, ids: Mapping[str, int], *fields: Field) -> Thing:
    found = ask.work.session.get_one(Invoice, ids["invoice"])
    buyer = ask.work.session.get_one(Subscriber, found.subscriber_id)
    facts = [
        (say("Invoice"), Cell(found.title)),
        (say("Account"), account(buyer.account_no, buyer.id, linked=True)),
        (say("Amount"), Cell(show_money(Money(found.total_cents)))),
        (say("To pay"), Cell(show_money(Money(found.open_cents)))),
    ]
    return Thing("invoice", found.id, found.title, f"/invoices/{found.id}", facts, fields)


def _creditable(ask: Ask, ids: Mapping[str, int]) -> Thing:
    left = show_money(left_of(ask.work, ask.work.session.get_one(Invoice, ids["invoice"]).id))
    hint = say("{amount} at most can be taken back", amount=left)
    return _invoice(ask, ids, Field("amount", say("Amount"), "money", hint=hint))


def _credit(work: Work, actor: Actor, given: Given) -> Outcome:
    amount = given.amount()
    invoice_id = given.ids["invoice"]
    credit_part(work, actor, invoice_id=invoice_id, amount=amount, reason=given.reason, key=given.key)
    return Outcome(amount)


def _write_off(work: Work, actor: Actor, given: Given) -> Outcome:
    done = write_off(work, actor, invoice_id=given.ids["invoice"], reason=given.reason)
    return Outcome(Money(-done.cents))


def _disputable(ask: Ask, ids: Mapping[str, int]) -> Thing:
    today = nairobi_day(ask.work.now)
    until = Field(
        "until",
        say("Until the end of the day"),
        "date",
        value=f"{today + timedelta(days=DISPUTED_DAYS)}",
        least=f"{today}",
    )
    return _invoice(ask, ids, until)


def _dispute(work: Work, actor: Actor, given: Given) -> Outcome:
    last = given.day("until")
    invoice = work.session.get_one(Invoice, given.ids["invoice"])
    until = start_of_day(last + timedelta(days=1))
    dispute(work, actor, invoice_id=invoice.id, reason=given.reason, until=until)
    shown = (invoice.title, say("Disputed until"), NOTHING, day(last).text)
    return Outcome(people=frozenset({invoice.subscriber_id}), changes=[shown])


def _end_dispute(work: Work, actor: Actor, given: Given) -> Outcome:
    invoice = work.session.get_one(Invoice, given.ids["invoice"])
    found = open_dispute(work, invoice.id)
    end_dispute(work, actor, invoice_id=invoice.id)
    was = day(last_day(found.until)).text if found is not None else NOTHING
    shown = (invoice.title, say("Disputed until"), was, say("over now"))
    return Outcome(people=frozenset({invoice.subscriber_id}), changes=[shown])


CREDIT = Deed(
    "credit_note",
    "/invoices/{invoice:int}/credit",
    "correct_money",
    say("Credit note"),
    say("Issue the credit note"),
    _creditable,
    _credit,
    lead=say(
        "Each tax goes back as it was charged. What is open falls first; the rest becomes the account's own money."
    ),
    place="invoices",
)
WRITE_OFF = Deed(
    "write_off",
    "/invoices/{invoice:int}/write-off",
    "correct_money",
    say("Write off what is open"),
    say("Write it off"),
    _invoice,
    _write_off,
    lead=say("The provider gives the debt up. When it is paid later, it comes back by itself."),
    place="invoices",
)
DISPUTE = Deed(
    "dispute",
    "/invoices/{invoice:int}/dispute",
    "correct_money",
    say("The invoice is disputed"),
    say("Note the dispute"),
    _disputable,
    _dispute,
    lead=say("Until its end no money is set against the invoice, and dunning waits."),
    place="invoices",
)
END_DISPUTE = Deed(
    "end_dispute",
    "/invoices/{invoice:int}/dispute-over",
    "correct_money",
    say("The dispute is over"),
    say("End the dispute"),
    _invoice,
    _end_dispute,
    lead=say(
        "The invoice is to be paid as it stands. What was charged wrongly is taken back by a credit note."
    ),
    place="invoices",
)
DEEDS = (CREDIT, WRITE_OFF, DISPUTE, END_DISPUTE)
