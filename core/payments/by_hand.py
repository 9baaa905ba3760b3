"""Cash and bank money that staff book: a receipt like any other, whose number stands in our receipt book or on the
bank's own statement."""

from datetime import date, timedelta

from sqlalchemy import select

from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import say
from core.payments.gateway import Paid
from core.payments.keep import credit_owner
from core.payments.model import Receipt
from core.payments.own_money import lock_holder, use_receipt
from core.payments.receipts import take_receipt
from core.payments.tell_money import tell_use
from core.payments.ways import BY_BANK, BY_HAND, IN_CASH
from core.staff.acts import demand
from core.staff.audit import Actor, note
from core.subscribers.model import Subscriber

MOST = Money.shillings(1_000_000)
"""Ten times the largest bill we know of; more is a slip of a key."""
MOST_DAYS_AGO = 365
"""What is older belongs to a year that is closed."""
REFERENCE_CHARACTERS = {IN_CASH: range(1, 21), BY_BANK: range(4, 36)}
"""Of a number in a receipt book, and of a bank's reference (35 in its standard)."""


def take_by_hand(
    work: Work, actor: Actor, *, subscriber_id: int, amount: Money, way: str, reference: str, day: date
) -> Receipt:
    """Book money that came in cash or by bank: Dr cash or bank clearing, Cr receivable; then it is used at once like
    any bare money of the account, and its owner is told.

    way: IN_CASH | BY_BANK. reference: the number in the receipt book, or the bank's own; each counts once for
    ever. day: of Nairobi, on which it came; the entry is of now. Raises Refusal.
    """
    demand(actor, "correct_money")
    if way not in BY_HAND:
        raise Refusal(say("Choose whether it came in cash or by bank."))
    if not amount.is_positive or amount > MOST:
        raise Refusal(say("Type an amount above zero, {most} at most.", most=show_money(MOST)))
    today = nairobi_day(work.now)
    if not today - timedelta(days=MOST_DAYS_AGO) <= day <= today:
        raise Refusal(say("Choose the day on which it came: today or within the last year."))
    number = number_of(way, reference)
    owner = work.session.get_one(Subscriber, subscriber_id)
    lock_holder(work, owner.id)
    _refuse_known(work, way, number)
    paid = Paid(number, amount, shortcode="", account_text=owner.account_no, paid_at=start_of_day(day))
    receipt = take_receipt(work, paid, provider=way, subscriber_id=owner.id, collection_id=None)
    if receipt is None:  # somebody was faster by a moment
        raise Refusal(say("That number is booked already. Look for it among the receipts."))
    credit_owner(work, receipt, subscriber_id=owner.id)
    work.session.flush()
    note(
        work,
        actor,
        "money_taken",
        whom="subscriber",
        whom_id=owner.id,
        detail={"receipt": receipt.id, "way": way},
    )
    tell_use(work, receipt, use_receipt(work, receipt=receipt))
    return receipt


def number_of(way: str, reference: str) -> str:
    """A reference in its one spelling: capital letters and digits; a number of the receipt book without the zeros
    before it. Raises Refusal."""
    number = "".join(sign for sign in reference.upper() if sign not in " -/._#")
    if way == IN_CASH and number.isdecimal():
        number = number.lstrip("0")
    allowed = REFERENCE_CHARACTERS[way]
    if not (number.isascii() and number.isalnum() and len(number) in allowed):
        if way == IN_CASH:
            raise Refusal(say("Type the number in the receipt book, letters and digits."))
        raise Refusal(
            say(
                "Type the bank's own reference: {least} to {most} letters and digits.",
                least=allowed[0],
                most=allowed[-1],
            )
        )
    return number


def _refuse_known(work: Work, way: str, number: str) -> None:
    known = work.session.execute(
        select(Receipt.amount_cents, Receipt.reversed_at, Subscriber.account_no)
        .outerjoin(Subscriber, Subscriber.id == Receipt.subscriber_id)
        .where(Receipt.provider == way, Receipt.number == number)
    ).one_or_none()
    if known is None:
        return
    facts = {
        "number": number,
        "amount": show_money(Money(known.amount_cents)),
        "account": known.account_no or "",
    }
    if known.reversed_at is None:
        raise Refusal(say("{number} is booked already: {amount} on account {account}.", **facts))
    raise Refusal(
        say(
            "{number} was booked as {amount} on account {account} and taken out. To book it anew write a letter "
            "behind it.",
            **facts,
        )
    )
