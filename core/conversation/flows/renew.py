"""Renew a home line: one confirmation with price, payer and the new last day."""

from datetime import date

from core.base.words import say
from core.conversation.flows import pay
from core.conversation.order import Order, short_day
from core.conversation.screen import Choice, Screen, offer, reserved
from core.conversation.step import Context, Next, Plain, go

ANOTHER_AMOUNT = 3  # stays reserved


class Confirm(Plain):
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        order = Order(**context.data["order"])
        lines = [
            say("{plan}, {term}", plan=order.plan_name, term=order.term),
            pay.from_whom(order, context),
        ]
        if order.new_last_day:
            lines.append(say("New last day {day}", day=short_day(date.fromisoformat(order.new_last_day))))
        return offer(
            *lines,
            *pay.code_lines(order),
            choices=(
                Choice("pay", say("Pay now"), 1),
                Choice("other", say("Another phone pays"), 2),
                *pay.code_choices(order),
            ),
            kept=reserved(ANOTHER_AMOUNT),
        )

    def answer(self, context: Context, text: str) -> Next:
        order = Order(**context.data["order"])
        if text == "other":
            return go("pay.payer", order=order.as_json())
        if text == pay.CODE:
            return pay.ask_code("renew.confirm", order)
        return pay.pay_now(context, order)


STEPS = {"confirm": Confirm()}
