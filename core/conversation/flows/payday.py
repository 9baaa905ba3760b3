"""Move the payday: on which day of the month the home line's months end, at the price of the days up to it."""

from typing import Any

from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import counted, say
from core.billing.account import own_money
from core.billing.model import Subscription
from core.billing.payday import quote_payday
from core.billing.purchase import purchase_at
from core.billing.queries import HomeLine, home_line
from core.conversation.go_on import after_prompt, to_see
from core.conversation.levels import require
from core.conversation.order import short_day
from core.conversation.screen import Choice, Screen, offer, question
from core.conversation.step import Context, Next, Plain, again, end, go, swap
from core.payments.change import move_payday_with_own_money, pay_for_payday
from core.subscribers.meet import meet

PAY, YES = 1, 2
NO_LINE = say("Only a home line that is on has a payday.")
NOT_A_DAY = say("Type a day of the month, from 1 to 31.")


def enter(context: Context) -> Next:
    line = _line(context)
    if line.last_day is None:
        raise Refusal(NO_LINE)
    quote_payday(context.work, line.subscription_id, 1)  # whether this line has a payday that can be moved
    return go("payday.day", last_day=short_day(line.last_day))


def _line(context: Context) -> HomeLine:
    line = home_line(context.work, meet(context.work, msisdn=context.caller).id)
    if line is None:
        raise Refusal(NO_LINE)
    return line


class Day(Plain):
    """Asks for the day on which each month shall end."""

    def show(self, context: Context) -> Screen:
        return question(
            say("WiFi is paid up to {day}.", day=context.data["last_day"]),
            say("On which day shall each month end? Type 1 to 31."),
        )

    def answer(self, context: Context, text: str) -> Next:
        typed = text.strip()
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 2 and 1 <= int(typed) <= 31):
            return again(NOT_A_DAY)
        return go("payday.confirm", **_facts(context, int(typed)))


def _facts(context: Context, anchor: int) -> dict[str, Any]:
    line = _line(context)
    if anchor == (context.work.session.get_one(Subscription, line.subscription_id).anchor_day or _ends(line)):
        raise Refusal(say("Your months end on that day already."))
    quoted = quote_payday(context.work, line.subscription_id, anchor)
    mine = own_money(context.work, meet(context.work, msisdn=context.caller).id)
    return {
        "line_id": line.subscription_id,
        "anchor": anchor,
        "days": quoted.bridge.days,
        "due_cents": quoted.due.minor,
        "first": short_day(quoted.first),
        "last": short_day(quoted.last),
        "is_mine": mine >= quoted.due,
    }


def _ends(line: HomeLine) -> int | None:
    return line.last_day.day if line.last_day else None


class Confirm(Plain):
    """The days up to the new payday and what they cost; then they are paid."""

    worth_resuming = True

    def show(self, context: Context) -> Screen:
        data = context.data
        choices = [Choice("pay", say("Pay by M-PESA"), PAY)]
        if data["is_mine"]:
            choices.append(Choice("yes", say("Pay from my money"), YES))
        return offer(
            say("Each month then ends on day {day}.", day=data["anchor"]),
            counted(
                "{count} day to get there, {first} to {last}: {price}.",
                "{count} days to get there, {first} to {last}: {price}.",
                data["days"],
                first=data["first"],
                last=data["last"],
                price=_asked(data),
            ),
            choices=tuple(choices),
        )

    def answer(self, context: Context, text: str) -> Next:
        data = context.data
        if proof := require(context, "payday.pay" if text == "pay" else "payday.move", text):
            return proof
        if purchase_at(context.work, context.step) is None:  # else it is the same key press, heard again
            now = _facts(context, data["anchor"])
            if (now["due_cents"], now["last"]) != (data["due_cents"], data["last"]):
                changed = say("The price or the days have changed. Please look again.")
                return swap(context.frame.step, changed, **now)
        return _pay(context) if text == "pay" else _take(context)


def _pay(context: Context) -> Next:
    data = context.data
    pay_for_payday(
        context.work,
        step=context.step,
        buyer=meet(context.work, msisdn=context.caller),
        payer=context.caller,
        subscription_id=data["line_id"],
        anchor=data["anchor"],
        push_after=context.push_after,
    )
    asks = say(
        "M-PESA will ask for your PIN: {price} to {merchant}.",
        price=_asked(data),
        merchant=context.brand.merchant_name,
    )
    return end(asks, after_prompt(context))


def _take(context: Context) -> Next:
    data = context.data
    move_payday_with_own_money(
        context.work,
        step=context.step,
        buyer_id=meet(context.work, msisdn=context.caller).id,
        subscription_id=data["line_id"],
        anchor=data["anchor"],
    )
    return end(say("WiFi is paid up to {day}.", day=data["last"]), to_see(context))


def _asked(data: Any) -> str:
    """M-PESA takes whole shillings."""
    return show_money(Money.shillings(Money(data["due_cents"]).whole_shillings_up()))


STEPS = {"day": Day(), "confirm": Confirm()}
