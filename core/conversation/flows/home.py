"""The first screen: what the caller most likely wants to pay, and the menu.

What is put in between comes first: the language, then an open payment, then a message that reached the person by no
other way, then what a dropped session left.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.base.clock import nairobi_day
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.model import ACTIVE, AWAITING_NETWORK, GRACE, PAUSED, SUSPENDED
from core.billing.queries import HomeLine, home_line, last_bought
from core.billing.time_to_pay import ASKED_BEFORE, IS_OFF
from core.conversation import menu
from core.conversation.dialogue import Frame
from core.conversation.order import Order, short_day
from core.conversation.screen import Choice, Screen, offer, reserved
from core.conversation.step import Context, Next, Plain, enter, go, restart
from core.messaging.waiting import waiting_for
from core.payments.queries import open_payment
from core.subscribers.hear import hear
from core.subscribers.meet import find, meet
from core.subscribers.model import Subscriber


def arrive(context: Context, unfinished: Sequence[Frame] = ()) -> Next:
    """Where a talk begins for this caller: who has neither number nor language is asked for the language first."""
    if not context.has_number and not context.language:
        return restart("language.choose")
    listen = find if context.chat else hear  # a chat says nothing about the SIM
    person = listen(context.work, msisdn=context.caller)
    if person is None or not person.language:
        return restart("language.choose")
    context.language = person.language
    return welcome(context, person, unfinished)


def welcome(context: Context, person: Subscriber, unfinished: Sequence[Frame] = ()) -> Next:
    """The first screen of somebody whose language we know."""
    payment = open_payment(context.work, context.caller)
    if payment is not None:
        return restart("payment_open.checking", amount_cents=payment.amount_cents)
    frames = [frame.as_json() for frame in unfinished]
    waiting = waiting_for(context.work, person.id, context.brand)
    if waiting:
        told = {"notice_id": waiting[0].notice_id, "text": waiting[0].text, "subscriber_id": person.id}
        return restart("waiting.message", **told, frames=frames)
    if frames:
        return restart("resume.ask", frames=frames)
    return _menu_of(context, person, None)


def open_menu(context: Context) -> Next:
    """The menu itself; while a payment is open it starts no other one."""
    person = meet(context.work, msisdn=context.caller)
    payment = open_payment(context.work, context.caller)
    return _menu_of(context, person, payment.amount_cents if payment else None)


def _menu_of(context: Context, person: Subscriber, open_cents: int | None) -> Next:
    line = home_line(context.work, person.id)
    renewal = Order.of_line(line) if line else None
    bought = last_bought(context.work, person.id)
    return restart(
        menu.FIRST,
        name=person.first_name,
        line=_facts(line) if line else None,
        asks_time=line is not None and _may_ask_time(line, context.now),
        renewal=renewal.as_json() if renewal else None,
        again=Order.of_offer(bought).as_json() if bought else None,
        open_cents=open_cents,
    )


def _facts(line: HomeLine) -> dict[str, Any]:
    last = line.last_day
    return {"plan": line.plan_name, "state": line.state, "last_day": short_day(last) if last else None}


def _may_ask_time(line: HomeLine, now: datetime) -> bool:
    """Whether its owner is near the end of what is paid, and the line is on still."""
    if line.last_day is None or line.state not in (ACTIVE, GRACE):
        return False
    return nairobi_day(now) >= line.last_day - ASKED_BEFORE


class Menu(Plain):
    def show(self, context: Context) -> Screen:
        data = context.data
        if data["open_cents"] is not None:
            return _while_open(show_money(Money(data["open_cents"])))
        known = data["line"] or data["again"]
        buy = say("Buy a bundle") if known and not data["line"] else say("Buy WiFi bundle")
        choices = (
            *_pay_choice(data["renewal"], data["again"]),
            Choice("buy", buy, menu.BUY),
            Choice("vouchers", say("My vouchers"), menu.VOUCHERS),
            Choice("account", say("Account") if known else say("Account, language"), menu.ACCOUNT),
        )
        if data.get("asks_time"):
            choices += (Choice("promise", say("Emergency day, pay later"), menu.TIME_TO_PAY),)
        is_off = data["line"] is not None and data["line"]["state"] == SUSPENDED
        return _with_reserved(
            offer(*_title(context, data), choices=choices), {menu.TIME_TO_PAY: IS_OFF} if is_off else None
        )

    def answer(self, context: Context, text: str) -> Next:
        data = context.data
        if text == "renew":
            return go("renew.confirm", order=data["renewal"])
        if text == "again":
            return go("buy.bundle", order=data["again"])
        if text == "checking":
            return go("payment_open.checking", amount_cents=data["open_cents"])
        return enter(text, context)


def _title(context: Context, data: Any) -> tuple[Sentence, ...]:
    provider, line = context.brand.provider_name, data["line"]
    if line is None and data["again"] is None:
        return (say("Welcome to {provider}", provider=provider),)
    if line is None:
        return (say("{provider} WiFi", provider=provider),)
    named = (
        say("{provider}: {name}", provider=provider, name=data["name"])
        if data["name"]
        else say("{provider} WiFi", provider=provider)
    )
    return named, line_status(line["plan"], line["state"], line["last_day"])


def line_status(plan: str, state: str, last_day: str | None) -> Sentence:
    """How a home line stands, in one line."""
    if state == AWAITING_NETWORK or last_day is None:
        return say("{plan}: being connected", plan=plan)
    if state == SUSPENDED:
        return say("{plan} is off, last day {day}", plan=plan, day=last_day)
    if state == PAUSED:
        return say("{plan} is paused", plan=plan)
    return say("{plan}, last day {day}", plan=plan, day=last_day)


def _pay_choice(renewal: Any, again: Any) -> tuple[Choice, ...]:
    if renewal is not None:
        return (Choice("renew", pay_label(Order(**renewal)), menu.PAY),)
    if again is not None:
        order = Order(**again)
        label = say("Buy again: {term} {price}", term=order.term, price=order.price)
        return (Choice("again", label, menu.PAY),)
    return ()


def pay_label(order: Order) -> Sentence:
    if (order.term_unit, order.term_count) == ("months", 1):
        return say("Pay 1 month {price}", price=order.price)
    return say("Pay {term} {price}", term=order.term, price=order.price)


def _while_open(amount: str) -> Screen:
    """The menu while a payment is open: nothing here starts another one."""
    screen = offer(
        say("We are checking your {amount}.", amount=amount),
        choices=(
            Choice("checking", say("See that payment"), menu.PAY),
            Choice("vouchers", say("My vouchers"), menu.VOUCHERS),
            Choice("account", say("Account"), menu.ACCOUNT),
        ),
    )
    return _with_reserved(screen, {menu.BUY: say("Please do not pay again yet.")})


def _with_reserved(screen: Screen, reasons: dict[int, Sentence] | None = None) -> Screen:
    """Every number of the menu that is not offered stays reserved."""
    shown = {choice.number for choice in screen.choices}
    kept = reserved(*(number for number in menu.NUMBERS if number not in shown))
    return replace(screen, back=False, kept={**kept, **(reasons or {})})


STEPS = {"menu": Menu()}
