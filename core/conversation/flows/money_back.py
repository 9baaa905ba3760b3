"""Whom we keep waiting may have the money back: what it is, what happens then, and the yes."""

from typing import Any

from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.model import AWAITING_NETWORK
from core.billing.queries import HomeLine
from core.catalogue.labels import term_label
from core.conversation.go_on import to_see_account
from core.conversation.levels import require
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain, end, go
from core.payments.money_back import kept_waiting, take_money_back_by_buyer
from core.subscribers.meet import meet

MONEY_BACK = say("Money back")


def money_back_of(
    context: Context,
    *,
    subscription_id: int,
    buyer_id: int,
    plan: str | None = None,
    term: tuple[str, int] | None = None,
) -> dict[str, Any] | None:
    """The facts of the confirmation where the buyer may have the money back, else None. Read only where something
    waits. plan: the name of a home line's plan; term: that of a voucher."""
    found = kept_waiting(context.work, subscription_id=subscription_id, buyer_id=buyer_id)
    if found is None:
        return None
    return {
        "purchase_id": found.purchase_id,
        "cents": found.amount.minor,
        "plan": plan,
        "term": term,
    }


def money_back_of_line(context: Context, line: HomeLine, buyer_id: int) -> dict[str, Any] | None:
    """The same, of a home line. Of one that does not wait nothing is read."""
    if line.state != AWAITING_NETWORK:
        return None
    return money_back_of(
        context, subscription_id=line.subscription_id, buyer_id=buyer_id, plan=line.plan_name
    )


class Waiting(Plain):
    """A home line that waits for us too long."""

    def show(self, context: Context) -> Screen:
        return offer(
            say("You have {plan}. We are connecting it.", plan=context.data["plan"]),
            choices=(Choice("money_back", MONEY_BACK, 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        return go("money_back.confirm", **context.data)


class Confirm(Plain):
    """How much it is and where it goes."""

    def show(self, context: Context) -> Screen:
        return offer(
            _asked(context.data),
            say("It ends; the money is yours at once."),
            _paid_out(),
            choices=(Choice("yes", say("Yes, money back"), 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        proof = require(context, "money.back", text)
        if proof is not None:
            return proof
        back = take_money_back_by_buyer(
            context.work,
            purchase_id=context.data["purchase_id"],
            buyer_id=meet(context.work, msisdn=context.caller).id,
        )
        return end(
            say("{amount} is your own money now.", amount=show_money(back)),
            _paid_out(),
            to_see_account(context),
        )


def _asked(data: Any) -> Sentence:
    amount = show_money(Money(data["cents"]))
    if data["plan"] is not None:
        return say("{amount} back for {plan}?", amount=amount, plan=data["plan"])
    return say("{amount} back for WiFi {term}?", amount=amount, term=term_label(*data["term"]))


def _paid_out() -> Sentence:
    return say("Staff are asked to send it to the phone that paid.")


STEPS = {"waiting": Waiting(), "confirm": Confirm()}
