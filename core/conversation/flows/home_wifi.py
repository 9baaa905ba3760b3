"""Home WiFi: the line that the caller has is renewed; who has none chooses a plan, a place, and pays."""

from dataclasses import replace

from core.base.clock import nairobi_day
from core.base.money import Money, show_money
from core.base.words import Sentence, say
from core.billing.common_payday import price_to_join
from core.billing.queries import home_line
from core.catalogue.model import PPPOE
from core.catalogue.queries import NOT_ON_SALE, Offer, sites_of
from core.conversation.flows import pay
from core.conversation.flows.money_back import money_back_of_line
from core.conversation.go_on import to_see_how_it_stands
from core.conversation.order import Order
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, Next, Plain, again, end, go
from core.subscribers.meet import meet


def enter(context: Context) -> Next:
    """One number has one home line: a second one is not begun from the menu."""
    person = meet(context.work, msisdn=context.caller)
    line = home_line(context.work, person.id)
    if line is None:
        return go("home_wifi.plans")
    renewal = Order.of_line(line)
    if renewal is None:
        back = money_back_of_line(context, line, person.id)
        return go("money_back.waiting", **back) if back else connecting(context, line.plan_name)
    return go("renew.confirm", order=renewal.as_json())


def connecting(context: Context, plan: str) -> Next:
    return end(
        say("You have {plan}. We are connecting it.", plan=plan),
        to_see_how_it_stands(context),
    )


class Plans(Plain):
    def show(self, context: Context) -> Screen:
        orders = [Order.of_offer(plan) for plan in context.offers(PPPOE)]
        return offer(
            say("Choose your home WiFi"),
            choices=tuple(
                Choice(
                    str(order.plan_id), say("{price}: {plan}", price=order.period_price, plan=order.plan_name)
                )
                for order in orders
            ),
        )

    def answer(self, context: Context, text: str) -> Next:
        plan = next((one for one in context.offers(PPPOE) if str(one.id) == text), None)
        if plan is None:
            return again(NOT_ON_SALE)
        order = Order.of_offer(plan)
        sites = sites_of(context.work, plan.id)
        if len(sites) > 1:
            prices = {str(site_id): _to_begin(context, plan, site_id) for site_id, _ in sites}
            return go(
                "home_wifi.place", order=order.as_json(), sites=[list(site) for site in sites], prices=prices
            )
        if not sites:
            return again(say("That plan is not sold anywhere yet."))
        order = _at(Order.of_offer(plan, sites[0][0]), *sites[0])
        return _agree(replace(order, price_cents=_to_begin(context, plan, sites[0][0])))


class Place(Plain):
    def show(self, context: Context) -> Screen:
        return offer(
            say("Where is the house?"),
            choices=tuple(Choice(str(site_id), name) for site_id, name in context.data["sites"]),
        )

    def answer(self, context: Context, text: str) -> Next:
        name = next(name for site_id, name in context.data["sites"] if str(site_id) == text)
        order = _at(Order(**context.data["order"]), int(text), name)
        price = context.data["prices"][text]
        return _agree(replace(order, price_cents=price))


class First(Plain):
    """What the first payment is made of, where it is more than the period."""

    worth_resuming = True

    def show(self, context: Context) -> Screen:
        order = Order(**context.data["order"])
        once = (
            (say("Installation {price}", price=_shown(order.installation_cents)), order.installation_cents),
            (say("Equipment {price}", price=_shown(order.equipment_cents)), order.equipment_cents),
            (say("Deposit {price}, stays yours", price=_shown(order.deposit_cents)), order.deposit_cents),
        )
        return offer(
            say("First payment {price}:", price=order.price),
            say("{term} {price}", term=order.term, price=order.period_price),
            *(line for line, cents in once if cents),
            choices=(Choice("on", say("Go on"), 1),),
        )

    def answer(self, context: Context, text: str) -> Next:
        return go("home_wifi.confirm", order=context.data["order"])


class Confirm(Plain):
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        order = Order(**context.data["order"])
        return offer(
            say("{plan}, {term}, {site}", plan=order.plan_name, term=order.term, site=order.site_name),
            pay.from_whom(order, context),
            *_from_when(order),
            *pay.code_lines(order),
            choices=(
                Choice("pay", say("Pay now"), 1),
                Choice("other", say("Another phone pays"), 2),
                *pay.code_choices(order),
            ),
        )

    def answer(self, context: Context, text: str) -> Next:
        order = Order(**context.data["order"])
        if text == "other":
            return go("pay.payer", order=order.as_json())
        if text == pay.CODE:
            return pay.ask_code("home_wifi.confirm", order)
        return pay.pay_now(context, order)


def _from_when(order: Order) -> tuple[Sentence, ...]:
    if order.coupon:
        return ()  # it was said before the code, and there is little room
    if pay.speaks_of_code(order):
        return (say("Days start when it works"),)
    return (say("Days count from the day it works"),)


def _agree(order: Order) -> Next:
    """To the last word before paying; what is paid once is named before it."""
    return go("home_wifi.first" if order.fees_cents else "home_wifi.confirm", order=order.as_json())


def _shown(cents: int) -> str:
    return show_money(Money(cents))


def _to_begin(context: Context, plan: Offer, site_id: int) -> int:
    """Cents of the first period there, begun today: of a common month, the rest of it."""
    price = Money(plan.price_at(site_id))
    return price_to_join(plan, price, nairobi_day(context.work.now)).minor


def _at(order: Order, site_id: int, name: str) -> Order:
    return replace(order, site_id=site_id, site_name=name)


STEPS = {"plans": Plans(), "place": Place(), "first": First(), "confirm": Confirm()}
