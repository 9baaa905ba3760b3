"""Buy hotspot time, for oneself or another number: the bundle, for whom, the number read back, pay."""

from dataclasses import replace
from functools import lru_cache

from core.base.clock import NAIROBI
from core.base.dated import dated
from core.base.msisdn import Msisdn
from core.base.words import Sentence, say
from core.catalogue.model import HOTSPOT, PPPOE
from core.catalogue.queries import NOT_ON_SALE, TOPUPS, Offer
from core.conversation.flows import home_wifi, more_data, pay
from core.conversation.order import Order, phones
from core.conversation.screen import Choice, Screen, offer, question, reserved
from core.conversation.step import Context, Next, Plain, again, back, go

SEVERAL = 3  # stays reserved


def enter(context: Context) -> Next:  # noqa: ARG001 - every flow is entered alike
    return go("buy.bundles")


class Bundles(Plain):
    def show(self, context: Context) -> Screen:
        return _shelf(
            tuple(context.offers(HOTSPOT)), bool(context.offers(PPPOE)), bool(context.offers(TOPUPS))
        )

    def answer(self, context: Context, text: str) -> Next:
        if text == "home":
            return home_wifi.enter(context)
        if text == "data":
            return more_data.enter(context)
        bundle = next((one for one in context.offers(HOTSPOT) if str(one.id) == text), None)
        if bundle is None:
            return again(NOT_ON_SALE)
        return go("buy.bundle", order=Order.of_offer(bundle).as_json())


@lru_cache(maxsize=2)
def _shelf(bundles: tuple[Offer, ...], has_home: bool, has_data: bool) -> Screen:
    """The list that everybody leafs through, made once for all as long as it is the same."""
    orders = [Order.of_offer(bundle) for bundle in bundles]
    choices = [
        Choice(
            str(order.plan_id),
            say("Free: {term}", term=order.term)
            if order.is_free
            else say("{price}: {term}", price=order.price, term=order.term),
        )
        for order in orders
    ]
    if has_home:
        choices.append(Choice("home", say("Home WiFi")))
    if has_data:
        choices.append(Choice("data", say("More data")))
    if not choices:
        return replace(question(say("No bundle is on sale now. Please try later.")), home=True)
    return offer(say("Choose a bundle"), choices=tuple(choices))


class Bundle(Plain):
    """The one confirmation of a bundle for oneself."""

    worth_resuming = True

    def show(self, context: Context) -> Screen:
        order = Order(**context.data["order"])
        tight = pay.speaks_of_code(order)
        runs = _how_it_runs(context, order)
        if order.is_free:
            return offer(
                say("WiFi {term}, free, {phones}", term=order.term, phones=phones(order.shared_devices)),
                runs,
                choices=(Choice("mine", say("Get it now"), 1),),
                kept=reserved(2, SEVERAL, 4),
            )
        return offer(
            say(
                "WiFi {term}, {price}, {phones}",
                term=order.term,
                price=order.price,
                phones=phones(order.shared_devices),
            ),
            *((runs,) if not order.coupon or order.until_midnight else ()),  # it was said before the code
            *pay.code_lines(order),
            choices=(
                Choice("mine", say("Pay now") if tight else say("For me: pay now"), 1),
                Choice("other", say("Another number") if tight else say("For another number"), 2),
                Choice("payer", say("Another phone pays"), 4),
                *pay.code_choices(order),
            ),
            kept=reserved(SEVERAL),
        )

    def answer(self, context: Context, text: str) -> Next:
        order = context.data["order"]
        if text == "other":
            return go("buy.for_whom", order=order)
        if text == "payer":
            return go("pay.payer", order=order)
        if text == pay.CODE:
            return pay.ask_code("buy.bundle", Order(**order))
        return pay.pay_now(context, Order(**order))


def _how_it_runs(context: Context, order: Order) -> Sentence:
    """From when, and, where it ends with a day, with which: said before the PIN."""
    if order.until_midnight:
        (late,) = dated(context.work, "hotspot.until_tomorrow_from_hour")
        if context.now.astimezone(NAIROBI).hour >= late:
            return say("It runs until 24:00 tomorrow")
        return say("It runs until 24:00 today")
    if order.starts == "first_login" and pay.speaks_of_code(order):
        return say("Time runs on from your login")
    if order.starts == "first_login":
        return say("Time starts when you log in, then does not stop")
    return say("Time starts at once, then does not stop")


class ForWhom(Plain):
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        return question(say("Who is it for? Type the phone number, e.g. 0712345678"))

    def answer(self, context: Context, text: str) -> Next:
        number = pay.typed_number(text)
        if number is None:
            return again(pay.not_a_number())
        return go("buy.read_back", order={**context.data["order"], "beneficiary": number.digits})


class ReadBack(Plain):
    """The number read back before money moves."""

    in_between = True  # it is read back to a person, not to a dialled-through string
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        order = Order(**context.data["order"])
        number = Msisdn(context.data["order"]["beneficiary"])
        return offer(
            say("WiFi {term} for {number}", term=order.term, number=number.spaced),
            say("You pay {price}. The voucher goes to that number.", price=order.price),
            choices=(Choice("pay", say("Yes, pay now"), 1), Choice("change", say("Change the number"), 2)),
        )

    def answer(self, context: Context, text: str) -> Next:
        if text == "change":
            return back()
        return pay.pay_now(context, Order(**context.data["order"]))


STEPS = {"bundles": Bundles(), "bundle": Bundle(), "for_whom": ForWhom(), "read_back": ReadBack()}
