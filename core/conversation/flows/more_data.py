"""More data: the bundle with limited data that runs, how much of it is left, and what can be added."""

from dataclasses import replace

from core.base.words import say
from core.billing.data import data_left
from core.billing.queries import line_with_data
from core.catalogue.labels import data_label
from core.catalogue.queries import NOT_ON_SALE, TOPUPS
from core.conversation.flows import pay
from core.conversation.go_on import to_see_what_you_have
from core.conversation.order import Order
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain, again, end, go
from core.subscribers.meet import meet


def enter(context: Context) -> Next:
    person = meet(context.work, msisdn=context.caller)
    line = line_with_data(context.work, person.id)
    found = data_left(context.work, line[0]) if line is not None else None
    if line is None or found is None:
        return end(
            say("You have no bundle with limited data now."),
            to_see_what_you_have(context),
        )
    return go("more_data.topups", line=line[0], kind=line[1], left=found.left, quota=found.quota)


class Topups(Plain):
    def show(self, context: Context) -> Screen:
        data = context.data
        orders = [Order.of_offer(topup) for topup in context.offers(TOPUPS) if topup.kind == data["kind"]]
        return offer(
            say("{left} of {quota} left", left=data_label(data["left"]), quota=data_label(data["quota"])),
            choices=tuple(
                Choice(
                    str(order.plan_id),
                    say("{price}: {data} more", price=order.price, data=data_label(order.data_bytes or 0)),
                )
                for order in orders
            ),
        )

    def answer(self, context: Context, text: str) -> Next:
        topup = next((one for one in context.offers(TOPUPS) if str(one.id) == text), None)
        if topup is None:
            return again(NOT_ON_SALE)
        order = replace(Order.of_offer(topup), renews=context.data["line"])
        return go("more_data.confirm", order=order.as_json())


class Confirm(Plain):
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        order = Order(**context.data["order"])
        return offer(
            order.title,
            pay.from_whom(order, context),
            choices=(Choice("pay", say("Pay now"), 1), Choice("other", say("Another phone pays"), 2)),
        )

    def answer(self, context: Context, text: str) -> Next:
        order = Order(**context.data["order"])
        if text == "other":
            return go("pay.payer", order=order.as_json())
        return pay.pay_now(context, order)


STEPS = {"topups": Topups(), "confirm": Confirm()}
