"""Deeds about money that came past every gateway: cash and bank money is booked, and taken out again where it was a
slip or did not clear. What it buys is bought at once, so that it is seen before."""

from collections.abc import Mapping
from datetime import timedelta

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Outcome
from admin.given import Given
from admin.pages.deeds_of_payments import AMOUNT, receipt_thing, take_out
from admin.show import Cell, account
from core.base.clock import nairobi_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import show_money
from core.base.words import say
from core.billing.account import standing
from core.payments.by_hand import MOST_DAYS_AGO, take_by_hand
from core.payments.model import Receipt
from core.payments.ways import BY_BANK, IN_CASH, is_by_hand
from core.staff.audit import Actor
from core.subscribers.model import Subscriber


def _form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    person = ask.work.session.get_one(Subscriber, ids["subscriber"])
    owed, own = standing(ask.work, person.id)
    today = nairobi_day(ask.work.now)
    facts = [
        (say("Account"), account(person.account_no, person.id, linked=True)),
        (say("Owes us"), Cell(show_money(owed))),
        (say("Has with us"), Cell(show_money(own))),
    ]
    fields = [
        AMOUNT,
        Field(
            "way",
            say("How it came"),
            "select",
            choices=[(IN_CASH, say("In cash")), (BY_BANK, say("By bank"))],
        ),
        Field(
            "reference",
            say("Reference"),
            hint=say(
                "Cash: the number in the receipt book. Bank: the bank's own reference. Each counts once."
            ),
        ),
        Field(
            "day",
            say("Day on which it came"),
            "date",
            value=f"{today}",
            least=f"{today - timedelta(days=MOST_DAYS_AGO)}",
            most=f"{today}",
        ),
    ]
    return Thing(
        "subscriber", person.id, person.account_no, f"/subscribers/{person.id}/journal", facts, fields
    )


def _take(work: Work, actor: Actor, given: Given) -> Outcome:
    """Nothing is given away by it: no second person."""
    person_id = given.ids["subscriber"]
    take_by_hand(
        work,
        actor,
        subscriber_id=person_id,
        amount=given.amount(),
        way=given.text("way"),
        reference=given.text("reference"),
        day=given.day("day"),
    )
    return Outcome(people=frozenset({person_id}))


def _take_out(work: Work, actor: Actor, given: Given) -> Outcome:
    _only_by_hand(work, given.ids)
    return take_out(work, actor, given)


def _only_by_hand(work: Work, ids: Mapping[str, int]) -> None:
    if not is_by_hand(work.session.get_one(Receipt, ids["receipt"])):
        raise Refusal(say("That payment came by M-PESA: only M-PESA can take it back."))


TAKE = Deed(
    "take_money",
    "/subscribers/{subscriber:int}/take-money",
    "correct_money",
    say("Take cash or a bank payment"),
    say("Book it"),
    _form,
    _take,
    lead=say(
        "Only what is in the till or on the bank's statement. It pays and renews like paybill money, at once."
    ),
    plain_reason="money that came in",
)
TAKE_OUT = Deed(
    "take_out",
    "/receipts/{receipt:int}/take-out",
    "correct_money",
    say("Take a cash or bank payment out of the books"),
    say("Take it out of the books"),
    receipt_thing,
    _take_out,
    lead=say(
        "A cheque that bounced, a slip of a key. Unused time ends, used days are owed, and the owner is told. "
        "There is no way back."
    ),
    place="receipts",
)
DEEDS = (TAKE, TAKE_OUT)
