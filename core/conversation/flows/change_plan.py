"""Change the plan of the home line: what it costs for the days that are left, before anybody agrees."""

from typing import Any

from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.account import own_money
from core.billing.change_plan import NOT_NOW, Quote, quote_change
from core.billing.line_model import KEPT, NOW
from core.billing.queries import HomeLine, home_line
from core.catalogue.model import PPPOE
from core.conversation.go_on import after_prompt, to_see
from core.conversation.levels import require
from core.conversation.order import short_day
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain, end, go, swap
from core.payments.change import change_with_own_money, pay_for_change
from core.subscribers.meet import meet

PAY, YES = 1, 2


def enter(context: Context) -> Next:
    line = _line(context)
    plans = [
        [offered.id, offered.name, offered.price_cents]
        for offered in context.offers(PPPOE)
        if line.site_id in offered.site_ids and offered.id not in (line.plan_id, line.renewal_plan_id)
    ]
    if line.renewal_plan_id != line.plan_id:
        plans.insert(0, [line.plan_id, line.plan_name, 0])
    if not plans:
        raise Refusal(say("There is no other plan at your place."))
    return go("change_plan.plans", plan=line.plan_name, plans=plans)


def _line(context: Context) -> HomeLine:
    line = home_line(context.work, meet(context.work, msisdn=context.caller).id)
    if line is None:
        raise Refusal(NOT_NOW)
    return line


class Plans(Plain):
    """The plans of this place, price first; and the plan of now, where another one was asked for."""

    def show(self, context: Context) -> Screen:
        choices = tuple(
            Choice(str(plan_id), _label(name, cents)) for plan_id, name, cents in context.data["plans"]
        )
        return offer(say("You have {plan}. Change to:", plan=context.data["plan"]), choices=choices)

    def answer(self, context: Context, text: str) -> Next:
        return go("change_plan.confirm", **_facts(context, int(text)))


def _label(name: str, cents: int) -> Sentence:
    if not cents:
        return say("Keep {plan}", plan=name)
    return say("{price} {plan}", price=show_money(Money(cents)), plan=name)


def _facts(context: Context, plan_id: int) -> dict[str, Any]:
    line = _line(context)
    quoted = quote_change(context.work, line.subscription_id, plan_id)
    mine = own_money(context.work, meet(context.work, msisdn=context.caller).id)
    name = next((offered.name for offered in context.offers(PPPOE) if offered.id == plan_id), line.plan_name)
    return {
        "line_id": line.subscription_id,
        "plan_id": plan_id,
        "plan": name,
        "when": quoted.when,
        "due_cents": quoted.due.minor,
        "price_cents": quoted.price.minor,
        "day": short_day(quoted.day) if quoted.day else None,
        "last_day": short_day(line.last_day) if line.last_day else None,
        "is_mine": mine >= quoted.due,
    }


class Confirm(Plain):
    """What it costs, from when it holds; then the change."""

    worth_resuming = True

    def show(self, context: Context) -> Screen:
        data = context.data
        if not _is_to_pay(data):
            return offer(*_lines(data), choices=(Choice("yes", say("Yes, change"), YES),), kept={PAY: None})
        choices = [Choice("pay", say("Pay by M-PESA"), PAY)]
        if data["is_mine"]:
            choices.append(Choice("yes", say("Pay from my money"), YES))
        return offer(*_lines(data), choices=tuple(choices))

    def answer(self, context: Context, text: str) -> Next:
        data = context.data
        proof = require(context, "plan.pay" if text == "pay" else "plan.change", text)
        if proof is not None:
            return proof
        now = _facts(context, data["plan_id"])
        if (now["when"], now["due_cents"]) != (data["when"], data["due_cents"]):
            changed = say("The price or the days have changed. Please look again.")
            return swap(context.frame.step, changed, **now)
        if text == "pay":
            return self._pay(context)
        done = change_with_own_money(
            context.work,
            step=context.step,
            buyer_id=meet(context.work, msisdn=context.caller).id,
            subscription_id=data["line_id"],
            plan_id=data["plan_id"],
        )
        return end(_done(data, done), to_see(context))

    def _pay(self, context: Context) -> Next:
        data = context.data
        pay_for_change(
            context.work,
            step=context.step,
            buyer=meet(context.work, msisdn=context.caller),
            payer=context.caller,
            subscription_id=data["line_id"],
            plan_id=data["plan_id"],
            push_after=context.push_after,
        )
        return goodbye(context, data)


def goodbye(context: Context, data: Any) -> Next:
    asks = say(
        "M-PESA will ask for your PIN: {price} to {merchant}.",
        price=_asked(data),
        merchant=context.brand.merchant_name,
    )
    return end(asks, after_prompt(context))


def _is_to_pay(data: Any) -> bool:
    return bool(data["when"] == NOW and data["due_cents"] > 0)


def _asked(data: Any) -> str:
    """M-PESA takes whole shillings."""
    return show_money(Money.shillings(Money(data["due_cents"]).whole_shillings_up()))


def _lines(data: Any) -> tuple[Sentence, ...]:
    if data["when"] == KEPT:
        return (say("You keep {plan}.", plan=data["plan"]),)
    price = show_money(Money(data["price_cents"]))
    if data["when"] != NOW:
        return (
            say("{plan} from {day}, when you pay {price}.", plan=data["plan"], day=data["day"], price=price),
            say("You may change your mind until then."),
        )
    until = say("{plan} from now, up to {day}.", plan=data["plan"], day=data["last_day"])
    if data["due_cents"] > 0:
        return until, say("It costs {price} for these days.", price=_asked(data))
    if data["due_cents"] < 0:
        return until, say("{amount} comes back to you.", amount=show_money(Money(-data["due_cents"])))
    return until, say("It costs nothing now.")


def _done(data: Any, done: Quote) -> Sentence:
    if done.when == NOW:
        return say("You have {plan} now, up to {day}.", plan=data["plan"], day=data["last_day"])
    if done.when == KEPT:
        return say("You keep {plan}.", plan=data["plan"])
    return say("{plan} begins when the next month is paid.", plan=data["plan"])


STEPS = {"plans": Plans(), "confirm": Confirm()}
