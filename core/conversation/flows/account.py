"""Account: what the caller has, until when, what is owed and what is theirs; the language, the numbers and chats."""

from datetime import datetime
from typing import Any

from core.base.clock import NAIROBI
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.account import standing
from core.billing.model import ACTIVE, PAUSED
from core.billing.queries import HotspotTime, home_line, hotspot_times, line_with_data
from core.catalogue.labels import term_label
from core.conversation.flows import (
    change_plan,
    give,
    more_data,
    numbers,
    papers,
    pause,
    payday,
    renews_itself,
)
from core.conversation.flows.home import line_status
from core.conversation.flows.money_back import MONEY_BACK, money_back_of_line
from core.conversation.levels import require
from core.conversation.menu import BUY
from core.conversation.order import SERVED_STATES, Order, phones, short_day
from core.conversation.screen import Choice, Screen, offer, reserved
from core.conversation.step import Context, Next, Plain, go
from core.payments.queries import open_payment
from core.subscribers.meet import meet

(
    PAY,
    USAGE,
    CHANGE_PLAN,
    RECEIPTS,
    DEVICES,
    PAUSE,
    RENEWS_ITSELF,
    STANDING_ORDER,
    LANGUAGE,
    CONTACTS,
    LINE,
    BACK,
) = range(1, 13)
LINE_FLOWS = {
    "data": more_data.enter,
    "change_plan": change_plan.enter,
    "pause": pause.enter,
    "renews_itself": renews_itself.enter,
    "payday": payday.enter,
    "give": give.enter,
}
MOST_TIMES = 3
"""Running bundles told one by one; nobody runs more at once on one number."""


def enter(context: Context) -> Next:
    work = context.work
    person = meet(work, msisdn=context.caller)
    line = home_line(work, person.id)
    renewal = Order.of_line(line) if line else None
    payment = open_payment(work, context.caller)
    owed, mine = standing(work, person.id)
    return go(
        "account.account",
        name=person.first_name,
        account_no=person.account_no,
        owed_cents=owed.minor,
        mine_cents=mine.minor,
        line=[line.plan_name, line.state, short_day(line.last_day) if line.last_day else None]
        if line
        else None,
        times=[_facts(time, context.now) for time in hotspot_times(work, person.id)[:MOST_TIMES]],
        renewal=renewal.as_json() if renewal and payment is None else None,
        paying=payment is not None,
        has_data=line_with_data(work, person.id) is not None,
        back=money_back_of_line(context, line, person.id) if line else None,
    )


class Account(Plain):
    def show(self, context: Context) -> Screen:
        data = context.data
        choices = [
            Choice("papers", say("Receipts"), RECEIPTS),
            Choice("language", say("Lugha / Language"), LANGUAGE),
            Choice("contacts", say("Numbers"), CONTACTS),
        ]
        state = data["line"][1] if data["line"] is not None else None
        if state is not None:
            choices.insert(1, Choice("renews_itself", say("Renews by itself"), RENEWS_ITSELF))
        if state in (ACTIVE, PAUSED):
            choices.insert(1, Choice("pause", say("Pause"), PAUSE))
        if state in SERVED_STATES:
            choices.insert(0, Choice("change_plan", say("Change plan"), CHANGE_PLAN))
        if data.get("has_data"):
            choices.insert(0, Choice("data", say("Data left"), USAGE))
        if state == ACTIVE:
            choices.append(Choice("line", say("Payday, give days"), LINE))
        if data["renewal"] is not None:
            choices.insert(0, Choice("pay", say("Pay"), PAY))
        if data.get("back") is not None:
            choices.insert(0, Choice("money_back", MONEY_BACK, BACK))
        kept = dict(reserved(*(set(range(PAY, LINE + 1)) - {choice.number for choice in choices})))
        if data["paying"]:
            kept[PAY] = say("Please do not pay again yet.")
        return offer(*_lines(context, data), choices=tuple(choices), kept=kept)

    def answer(self, context: Context, text: str) -> Next:
        if text == "language":
            return go("language.choose")
        if text == "contacts":
            return numbers.enter(context)
        if text == "papers":
            return require(context, "papers.read", text) or papers.enter(context)
        if text == "money_back":
            return go("money_back.confirm", **context.data["back"])
        if text == "line":
            return go("account.line")
        if text in LINE_FLOWS:
            return LINE_FLOWS[text](context)
        return go("renew.confirm", order=context.data["renewal"])


def _lines(context: Context, data: Any) -> list[Sentence]:
    lines = [_whose(data["name"], data["account_no"])]
    if data["line"] is not None:
        lines.append(line_status(*data["line"]))
    for time in data["times"]:
        lines += _time_left(time)
    if data["line"] is None and not data["times"]:
        lines.append(_no_wifi(context))
    owed, mine = (show_money(Money(data[name])) for name in ("owed_cents", "mine_cents"))
    if data["line"] is not None or (data["owed_cents"] and data["mine_cents"]):
        lines.append(say("You owe {owed}. Your money {mine}.", owed=owed, mine=mine))
    elif data["owed_cents"]:
        lines.append(say("You owe {owed}.", owed=owed))
    elif data["mine_cents"]:
        lines.append(say("Your money {mine}.", mine=mine))
    return lines


def _no_wifi(context: Context) -> Sentence:
    if context.news_comes_here:
        return say("No WiFi running. To buy write BUY.")
    return say("No WiFi running. To buy dial {dial}", dial=context.brand.dial(BUY))


def _whose(name: str, account_no: str) -> Sentence:
    if name:
        return say("{name}, account {account_no}", name=name, account_no=account_no)
    return say("Account {account_no}", account_no=account_no)


def _facts(time: HotspotTime, now: datetime) -> dict[str, Any]:
    ends = time.ends_at.astimezone(NAIROBI)
    return {
        "term": [time.term_unit, time.term_count],
        "minutes_left": max(0, int((time.ends_at - now).total_seconds()) // 60),
        "day": short_day(ends.date()),
        "time": f"{ends:%H:%M}",
        "phones": time.shared_devices,
    }


def _time_left(time: Any) -> tuple[Sentence, Sentence]:
    hours, minutes = divmod(time["minutes_left"], 60)
    days, hours_of_day = divmod(hours, 24)
    term = term_label(*time["term"])
    if days:
        left = say("WiFi {term}: {days} d {hours} h left", term=term, days=days, hours=hours_of_day)
    elif hours:
        left = say("WiFi {term}: {hours} h {minutes} min left", term=term, hours=hours, minutes=minutes)
    else:
        left = say("WiFi {term}: {minutes} min left", term=term, minutes=minutes)
    ends = say(
        "Ends {day} at {time}, {phones}.", day=time["day"], time=time["time"], phones=phones(time["phones"])
    )
    return left, ends


class Line(Plain):
    """What is seldom wanted of a home line."""

    def show(self, context: Context) -> Screen:
        return offer(
            say("Your home line"),
            choices=(Choice("payday", say("Move my payday"), 1), Choice("give", say("Give days away"), 2)),
        )

    def answer(self, context: Context, text: str) -> Next:
        return LINE_FLOWS[text](context)


STEPS = {"account": Account(), "line": Line()}
