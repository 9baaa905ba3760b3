"""Pay: who pays, and the last word before M-PESA asks for the PIN. Every purchase passes here."""

from dataclasses import replace

from core.base.errors import Refusal
from core.base.money import Money, show_money
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.base.words import Sentence, say
from core.billing.coupon_use import NO_SUCH_CODE, discount_now, try_code
from core.billing.queries import home_line
from core.catalogue.queries import NOT_ON_SALE
from core.conversation.menu import VOUCHERS
from core.conversation.order import Order
from core.conversation.screen import Choice, Screen, offer, question
from core.conversation.step import Context, Next, Plain, again, back, end, go, restart, swap
from core.payments.collect import pay_for_plan
from core.payments.standing import Standing, begun_at, standing_of
from core.subscribers.meet import meet
from core.vouchers.free import give_free

CODE, CODE_KEY = "code", 5
"""The choice of typing an offer code, and its number on every confirmation."""


class Payer(Plain):
    """Asks for the M-PESA number that pays: for a caller whose own cannot, or who wants another one to."""

    worth_resuming = True

    def show(self, context: Context) -> Screen:
        return question(say("Which M-PESA number pays? Type it, e.g. 0712345678"))

    def answer(self, context: Context, text: str) -> Next:
        payer = typed_number(text)
        if payer is None:
            return again(not_a_number())
        if not payer.looks_mpesa_capable:
            return again(say("That is not an M-PESA number."))
        return go("pay.confirm", order=context.data["order"], payer=payer.digits)


class Confirm(Plain):
    """Reads back the number that pays, and the one that receives, before money moves."""

    in_between = True  # numbers are read back to a person, not to a dialled-through string
    worth_resuming = True

    def show(self, context: Context) -> Screen:
        order, payer = Order(**context.data["order"]), Msisdn(context.data["payer"])
        return offer(
            _subject(order),
            say("{payer} pays {price} by M-PESA.", payer=payer.spaced, price=order.price),
            choices=(Choice("pay", say("Yes, pay now"), 1), Choice("change", say("Change the number"), 2)),
        )

    def answer(self, context: Context, text: str) -> Next:
        if text == "change":
            return back()
        return pay_now(context, Order(**context.data["order"]), Msisdn(context.data["payer"]))


def pay_now(context: Context, order: Order, payer: Msisdn | None = None) -> Next:
    """Ask for the money, and say goodbye so that the phone is free for M-PESA's question.

    payer: a number that was read back; without one the caller pays, where the number can.
    """
    if order.is_free:
        return _take_free(context, order)
    if payer is None and not context.caller_has_mpesa:
        return go("pay.payer", order=order.as_json())
    work, paying = context.work, payer or context.caller
    standing = standing_of(
        work,
        payer=paying,
        plan_id=order.plan_id,
        caller=context.caller,
        beneficiary=order.for_whom,
        renews=order.renews,
    )
    try:
        other = _in_the_way(context, order, payer, standing)
        if other is None:
            pay_for_plan(
                work,
                step=context.step,
                buyer=standing.caller or meet(work, msisdn=context.caller),
                payer=paying,
                plan_id=order.plan_id,
                beneficiary=order.for_whom,
                site_id=order.site_id,
                renews=order.renews,
                push_after=context.push_after,
                standing=standing,
                coupon=order.coupon,
            )
        elif begun_at(work, context.step) is None:
            return other
    except Refusal:
        if begun_at(work, context.step) is None:  # else it is the same key press, heard again
            raise
    return goodbye(context, order, payer)


def _in_the_way(context: Context, order: Order, payer: Msisdn | None, standing: Standing) -> Next | None:
    """Where the talk goes instead of paying: to another phone, to the payment that is open, or to a changed price."""
    if payer is None and standing.was_refused:
        return go("pay.payer", order=order.as_json())
    if payer is None and standing.open_cents is not None:
        return restart("payment_open.checking", amount_cents=standing.open_cents)
    now = _as_it_stands(context, order, standing)
    if now == order:
        return None
    changed = say("The price or the days have changed. Please look again.")
    if now.coupon != order.coupon:
        changed = NO_SUCH_CODE
    return swap(context.frame.step, changed, **{**context.data, "order": now.as_json()})


def _take_free(context: Context, order: Order) -> Next:
    person = meet(context.work, msisdn=context.caller)
    give_free(context.work, step=context.step, subscriber_id=person.id, plan_id=order.plan_id)
    return end(say("Your free WiFi {term} is on its way.", term=order.term), _what_follows(context, order))


def _as_it_stands(context: Context, order: Order, standing: Standing) -> Order:
    """The order at the price, term and last day of this moment. Refusal where it is no longer to be had."""
    now = replace(_without_code(context, order, standing), takes_code=order.takes_code)
    if order.coupon is None or standing.caller is None:
        return now
    off = discount_now(
        context.work,
        order.coupon,
        subscriber_id=standing.caller.id,
        plan_id=now.plan_id,
        site_id=now.site_id,
        price=Money(now.price_cents),
    )
    return replace(now, coupon=order.coupon, discount_cents=off.minor) if off is not None else now


def _without_code(context: Context, order: Order, standing: Standing) -> Order:
    if order.renews is not None and not order.is_topup:
        line = home_line(context.work, standing.caller.id) if standing.caller else None
        renewal = Order.of_line(line) if line and line.subscription_id == order.renews else None
        if renewal is None:
            raise Refusal(say("That line cannot be renewed now. Please look at your account."))
        return renewal
    plan = standing.plan
    if plan is None or not plan.is_on_sale or plan.offer.kind != order.kind:
        raise Refusal(NOT_ON_SALE)
    return replace(
        Order.of_offer(plan.offer, order.site_id),
        beneficiary=order.beneficiary,
        site_name=order.site_name,
        renews=order.renews,
    )


def goodbye(context: Context, order: Order, payer: Msisdn | None) -> Next:
    """The end of a purchase's talk: what M-PESA will ask, and how to go on if it does not."""
    brand = context.brand
    if payer is None:
        asks = say(
            "M-PESA will ask for your PIN: {price} to {merchant}.",
            price=order.price,
            merchant=brand.merchant_name,
        )
    else:
        asks = say(
            "M-PESA will ask {payer} for the PIN: {price} to {merchant}.",
            payer=payer.masked,
            price=order.price,
            merchant=brand.merchant_name,
        )
    return end(asks, _what_follows(context, order))


def _what_follows(context: Context, order: Order) -> Sentence:
    """How the goods come, and where to look for them: a person with internet is not sent to the keypad."""
    dial = context.brand.dial
    if order.is_hotspot and not order.is_topup:
        if context.news_comes_here:
            return say("The voucher comes here. Late? Write VOUCHER.")
        return say("The voucher comes by SMS. Late? Dial {dial}", dial=dial(VOUCHERS))
    if context.news_comes_here:
        return say("Nothing after 1 minute? Do not pay twice. Write MENU to see.")
    return say(
        "Nothing after 1 minute? Do not pay twice. Dial {dial} to see.", dial=context.brand.service_code
    )


def _subject(order: Order) -> Sentence:
    receiver = order.for_whom
    if receiver is not None:
        return say("WiFi {term} for {number}", term=order.term, number=receiver.spaced)
    return order.title


def from_whom(order: Order, context: Context) -> Sentence:
    """Price and payer, as far as the payer is settled."""
    if context.caller_has_mpesa:
        return say("{price} from {payer}", price=order.price, payer=context.caller.masked)
    return say("{price} by M-PESA", price=order.price)


def typed_number(text: str) -> Msisdn | None:
    try:
        return Msisdn.parse(text)
    except NotAPhoneNumber:
        return None


def not_a_number() -> Sentence:
    return say("That is not a phone number of Kenya.")


class Code(Plain):
    """Asks for an offer code, and leads back to the confirmation `then`, at its price."""

    def show(self, context: Context) -> Screen:
        return question(say("Type the offer code"))

    def answer(self, context: Context, text: str) -> Next:
        order = Order(**context.data["order"])
        found = try_code(
            context.work,
            typed=text,
            subscriber_id=meet(context.work, msisdn=context.caller).id,
            plan_id=order.plan_id,
            site_id=order.site_id,
            price=Money(order.price_cents),
        )
        if isinstance(found, Sentence):
            return again(found)
        code, off = found
        lower = replace(order, coupon=code, discount_cents=off.minor)
        return swap(context.data["then"], order=lower.as_json())


def ask_code(then: str, order: Order) -> Next:
    """On to the question for an offer code; `then`: the confirmation that shows its price."""
    return go("pay.code", then=then, order=order.as_json())


def code_choices(order: Order) -> tuple[Choice, ...]:
    """The key by which a code is typed: only where one may hold, and none was typed yet."""
    return (Choice(CODE, say("Offer code"), CODE_KEY),) if order.takes_code and not order.coupon else ()


def code_lines(order: Order) -> tuple[Sentence, ...]:
    """What the code that was typed takes off."""
    if not order.coupon:
        return ()
    off = show_money(Money(order.discount_cents))
    return (say("{code}: -{amount}", code=order.coupon, amount=off),)


def speaks_of_code(order: Order) -> bool:
    """Whether a confirmation needs room for a code."""
    return bool(code_choices(order) or code_lines(order))


STEPS = {"payer": Payer(), "confirm": Confirm(), "code": Code()}
