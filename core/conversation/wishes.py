"""Where a wish in a person's own words leads: into a flow, or straight to a confirmation. Never past it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.base.words import Sentence
from core.catalogue.labels import DAY, HOUR
from core.catalogue.model import HOTSPOT, PPPOE
from core.conversation import menu, phrases
from core.conversation.dialogue import Frame
from core.conversation.flows import home, home_wifi
from core.conversation.keywords import Action, Wish
from core.conversation.order import Order
from core.conversation.step import Context, Next, enter, restart
from core.subscribers.meet import choose_language, meet

NUMBER_OF = {
    Action.BUY: menu.BUY,
    Action.VOUCHERS: menu.VOUCHERS,
    Action.BALANCE: menu.ACCOUNT,
    Action.FAULT: menu.FAULT,
    Action.HAVE_PAID: menu.HAVE_PAID,
    Action.TIME_TO_PAY: menu.TIME_TO_PAY,
    Action.CALL_ME: menu.CALL_ME,
}
"""Where on the menu each of them is done."""
MONTH_OF_HOTSPOT = 30 * DAY


def follow(context: Context, wish: Wish) -> Next:
    """What follows the wish. Who has chosen no language yet does so first; an open payment comes before a new one."""
    if wish.action is Action.LANGUAGE and wish.language:
        context.language = wish.language
        person = meet(context.work, msisdn=context.caller)
        choose_language(context.work, subscriber_id=person.id, language=wish.language)
        return home.welcome(context, person)
    arrived = home.arrive(context)
    first = arrived.frames[0].step
    pays = wish.action in (Action.BUY, Action.PAY)
    if first == "language.choose" or (pays and first != menu.FIRST):
        return arrived
    menu_frame = home.open_menu(context).frames[0]
    if wish.action is Action.LANGUAGE:
        return Next("restart", (menu_frame, Frame("language.choose", {})))
    if pays:
        return _to_pay(context, wish, menu_frame)
    return _enter(context, NUMBER_OF[wish.action], menu_frame)


def _enter(context: Context, number: int, menu_frame: Frame) -> Next:
    flow = menu.FLOWS.get(number)
    if flow is None:
        return _at_menu(menu_frame, phrases.not_available(number))
    entered = enter(flow, context)
    return (
        entered if entered.kind == "end" else Next("restart", (menu_frame, *entered.frames), entered.reason)
    )


def _to_pay(context: Context, wish: Wish, menu_frame: Frame) -> Next:
    if wish.account_no is not None or (wish.number is not None and wish.action is Action.PAY):
        return _at_menu(menu_frame, phrases.not_available(menu.PAY_FOR_OTHER))
    if wish.action is Action.PAY and (due := _due(wish, menu_frame)) is not None:
        return Next("restart", (menu_frame, due))
    frames = _bundle(context, wish) if wish.names_a_plan else ()
    if not frames and _names_home_plan(context, wish):
        entered = home_wifi.enter(context)
        return entered if entered.kind == "end" else Next("restart", (menu_frame, *entered.frames))
    return Next("restart", (menu_frame, *(frames or (Frame("buy.bundles", {}),))))


def _due(wish: Wish, menu_frame: Frame) -> Frame | None:
    """The confirmation of what the menu itself offers to pay, where the words do not speak of something else."""
    for kind, step in (("renewal", "renew.confirm"), ("again", "buy.bundle")):
        offered = menu_frame.data[kind]
        if offered is not None:
            return Frame(step, {"order": offered}) if _fits(wish, Order(**offered)) else None
    return None


def _bundle(context: Context, wish: Wish) -> Sequence[Frame]:
    """The way to the confirmation of the one bundle that the words name; nothing where they name none, or two."""
    orders = [order for offer in context.offers(HOTSPOT) if _fits(wish, order := Order.of_offer(offer))]
    if len(orders) != 1:
        return ()
    order = orders[0]
    way = [Frame("buy.bundles", {}), Frame("buy.bundle", {"order": order.as_json()})]
    if wish.number is not None and wish.number != context.caller:
        theirs = replace(order, beneficiary=wish.number.digits)
        way += [
            Frame("buy.for_whom", {"order": order.as_json()}),
            Frame("buy.read_back", {"order": theirs.as_json()}),
        ]
    return way


def _names_home_plan(context: Context, wish: Wish) -> bool:
    offered = context.offers(PPPOE)
    return wish.names_a_plan and any(_fits(wish, Order.of_offer(offer)) for offer in offered)


def _fits(wish: Wish, order: Order) -> bool:
    """Whether price and time, as far as they were named, are this order's."""
    if wish.price_cents is not None and wish.price_cents != order.price_cents:
        return False
    if wish.term is None:
        return True
    unit, count = wish.term
    if unit == "months":
        return (order.term_unit, order.term_count) in (
            ("months", count), ("days", count * 30), ("seconds", count * MONTH_OF_HOTSPOT),
        )  # fmt: skip
    return (order.term_unit, order.term_count) in (("seconds", count * HOUR), ("days", count // 24))


def _at_menu(menu_frame: Frame, reason: Sentence) -> Next:
    return replace(restart(menu_frame.step, **menu_frame.data), reason=reason)
