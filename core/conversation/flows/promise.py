"""Time to pay: an emergency day, or a promise to pay by a day. What it costs and until when is said before."""

from datetime import date, timedelta
from typing import Any

from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.queries import home_line
from core.billing.time_to_pay import (
    NOTHING_DUE,
    TimeToPay,
    lend_day_by_owner,
    promise_by_owner,
    time_to_pay,
)
from core.conversation.flows.home import line_status
from core.conversation.go_on import to_pay
from core.conversation.levels import require
from core.conversation.order import short_day
from core.conversation.screen import Choice, Screen, offer, reserved
from core.conversation.step import Context, Next, Plain, end, go
from core.subscribers.meet import meet

LEND, PROMISE = 1, 2
OFFERED_AFTER_DAYS = (1, 3, 5, 7)
"""From the first day on that a promise may name; the last one is offered too, and five stand on a screen."""


def enter(context: Context) -> Next:
    work = context.work
    person = meet(work, msisdn=context.caller)
    line = home_line(work, person.id)
    if line is None:
        raise Refusal(NOTHING_DUE)
    found = time_to_pay(work, subscription_id=line.subscription_id, subscriber_id=person.id)
    today = found.lend_until - timedelta(days=1)
    if found.lend_from != today and found.promise_from > today:
        return nothing_now(context, found)
    return go(
        "promise.choose",
        line_id=line.subscription_id,
        line=[line.plan_name, line.state, short_day(found.due_day)],
        price_cents=line.price_cents,
        is_slow=found.is_slow,
        lends=found.lend_from == today,
        promises=found.promise_from <= today,
        lend_until=found.lend_until.isoformat(),
        next_lend=short_day(found.next_lend),
        next_promise=short_day(found.next_promise),
        month_from=short_day(found.due_day + timedelta(days=1)),
        days=[day.isoformat() for day in _days(found)],
        lends_from=_day(found.lend_from),
        lent=_day(found.lent_until),
        promised=_day(found.promised_until),
    )


def _day(day: date | None) -> str | None:
    return short_day(day) if day is not None else None


def _days(found: TimeToPay) -> list[date]:
    first, last = found.promise_days
    days = {first + timedelta(days=after - 1) for after in OFFERED_AFTER_DAYS}
    return sorted({day for day in days if day < last} | {last})


def nothing_now(context: Context, found: TimeToPay) -> Next:
    """What was given before, and from which day there is more."""
    lines = []
    if found.lent_until is not None:
        lines.append(say("Your emergency day: on up to {day}.", day=short_day(found.lent_until)))
    if found.promised_until is not None:
        lines.append(say("You pay by {day}: noted.", day=short_day(found.promised_until)))
    if found.lend_from is None:
        lines.append(say("An emergency day: after two paid months."))
    else:
        lines.append(say("Next emergency day: {day}.", day=short_day(found.lend_from)))
    return end(*lines, say("Next promise: {day}.", day=short_day(found.promise_from)), to_pay(context))


class Choose(Plain):
    """What is possible today; of what is not, from when on."""

    def show(self, context: Context) -> Screen:
        data, choices, lines = context.data, [], []
        if data["lent"]:
            lines.append(say("Your emergency day: on up to {day}.", day=data["lent"]))
        if data["promised"]:
            lines.append(say("You pay by {day}: noted.", day=data["promised"]))
        if data["lends"]:
            choices.append(Choice("lend", say("Emergency day, nothing to pay now"), LEND))
        elif data["lends_from"]:
            lines.append(say("Next emergency day: {day}.", day=data["lends_from"]))
        if data["promises"]:
            choices.append(Choice("promise", say("Pay later: choose a day"), PROMISE))
        return offer(
            line_status(*data["line"]),
            *lines,
            choices=tuple(choices),
            kept=reserved(*({LEND, PROMISE} - {choice.number for choice in choices if choice.number})),
        )

    def answer(self, context: Context, text: str) -> Next:
        return go("promise.lend" if text == "lend" else "promise.day", **context.data)


class Lend(Plain):
    """What the emergency day costs and until when it lasts; then it is given."""

    def show(self, context: Context) -> Screen:
        data = context.data
        until = short_day(date.fromisoformat(data["lend_until"]))
        stays = say("WiFi stays on, slow, up to {day}.", day=until) if data["is_slow"] else _on_up_to(until)
        return offer(
            stays,
            say("Free now: the day comes out of your next month."),
            say("Next one from {day}.", day=data["next_lend"]),
            choices=(Choice("yes", say("Yes, give me the day"), 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        if proof := require(context, "time.ask", text):
            return proof
        data = context.data
        until = date.fromisoformat(data["lend_until"])
        lend_day_by_owner(
            context.work,
            subscription_id=data["line_id"],
            subscriber_id=meet(context.work, msisdn=context.caller).id,
            until=until,
            channel=context.channel,
        )
        return end(_on_up_to(short_day(until)), say("Please pay before that day is over."), to_pay(context))


def _on_up_to(day: str) -> Sentence:
    return say("WiFi stays on up to {day}.", day=day)


class Day(Plain):
    """By which day it will be paid."""

    def show(self, context: Context) -> Screen:
        days = [date.fromisoformat(day) for day in context.data["days"]]
        return offer(
            say("You pay {price}. By which day?", price=_price(context.data)),
            choices=tuple(Choice(day.isoformat(), short_day(day)) for day in days),
        )

    def answer(self, context: Context, text: str) -> Next:
        return go("promise.confirm", **{**context.data, "until": text})


class Confirm(Plain):
    """What the promise costs; then it is noted."""

    def show(self, context: Context) -> Screen:
        data = context.data
        month = (
            say("WiFi stays slow till then; the month counts from {day}.", day=data["month_from"])
            if data["is_slow"]
            else say("WiFi stays on till then; the month counts from {day}.", day=data["month_from"])
        )
        return offer(
            say("You pay {price} by {day}.", price=_price(data), day=_until(data)),
            month,
            say("Next promise from {day}.", day=data["next_promise"]),
            choices=(Choice("yes", say("Yes, I promise"), 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        if proof := require(context, "time.ask", text):
            return proof
        data = context.data
        promise_by_owner(
            context.work,
            subscription_id=data["line_id"],
            subscriber_id=meet(context.work, msisdn=context.caller).id,
            until=date.fromisoformat(data["until"]),
            channel=context.channel,
        )
        noted = say("Noted: you pay {price} by {day}.", price=_price(data), day=_until(data))
        return end(noted, say("Your WiFi is not switched off before."), to_pay(context))


def _price(data: Any) -> str:
    return show_money(Money(data["price_cents"]))


def _until(data: Any) -> str:
    return short_day(date.fromisoformat(data["until"]))


STEPS = {"choose": Choose(), "lend": Lend(), "day": Day(), "confirm": Confirm()}
